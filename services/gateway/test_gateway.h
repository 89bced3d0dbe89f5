// A gateway with all around it, served at a socket, for tests.
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include <google/protobuf/text_format.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/uuid.h"
#include "carnet/log/v1/log.pb.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "event_log/embedded/embedded_log.h"
#include "event_log/simulated/simulated_log.h"
#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "projection/projector.h"
#include "runtime/grpc_server.h"
#include "runtime/grpc_status.h"
#include "runtime/guard.h"
#include "runtime/metrics.h"
#include "vault/embedded_key_store.h"
#include "vault/key_ring.h"
#include "vault/normalize/phone.h"

namespace carnet::gateway {

inline std::map<std::string, std::string> MetadataOf(const absl::Status& status) {
  std::map<std::string, std::string> all;
  ForEachErrorMetadata(status, [&](std::string_view key, std::string_view value) {
    all[std::string(key)] = std::string(value);
  });
  return all;
}

// A key store of which Persist() can be made to fail.
class FailingKeyStore final : public vault::KeyStore {
 public:
  explicit FailingKeyStore(std::unique_ptr<vault::KeyStore> real) : real_(std::move(real)) {}
  absl::StatusOr<std::optional<vault::MerchantKeys>> FindMerchantKeys(
      std::string_view merchant) override {
    return real_->FindMerchantKeys(merchant);
  }
  absl::StatusOr<vault::MerchantKeys> MerchantKeysOrNew(std::string_view merchant) override {
    return real_->MerchantKeysOrNew(merchant);
  }
  absl::StatusOr<std::optional<vault::Key>> FindRecordKey(std::string_view merchant,
                                                          const Uuid& key_id) override {
    return real_->FindRecordKey(merchant, key_id);
  }
  absl::StatusOr<std::optional<vault::RecordKey>> NewestRecordKey(std::string_view merchant,
                                                                  const Uuid& record_id) override {
    return real_->NewestRecordKey(merchant, record_id);
  }
  absl::Status Persist(const vault::NewKeys& keys) override {
    if (fail)
      return Error(absl::StatusCode::kUnavailable, "KEY_STORE_AWAY", "no key can be kept now");
    return real_->Persist(keys);
  }
  absl::Status Erase(std::string_view merchant, std::span<const Uuid> record_ids,
                     int64_t at_micros) override {
    for (const Uuid& record : record_ids) erased_.Add(merchant, record, at_micros);
    return real_->Erase(merchant, record_ids, at_micros);
  }

  std::atomic<bool> fail{false};

