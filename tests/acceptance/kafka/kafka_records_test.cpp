// What strangers put into the topic, and what becomes of a log that was cut or exchanged while
// processes were at work.
#include <array>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include "base/uuid.h"
#include "carnet/log/v1/log.pb.h"
#include "carnet/v1/admin_service.grpc.pb.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/customer_service.grpc.pb.h"
#include "event_log/kafka/kafka_log.h"
#include "event_log/log_helpers_test.h"
#include "event_log/quarantine.h"
#include "tests/acceptance/kafka/shop.h"

namespace carnet::acceptance {
namespace {

using testing::HasSubstr;

class KafkaRecordsTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(shop_.StartProjector(0), "");
    ASSERT_EQ(shop_.StartProjector(1), "");
    ASSERT_EQ(shop_.StartGateway(), "");
    shop_.StartLoad();
    ASSERT_TRUE(shop_.WaitForMore(20));
    ASSERT_EQ(shop_.StopLoad(), "");
    auto log = event_log::OpenKafkaLog(
        {.connection = {.brokers = shop_.kafka().bootstrap(), .properties = {}},
         .development = true});
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }

  // Where partition 0's merchant has published to.
  const KafkaShop::Published& Zero() {
    if (published_.empty()) published_ = shop_.Acknowledged();
    return published_.front();
  }

  // The newest change of the log, to be changed.
  carnet::log::v1::LogRecord NewestRecord() {
    const auto records = event_log::ReadToEnd(log_.get(), 0, Zero().token.offset() - 1);
    EXPECT_TRUE(records.ok()) << records.status();
    carnet::log::v1::LogRecord record;
    EXPECT_TRUE(record.ParseFromString(records->back().value));
    return record;
  }

  // As somebody would who has the right to write to the topic. The offset.
  int64_t Put(const std::string& key, const std::string& value) {
    const auto offset = event_log::AppendAndWait(log_.get(), 0, {{.key = key, .value = value}});
    EXPECT_TRUE(offset.ok()) << offset.status();
    return offset.value_or(-1);
  }

  // The reason of the dead letter at an offset, as a gateway answers it.
  std::string ReasonAt(int64_t offset) {
    const auto stub = carnet::v1::AdminService::NewStub(shop_.gateway().channel());
    carnet::v1::ListDeadLettersRequest request;
    request.mutable_min_position()->set_log(log_->identity().log_id.ToString());
    request.mutable_min_position()->set_offset(offset + 1);
    grpc::ClientContext context;
    SetDeadline(&context);
    carnet::v1::ListDeadLettersResponse response;
    const grpc::Status status = stub->ListDeadLetters(&context, request, &response);
    if (!status.ok()) return status.error_message();
    for (const auto& letter : response.dead_letters()) {
      if (letter.position().offset() == offset) return letter.reason();
    }
    return "none";
  }

  // The state of partition 0 as both projectors report it; waits until it stopped.
  std::string WaitUntilStopped(int replica) {
    const auto stub = carnet::v1::AdminService::NewStub(shop_.projector(replica).channel());
    const absl::Time give_up = absl::Now() + absl::Seconds(kPatienceSeconds);
    while (absl::Now() < give_up) {
      grpc::ClientContext context;
      SetDeadline(&context);
      carnet::v1::GetStatusResponse status;
      if (!stub->GetStatus(&context, {}, &status).ok()) return "no answer";
      for (const auto& partition : status.partitions()) {
        if (partition.partition() == 0 && !partition.stopped_because().empty()) {
          return partition.stopped_because();
        }
      }
    }
    return "goes on";
  }

  // Through the gateway; empty once it is applied.
  std::string Publish(const carnet::v1::Change& change) {
    carnet::v1::PublishRequest request;
    *request.mutable_change() = change;
    request.set_wait(true);
    carnet::v1::PublishResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    const grpc::Status status = carnet::v1::ChangeService::NewStub(shop_.gateway().channel())
                                    ->Publish(&context, request, &response);
    if (!status.ok()) return status.error_message();
    const bool applied = response.outcome().status() == carnet::v1::OUTCOME_STATUS_APPLIED;
    return applied ? "" : response.ShortDebugString();
  }

  // Until a projector has folded the record at that offset of partition 0.
  std::string WaitUntilFolded(int replica, int64_t offset) {
    const auto stub = carnet::v1::AdminService::NewStub(shop_.projector(replica).channel());
    const absl::Time give_up = absl::Now() + absl::Seconds(kPatienceSeconds);
    carnet::v1::GetStatusResponse status;
    while (absl::Now() < give_up) {
      grpc::ClientContext context;
      SetDeadline(&context);
      if (!stub->GetStatus(&context, {}, &status).ok()) return "no answer";
      for (const auto& partition : status.partitions()) {
        if (partition.partition() == 0 && partition.position() > offset) return {};
      }
    }
    return status.ShortDebugString();
  }

