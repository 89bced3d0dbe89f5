// Keys and certificates change while carnetd runs: what holds goes on, what holds no more ends.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include <gmock/gmock.h>

#include "access/access_file.h"
#include "base/error.h"
#include "base/uuid.h"
#include "carnet/v1/access_service.grpc.pb.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/subscription_service.grpc.pb.h"
#include "runtime/grpc_status.h"
#include "tests/acceptance/access/access_fixture.h"

namespace carnet::acceptance {
namespace {

constexpr char kRefused[] = "UNAUTHENTICATED CREDENTIALS_REFUSED";

class LifetimeTest : public AccessFixture {
 protected:
  std::string Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& key) {
    // Of a customer that is not there: whoever is let in is told so.
    const Method& method = contract_.Find("GetBalance");
    return Verdict(contract_.Call(channel, method, key,
                                  contract_.Request(method, "shop-1", Uuid().ToString())));
  }
  void Revoke(const std::string& key) {
    KeyOf(key)->mutable_revoked_at()->set_seconds(absl::ToUnixSeconds(absl::Now()));
    Save();
  }
  static constexpr char kLetIn[] = "NOT_FOUND CUSTOMER_UNKNOWN";
};

// A subscription and a batch stream that are open.
class OpenStreamsOf {
 public:
  OpenStreamsOf(const std::shared_ptr<grpc::Channel>& channel, const std::string& key) {
    for (grpc::ClientContext* context : {&feed_context_, &batch_context_}) {
      context->AddMetadata("authorization", "Bearer " + key);
      SetDeadline(context);
    }
    v1::SubscribeRequest request;
    request.set_merchant("shop-1");
    feed_ = v1::SubscriptionService::NewStub(channel)->Subscribe(&feed_context_, request);
    EXPECT_TRUE(feed_->Read(&event_));  // a checkpoint
    batch_ = v1::ChangeService::NewStub(channel)->PublishBatch(&batch_context_);
    v1::PublishBatchRequest changes;
    changes.add_changes()->set_merchant("shop-1");
    EXPECT_TRUE(batch_->Write(changes));
    EXPECT_TRUE(batch_->Read(&answer_));
    EXPECT_EQ(answer_.results(0).error().code(), static_cast<int>(grpc::INVALID_ARGUMENT));
  }

  // How both end; waits for it.
  std::vector<absl::Status> Ends() {
    while (feed_->Read(&event_)) {
    }
    while (batch_->Read(&answer_)) {
    }
    return {runtime::FromGrpcStatus(feed_->Finish()), runtime::FromGrpcStatus(batch_->Finish())};
  }
  // Whether they still go on.
  bool Goes() {
    v1::PublishBatchRequest changes;
    changes.add_changes()->set_merchant("shop-1");
    return batch_->Write(changes) && batch_->Read(&answer_);
  }