 private:
  const std::unique_ptr<vault::KeyStore> real_;
};

// Goes like any other; days pass when a test says so.
class AheadClock final : public Clock {
 public:
  int64_t NowMicros() override { return SystemClock().NowMicros() + ahead_micros; }
  void PassDays(int days) { ahead_micros += int64_t{days} * 86'400'000'000; }

  std::atomic<int64_t> ahead_micros{0};
};

// One gateway with all around it.
class GatewayTest : public testing::Test {
 protected:
  GatewayTest()
      : folder_(std::filesystem::path(testing::TempDir()) /
                absl::StrCat("gateway_test.", getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~GatewayTest() override {
    Stop();
    std::filesystem::remove_all(folder_);
  }

  void StartEmbedded() {
    ASSERT_TRUE(event_log::InitEmbeddedLog(folder_ / "log", 2).ok());
    auto log = event_log::OpenEmbeddedLog(folder_ / "log");
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    Start(/*fold=*/true);
  }

  event_log::SimulatedLog* StartSimulated(event_log::SimulatedFaults faults, bool fold = false) {
    auto log = std::make_unique<event_log::SimulatedLog>(
        std::make_shared<event_log::SimulatedDisk>(2, 7),
        event_log::SimulatedLog::Options{.faults = faults});
    event_log::SimulatedLog* const simulated = log.get();
    log_ = std::move(log);
    Start(fold);
    return simulated;
  }

  void Start(bool fold) {
    auto store = vault::OpenEmbeddedKeyStore(folder_ / "keys", root_, /*create=*/true);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = std::make_unique<FailingKeyStore>(*std::move(store));
    keys_ = std::make_unique<vault::KeyRing>(store_.get());
    auto projector = projection::MakeProjector(log_.get(), {.views_folder = folder_ / "views"});
    ASSERT_TRUE(projector.ok()) << projector.status();
    projector_ = *std::move(projector);
    if (fold) {
      ASSERT_TRUE(projector_->Start().ok());
      folding_ = true;
    }
    gateway_ = std::make_unique<Gateway>(Gateway::Parts{
        .log = log_.get(),
        .projector = projector_.get(),
        .keys = keys_.get(),
        .phones = &phones_,
        .clock = &clock_,
        .metrics = &metrics_,
        .guard = &guard_,
        .settings_of =
            [](std::string_view) {
              return MerchantSettings{"FR", 60};
            },
        .lag_limit = lag_limit_,
        .max_in_flight_bytes = max_in_flight_bytes_,
        .look_for_old_deliveries_every = absl::Milliseconds(20),
    });
    auto server = runtime::GrpcServer::Start({"127.0.0.1:0"}, gateway_->services(), &guard_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ =
        grpc::CreateChannel(server_->addresses().front(), grpc::InsecureChannelCredentials());
    stub_ = v1::ChangeService::NewStub(channel_);
  }

  void Stop() {
    if (server_ != nullptr) server_->Shutdown();
    if (folding_) projector_->Stop();
    folding_ = false;
    gateway_.reset();
    projector_.reset();
    log_.reset();
  }

  static v1::Change Sale(const std::string& code, const std::string& merchant = "shop") {
    v1::Change change;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(R"(
        channel: "pos" source: "till-1" external_id: "c-1" intent: INTENT_FACT
        body { posting { kind: VOUCHER_KIND_SALE total { unit: "EUR" minor: 500 }
          tenders { method: TENDER_METHOD_ON_ACCOUNT amount { minor: 500 } } } })",
                                                              &change));
    change.set_id(Uuid::Random().ToString());
    change.set_merchant(merchant);
    change.mutable_body()->mutable_posting()->set_code(code);
    return change;
  }

  static v1::Change Contact(const std::string& external_id, const std::string& name) {
    v1::Change change = Sale("");
    change.set_external_id(external_id);
    change.mutable_body()
        ->mutable_contact_observed()
        ->mutable_contact()
        ->mutable_name()
        ->mutable_full()
        ->set_plain(name);
    return change;
  }

  static v1::Change SetDebt(int64_t target) {
    v1::Change change = Sale("");
    change.set_intent(v1::INTENT_REQUEST);
    auto* money = change.mutable_body()->mutable_set_debt()->mutable_target();
    money->set_unit("EUR");
    money->set_minor(target);
    return change;
  }

  struct Answer {
    absl::Status status;
    v1::PublishResponse response;
  };
  Answer Publish(const v1::Change& change, bool wait = false,
                 absl::Duration deadline = absl::Seconds(20)) {
    v1::PublishRequest request;
    *request.mutable_change() = change;
    request.set_wait(wait);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
    Answer answer;
    answer.status = runtime::FromGrpcStatus(stub_->Publish(&context, request, &answer.response));
    return answer;
  }

  absl::StatusOr<v1::GetOutcomeResponse> GetOutcome(const v1::GetOutcomeRequest& request) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
    v1::GetOutcomeResponse response;
    const absl::Status status =
        runtime::FromGrpcStatus(stub_->GetOutcome(&context, request, &response));
    if (!status.ok()) return status;
    return response;
  }

  // The ids of all changes in the log.
  std::vector<std::string> IdsInLog() {
    std::vector<std::string> ids;
    for (int32_t partition = 0; partition < 2; ++partition) {
      auto cursor = log_->Read(partition, 0);
      EXPECT_TRUE(cursor.ok());
      while (true) {
        const auto records = (*cursor)->Next(1000, 1 << 20, absl::Now());
        EXPECT_TRUE(records.ok());
        if (records->empty()) break;
        for (const auto& stored : *records) {
          log::v1::LogRecord record;
          EXPECT_TRUE(
              record.ParseFromArray(stored.value.data(), static_cast<int>(stored.value.size())));
          if (record.has_change()) ids.push_back(Uuid::FromBytes(record.change().id())->ToString());
        }
      }
    }
    return ids;
  }

  const std::filesystem::path folder_;
  const vault::Key root_ = vault::Key::Random();
  int64_t lag_limit_ = 100'000;
  size_t max_in_flight_bytes_ = size_t{64} << 20;
  AheadClock clock_;
  vault::PhoneNormalizer phones_;
  runtime::Metrics metrics_;
  runtime::Guard guard_;
  std::unique_ptr<FailingKeyStore> store_;
  std::unique_ptr<vault::KeyRing> keys_;
  std::unique_ptr<event_log::EventLog> log_;
  std::unique_ptr<projection::Projector> projector_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<runtime::GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ChangeService::Stub> stub_;
  bool folding_ = false;
};

}  // namespace carnet::gateway
