// A gateway and a projector that could be on two machines: they speak by mutual TLS, and every call
// from one to the other carries a key.
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/uuid.h"
#include "carnet/v1/admin_service.grpc.pb.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/ledger_service.grpc.pb.h"
#include "carnet/v1/subscription_service.grpc.pb.h"
#include "event_log/kafka/kafka_log.h"
#include "runtime/grpc_status.h"
#include "tests/acceptance/access/access_fixture.h"
#include "tests/acceptance/kill/shop_story.h"
#include "tests/kafka/cluster.h"
#include "vault/kafka_key_store.h"

namespace carnet::acceptance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class KafkaAccessTest : public AccessFixture {
 protected:
  KafkaAccessTest() {
    const event_log::KafkaConnection connection{.brokers = kafka_.bootstrap(), .properties = {}};
    EXPECT_TRUE(vault::InitKafkaKeyTopic({.connection = connection, .development = true}, 1).ok());
    EXPECT_TRUE(
        event_log::InitKafkaLog({.connection = connection, .development = true}, 2, 1).ok());
    std::ofstream(File("root.key")) << std::string(32, 'k');
    std::filesystem::permissions(File("root.key"), std::filesystem::perms(0600));
    WriteGatewayKey(gateway_key_);
    Save();

    std::filesystem::create_directory(File("projector-scratch"));
    projector_ = std::make_unique<CarnetdProcess>(File("projector"), File("projector-scratch"),
                                                  Arguments("projector"));
    projector_->Start(Environment(/*mutual=*/true));
    EXPECT_TRUE(projector_->WaitUntilServing()) << projector_->Messages();

    std::vector<std::string> arguments = Arguments("gateway");
    for (const std::string& more :
         {std::string("--gateway-projectors"), projector_->address(),
          std::string("--gateway-projectors-ca-file"), File("client-ca.pem"),
          std::string("--gateway-projectors-api-key-file"), File("gateway.key")}) {
      arguments.push_back(more);
    }
    carnetd_ = std::make_unique<CarnetdProcess>(File("gateway"), scratch_.path(), arguments);
    carnetd_->Start(Environment(/*mutual=*/true));
    EXPECT_TRUE(carnetd_->WaitUntilServing()) << carnetd_->Messages();
    channel_ = Connect(own_certificate_);
    EXPECT_TRUE(Eventually([this] { return Unreachable().empty(); })) << Unreachable();
  }
  ~KafkaAccessTest() override {
    if (projector_ != nullptr) {
      EXPECT_EQ(projector_->Terminate(), 0) << projector_->Messages();
    }
  }

  std::string File(const std::string& name) const { return scratch_.path() + "/" + name; }
  void WriteGatewayKey(const std::string& key) {
    std::ofstream(File("next.key")) << key << "\n";
    std::filesystem::rename(File("next.key"), File("gateway.key"));
  }
  std::vector<std::string> Arguments(const std::string& role) const {
    return {"--roles",
            role,
            "--log-kind",
            "kafka",
            "--log-kafka-brokers",
            kafka_.bootstrap(),
            "--log-kafka-development",
            "true",
            "--vault-root-key-file",
            File("root.key")};
  }

  std::unique_ptr<grpc::ClientContext> With(const std::string& key) const {
    auto context = std::make_unique<grpc::ClientContext>();
    SetDeadline(context.get());
    context->AddMetadata("authorization", "Bearer " + key);
    return context;
  }

  // What the gateway says of projectors that do not answer it.
  std::string Unreachable() const {
    v1::GetStatusResponse status;
    const auto context = With(operator_key_);
    const grpc::Status asked =
        v1::AdminService::NewStub(channel_)->GetStatus(context.get(), {}, &status);
    if (!asked.ok()) return asked.error_message();
    return status.unreachable().empty() ? "" : status.unreachable(0);
  }

  // Publishes the next sale of shop-1, and waits for its outcome: which the gateway asks in its own
  // name.
  std::string Sell(const std::string& key) {
    v1::PublishRequest request;
    *request.mutable_change() = story_.At(published_++);
    request.set_wait(true);
    v1::PublishResponse response;
    const auto context = With(key);
    const grpc::Status status =
        v1::ChangeService::NewStub(channel_)->Publish(context.get(), request, &response);
    if (!status.ok()) return Verdict(runtime::FromGrpcStatus(status));
    return v1::OutcomeStatus_Name(response.outcome().status());
  }