 private:
  grpc::ClientContext feed_context_;
  grpc::ClientContext batch_context_;
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> feed_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::PublishBatchRequest, v1::PublishBatchResponse>>
      batch_;
  v1::SubscribeResponse event_;
  v1::PublishBatchResponse answer_;
};

TEST_F(LifetimeTest, StreamsEndWithTheirKeyAndNoOthersDo) {
  const std::string revoked = AddKey(v1::ROLE_BACK_OFFICE);
  const std::string narrowed = AddKey(v1::ROLE_BACK_OFFICE);
  const std::string kept = AddKey(v1::ROLE_BACK_OFFICE);
  const std::string ending = AddKey(v1::ROLE_BACK_OFFICE, "shop-1", [](v1::AccessKey* key) {
    key->mutable_expires_at()->set_seconds(absl::ToUnixSeconds(absl::Now()) + 6);
  });
  Start();
  const auto channel = Connect();
  OpenStreamsOf of_ending(channel, ending);
  OpenStreamsOf of_revoked(channel, revoked);
  OpenStreamsOf of_narrowed(channel, narrowed);
  OpenStreamsOf of_kept(channel, kept);
  KeyOf(narrowed)->add_channels("pos");
  Revoke(revoked);
  for (OpenStreamsOf* streams : {&of_revoked, &of_narrowed, &of_ending}) {
    for (const absl::Status& end : streams->Ends()) EXPECT_EQ(Verdict(end), kRefused);
  }
  EXPECT_TRUE(of_kept.Goes());
  EXPECT_EQ(Call(channel, revoked), kRefused);
  EXPECT_EQ(Call(channel, ending), kRefused);
  EXPECT_EQ(Call(channel, narrowed), kLetIn);  // anew, with what it may now
}

TEST_F(LifetimeTest, KeysSecretsAndCertificatesRotateWithoutAFailedCall) {
  const std::string first = AddKey(v1::ROLE_TILL);
  Start();
  std::atomic<bool> stop{false};
  std::atomic<int64_t> calls{0};
  std::atomic<int> failures{0};
  std::mutex mutex;
  std::string current = first;  // guarded by mutex
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&, channel = Connect()] {
      while (!stop) {
        std::string key;
        {
          const std::lock_guard lock(mutex);
          key = current;
        }
        const std::string verdict = Call(channel, key);
        if (verdict != kLetIn && ++failures < 5) ADD_FAILURE() << verdict;
        ++calls;
      }
    });
  }
  const auto channel = Connect();
  for (int round = 0; round < 3; ++round) {
    // A new secret every round; the old key is hashed with the one before.
    secrets_.insert(secrets_.begin(), access::Secret::Random());
    spoken_.push_back(secrets_.front().Line());
    ASSERT_TRUE(access::SaveSecrets(scratch_.path() + "/access.key", secrets_).ok());
    const std::string next = AddKey(v1::ROLE_TILL);
    Save();
    ASSERT_TRUE(Eventually([&] { return Call(channel, next) == kLetIn; }));
    std::string old = next;
    {
      const std::lock_guard lock(mutex);
      current.swap(old);
    }
    // Calls that were begun with the old key have ended when each client has made two more.
    const int64_t until = calls + 16;
    ASSERT_TRUE(Eventually([&] { return calls > until; }));
    Revoke(old);
    ASSERT_TRUE(Eventually([&] { return Call(channel, old) == kRefused; }));
  }
  // Connections that are there go on; new ones see the new certificate.
  const Authority successor("the next root");
  InstallCertificate(successor.Sign("carnetd"));
  ASSERT_TRUE(Eventually([&] {
    const std::lock_guard lock(mutex);
    return Call(Connect(successor.root(), std::nullopt), current) == kLetIn;
  }));
  const int64_t until = calls + 100;
  ASSERT_TRUE(Eventually([&] { return calls > until; }));
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(failures, 0) << calls;
  EXPECT_EQ(Call(Connect(), current), "UNAVAILABLE");  // nobody shows the old one any more
}

TEST_F(LifetimeTest, ABrokenFileChangesNothing) {
  const std::string key = AddKey(v1::ROLE_TILL);
  Start();
  const auto channel = Connect();
  const std::string path = scratch_.path() + "/access.json";
  std::ofstream(path + ".new") << "{ \"keys\": [";
  std::filesystem::rename(path + ".new", path);
  ASSERT_TRUE(Eventually([&] {
    return carnetd_->Messages().find("credentials were not read again") != std::string::npos;
  }));
  EXPECT_EQ(Call(channel, key), kLetIn);
}

TEST_F(LifetimeTest, ATokenIsMadeShownOnceAndEndsWithItsKey) {
  const std::string key = AddKey(v1::ROLE_INTEGRATOR);
  Start();
  const auto channel = Connect();
  const std::string customer = Uuid::Random().ToString();
  const Method& create = contract_.Find("CreateToken");
  v1::CreateTokenRequest request;
  request.set_merchant("shop-1");
  request.set_role(v1::ROLE_SELF);
  request.add_customers(customer);
  v1::CreateTokenResponse response;
  grpc::ClientContext context;
  SetDeadline(&context);
  context.AddMetadata("authorization", "Bearer " + key);
  ASSERT_TRUE(v1::AccessService::NewStub(channel)->CreateToken(&context, request, &response).ok());
  spoken_.push_back(response.token());
  const Method& balance = contract_.Find("GetBalance");
  const auto ask = [&](const std::string& whom) {
    return Verdict(contract_.Call(channel, balance, response.token(),
                                  contract_.Request(balance, "shop-1", whom)));
  };
  EXPECT_EQ(ask(customer), kLetIn);
  EXPECT_EQ(ask(Uuid::Random().ToString()), "PERMISSION_DENIED ACCESS_DENIED");
  // A token makes no tokens.
  EXPECT_EQ(Verdict(contract_.Call(channel, create, response.token(), request.SerializeAsString())),
            "PERMISSION_DENIED ACCESS_DENIED");
  Revoke(key);
  EXPECT_TRUE(Eventually([&] { return ask(customer) == kRefused; }));
}

}  // namespace
}  // namespace carnet::acceptance