  void DeleteTopic(const std::string& topic) {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    std::array<char, 256> why;
    rd_kafka_conf_set(conf, "bootstrap.servers", shop_.kafka().bootstrap().c_str(), why.data(),
                      why.size());
    rd_kafka_t* const client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why.data(), why.size());
    rd_kafka_queue_t* const queue = rd_kafka_queue_new(client);
    rd_kafka_DeleteTopic_t* gone = rd_kafka_DeleteTopic_new(topic.c_str());
    rd_kafka_DeleteTopics(client, &gone, 1, nullptr, queue);
    rd_kafka_event_t* const event = rd_kafka_queue_poll(queue, 30'000);
    EXPECT_EQ(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
    rd_kafka_DeleteTopic_destroy(gone);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(client);
  }

  KafkaShop shop_{1};
  std::unique_ptr<event_log::EventLog> log_;
  std::vector<KafkaShop::Published> published_;
};

// A gateway asks a projector about each merchant that it meets first; what waits for that must not
// keep the answers from coming.
TEST_F(KafkaRecordsTest, AHundredMerchantsThatTheGatewayDoesNotKnowPublishAtOnce) {
  constexpr int kMerchants = 100;
  struct Call {
    grpc::ClientContext context;
    carnet::v1::PublishRequest request;
    carnet::v1::PublishResponse response;
  };
  const auto stub = carnet::v1::ChangeService::NewStub(shop_.gateway().channel());
  std::vector<std::unique_ptr<Call>> calls;
  std::mutex mutex;
  std::condition_variable answered;
  int open = kMerchants;
  std::string wrong;
  for (int i = 0; i < kMerchants; ++i) {
    Call* call = calls.emplace_back(std::make_unique<Call>()).get();
    SetDeadline(&call->context, 20);
    *call->request.mutable_change() = ShopStory("new-" + std::to_string(i)).At(0);
    stub->async()->Publish(&call->context, &call->request, &call->response,
                           [&](const grpc::Status& status) {
                             const std::lock_guard lock(mutex);
                             if (!status.ok()) wrong = status.error_message();
                             if (--open == 0) answered.notify_one();
                           });
  }
  std::unique_lock lock(mutex);
  answered.wait(lock, [&] { return open == 0; });
  EXPECT_EQ(wrong, "");
}

TEST_F(KafkaRecordsTest, StrangersRecordsAreDeadLettersAndBlockNobody) {
  const std::string merchant = Zero().story.merchant();
  carnet::log::v1::LogRecord record = NewestRecord();
  const int64_t noise = Put(merchant, "\xff\xff no record");
  const int64_t empty = Put(merchant, "");
  const int64_t foreign_key = Put("somebody-else", record.SerializeAsString());
  record.mutable_change()->set_merchant("no such merchant!");
  const int64_t malformed = Put("no such merchant!", record.SerializeAsString());

  EXPECT_EQ(ReasonAt(noise), "UNPARSABLE");
  EXPECT_EQ(ReasonAt(empty), "UNPARSABLE");
  EXPECT_EQ(ReasonAt(foreign_key), "MERCHANT_MISMATCH");
  EXPECT_EQ(ReasonAt(malformed), "NAME_MALFORMED");

  shop_.StartLoad();
  EXPECT_TRUE(shop_.WaitForMore(10)) << "those behind them are folded";
  EXPECT_EQ(shop_.StopLoad(), "");
  EXPECT_EQ(shop_.CheckAll(), "");
}

TEST_F(KafkaRecordsTest, PlainPersonalDataIsADeadLetterOfItsChange) {
  carnet::log::v1::LogRecord record = NewestRecord();
  const std::string id(Uuid::Random().bytes());
  auto* change = record.mutable_change();
  change->set_id(id);
  change->set_merchant(Zero().story.merchant());
  change->mutable_body()->mutable_contact_observed()->mutable_contact()->add_emails()->set_plain(
      "linh@example.com");
  const int64_t offset = Put(Zero().story.merchant(), record.SerializeAsString());

  const auto stub = carnet::v1::ChangeService::NewStub(shop_.gateway().channel());
  carnet::v1::GetOutcomeRequest request;
  request.set_merchant(Zero().story.merchant());
  request.set_change_id(Uuid::FromBytes(id)->ToString());
  request.mutable_min_position()->set_log(log_->identity().log_id.ToString());
  request.mutable_min_position()->set_offset(offset + 1);
  grpc::ClientContext context;
  SetDeadline(&context);
  carnet::v1::GetOutcomeResponse response;
  const grpc::Status status = stub->GetOutcome(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.outcome().status(), carnet::v1::OUTCOME_STATUS_DEAD_LETTER)
      << response.ShortDebugString();
}

TEST_F(KafkaRecordsTest, RecordThatIsTakenOutLetsEveryReplicaGoOn) {
  const std::string merchant = Zero().story.merchant();
  carnet::log::v1::LogRecord record = NewestRecord();
  record.mutable_change()->set_id(std::string(Uuid::Random().bytes()));
  record.mutable_change()->set_merchant(merchant);
  record.mutable_change()->set_rules_version(1000);
  const int64_t offset = Put(merchant, record.SerializeAsString());
  const int64_t behind = Put("", "\xff no record");
  for (int replica = 0; replica < KafkaShop::kReplicas; ++replica) {
    EXPECT_THAT(WaitUntilStopped(replica), HasSubstr("RULES_TOO_NEW")) << replica;
  }
  // One decision, asked of the gateway.
  const auto stub = carnet::v1::AdminService::NewStub(shop_.gateway().channel());
  carnet::v1::QuarantineRecordRequest request;
  request.set_offset(offset);
  request.set_record_hash(
      absl::BytesToHexString(event_log::RecordHash(merchant, record.SerializeAsString())));
  carnet::v1::QuarantineRecordResponse response;
  grpc::ClientContext context;
  SetDeadline(&context);
  const grpc::Status decided = stub->QuarantineRecord(&context, request, &response);
  ASSERT_TRUE(decided.ok()) << decided.error_message();
  for (int replica = 0; replica < KafkaShop::kReplicas; ++replica) {
    EXPECT_EQ(WaitUntilFolded(replica, behind), "") << replica;
  }
  // A projector that begins with nothing comes past it, too.
  shop_.projector(0).Kill();
  std::filesystem::remove_all(shop_.projector(0).data());
  ASSERT_EQ(shop_.StartProjector(0), "");
  EXPECT_EQ(WaitUntilFolded(0, behind), "");
}

// The gateway folds nothing: what a merchant's policy says it learns from those that do.
TEST_F(KafkaRecordsTest, PolicyReachesAGatewayThatFoldsNothing) {
  carnet::v1::Change change;
  change.set_id(Uuid::Random().ToString());
  change.set_merchant(Zero().story.merchant());
  change.set_channel("back-office");
  change.set_source("office");
  change.set_intent(carnet::v1::INTENT_REQUEST);
  auto* policy = change.mutable_body()->mutable_policy_changed();
  policy->mutable_policy()->set_country("VN");
  policy->add_fields("country");
  ASSERT_EQ(Publish(change), "");

  change.set_intent(carnet::v1::INTENT_FACT);
  // Soon a phone without a country code is read as that country's.
  const auto stub = carnet::v1::CustomerService::NewStub(shop_.gateway().channel());
  const absl::Time give_up = absl::Now() + absl::Seconds(kPatienceSeconds);
  bool found = false;
  for (int i = 0; !found && absl::Now() < give_up; ++i) {
    change.set_id(Uuid::Random().ToString());
    change.set_external_id(absl::StrCat("p-", i));
    auto* contact = change.mutable_body()->mutable_contact_observed()->mutable_contact();
    contact->clear_phones();
    contact->add_phones()->set_plain("0912 345 678");
    ASSERT_EQ(Publish(change), "");
    carnet::v1::LookupCustomersRequest request;
    request.set_merchant(change.merchant());
    request.set_phone("+84 912 345 678");
    carnet::v1::LookupCustomersResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    ASSERT_TRUE(stub->LookupCustomers(&context, request, &response).ok());
    found = response.customers_size() > 0;
  }
  EXPECT_TRUE(found);
}

TEST_F(KafkaRecordsTest, LogThatLostItsTailStopsThatPartitionAlone) {
  const std::string before = Zero().story.merchant();
  log_.reset();
  shop_.kafka().Terminate();
  shop_.kafka().Truncate("carnet.changes.v1", 0, Zero().token.offset() / 2);
  shop_.kafka().Start();
  for (int replica = 0; replica < KafkaShop::kReplicas; ++replica) {
    EXPECT_THAT(WaitUntilStopped(replica), HasSubstr("LOG_CUT")) << replica;
  }
  // Nothing is skipped after a restart either.
  shop_.projector(0).Kill();
  ASSERT_EQ(shop_.StartProjector(0), "");
  EXPECT_THAT(WaitUntilStopped(0), HasSubstr("LOG_CUT"));
}

TEST_F(KafkaRecordsTest, LogThatWasExchangedStopsThePartition) {
  log_.reset();
  DeleteTopic("carnet.changes.v1");
  const auto other = event_log::InitKafkaLog(
      {.connection = {.brokers = shop_.kafka().bootstrap(), .properties = {}}, .development = true},
      2, 1);
  ASSERT_TRUE(other.ok()) << other.status();
  // Found by the next look, or because the new log is shorter.
  EXPECT_THAT(WaitUntilStopped(1), testing::AnyOf(HasSubstr("LOG_CUT"), HasSubstr("LOG_REPLACED")));
  shop_.projector(0).Kill();
  EXPECT_THAT(shop_.StartProjector(0), HasSubstr("the views were folded from log"));
}

}  // namespace
}  // namespace carnet::acceptance