  std::string Read(const std::shared_ptr<grpc::Channel>& channel, const std::string& key,
                   const std::string& merchant = "shop-1") const {
    v1::ListVouchersRequest request;
    request.set_parent("merchants/" + merchant);
    return Verdict(
        contract_.Call(channel, contract_.Find("ListVouchers"), key, request.SerializeAsString()));
  }

  kafka_cluster::Cluster kafka_{1};
  const Pem own_certificate_ = authority_.Sign("a client");
  const std::string gateway_key_ = AddKey(v1::ROLE_GATEWAY);
  const std::string operator_key_ = AddKey(v1::ROLE_OPERATOR);
  const std::string till_ = AddKey(v1::ROLE_TILL);
  const std::string stranger_ = AddKey(v1::ROLE_BACK_OFFICE, "shop-2");
  const std::string integrator_ = AddKey(v1::ROLE_INTEGRATOR);
  std::unique_ptr<CarnetdProcess> projector_;
  std::shared_ptr<grpc::Channel> channel_;
  ShopStory story_{"shop-1"};
  size_t published_ = 0;
};

TEST_F(KafkaAccessTest, KeysHoldFromEndToEndAndAreRotatedWithoutARestart) {
  EXPECT_EQ(Sell(till_), "OUTCOME_STATUS_APPLIED");
  EXPECT_EQ(Read(channel_, till_), "OK");
  EXPECT_EQ(Read(channel_, stranger_), "PERMISSION_DENIED ACCESS_DENIED");
  EXPECT_EQ(Read(channel_, stranger_, "shop-2"), "OK");
  EXPECT_EQ(Read(channel_, ""), "UNAUTHENTICATED CREDENTIALS_MISSING");
  EXPECT_EQ(Read(channel_, gateway_key_), "PERMISSION_DENIED ACCESS_DENIED");

  // Who finds the projector itself gets no more there.
  grpc::SslCredentialsOptions tls{.pem_root_certs = authority_.root(),
                                  .pem_private_key = own_certificate_.key,
                                  .pem_cert_chain = own_certificate_.certificate};
  const auto projector = grpc::CreateChannel(projector_->address(), grpc::SslCredentials(tls));
  EXPECT_EQ(Read(projector, till_), "OK");
  EXPECT_EQ(Read(projector, stranger_), "PERMISSION_DENIED ACCESS_DENIED");
  EXPECT_EQ(Read(projector, ""), "UNAUTHENTICATED CREDENTIALS_MISSING");
  tls.pem_private_key.clear();
  tls.pem_cert_chain.clear();
  EXPECT_THAT(Read(grpc::CreateChannel(projector_->address(), grpc::SslCredentials(tls)), till_),
              HasSubstr("UNAVAILABLE"));
  EXPECT_THAT(Read(projector_->channel(), till_), HasSubstr("UNAVAILABLE"));  // in clear

  // A stream through the gateway ends with its key.
  v1::SubscribeRequest subscribe;
  subscribe.set_merchant("shop-1");
  const auto following = With(integrator_);
  const auto feed =
      v1::SubscriptionService::NewStub(channel_)->Subscribe(following.get(), subscribe);
  v1::SubscribeResponse told;
  ASSERT_TRUE(feed->Read(&told));
  KeyOf(integrator_)->mutable_revoked_at()->set_seconds(absl::ToUnixSeconds(absl::Now()));
  Save();
  while (feed->Read(&told)) {
  }
  EXPECT_EQ(Verdict(runtime::FromGrpcStatus(feed->Finish())),
            "UNAUTHENTICATED CREDENTIALS_REFUSED");

  // The gateway's own key: revoked, its status says why nobody is asked; a new one heals it.
  KeyOf(gateway_key_)->mutable_revoked_at()->set_seconds(absl::ToUnixSeconds(absl::Now()));
  const std::string next = AddKey(v1::ROLE_GATEWAY);
  Save();
  EXPECT_TRUE(Eventually([this] { return !Unreachable().empty(); }));
  EXPECT_THAT(Unreachable(), HasSubstr("was revoked"));
  WriteGatewayKey(next);
  EXPECT_TRUE(Eventually([this] { return Unreachable().empty(); })) << Unreachable();
  EXPECT_EQ(Sell(till_), "OUTCOME_STATUS_APPLIED");
}

}  // namespace
}  // namespace carnet::acceptance
