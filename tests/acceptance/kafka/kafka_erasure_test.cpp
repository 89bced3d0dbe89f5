// Keys of who was forgotten are gone from the broker's own files, not only from what it answers.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/uuid.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/customer_service.grpc.pb.h"
#include "domain/customers/record.h"
#include "event_log/kafka/consumer.h"
#include "tests/acceptance/kafka/shop.h"
#include "vault/kafka_key_store.h"
#include "vault/key_rows.h"

namespace carnet::acceptance {
namespace {

using std::chrono::steady_clock;
using ::testing::IsEmpty;
using ::testing::Not;

// As `carnet log init` makes the topic, but that all which takes minutes there takes moments; and
// uncompressed, so that a key can be looked for in the files. What is left is the cleaner's own
// pause of 15 s.
constexpr int kSegmentMillis = 1000;
constexpr int kLagMillis = 1000;
constexpr std::chrono::seconds kGoneWithin(60);

class KafkaErasureTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(shop_.StartProjector(0), "");
    ASSERT_EQ(shop_.StartProjector(1), "");
    ASSERT_EQ(shop_.StartGateway(), "");
    merchant_ = shop_.Acknowledged().front().story.merchant();
  }

  void Publish(const std::string& external_id, v1::Intent intent, const v1::Body& body) {
    v1::PublishRequest request;
    v1::Change* const change = request.mutable_change();
    change->set_id(Uuid::Random().ToString());
    change->set_merchant(merchant_);
    change->set_channel("pos");
    change->set_source("till-1");
    change->set_external_id(external_id);
    change->set_intent(intent);
    *change->mutable_body() = body;
    request.set_wait(true);
    v1::PublishResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    const grpc::Status status = v1::ChangeService::NewStub(shop_.gateway().channel())
                                    ->Publish(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_EQ(response.outcome().status(), v1::OUTCOME_STATUS_APPLIED)
        << response.ShortDebugString();
  }
  void Tell(const std::string& external_id, const std::string& given) {
    v1::Body body;
    auto* const contact = body.mutable_contact_observed()->mutable_contact();
    contact->mutable_name()->mutable_given()->set_plain(given);
    contact->add_emails()->set_plain(given + "@mailbox.example");
    Publish(external_id, v1::INTENT_FACT, body);
  }
  void Erase(const std::string& external_id) {
    v1::Body body;
    body.mutable_customer_erased();
    Publish(external_id, v1::INTENT_REQUEST, body);
  }

  Uuid RecordOf(const std::string& external_id) const {
    return domain::RecordId(merchant_, "pos", "till-1", external_id);
  }
  std::string NameShown(const std::string& external_id) {
    v1::GetCustomerRequest request;
    request.set_name("merchants/" + merchant_ + "/customers/" + RecordOf(external_id).ToString());
    v1::GetCustomerResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    const grpc::Status status = v1::CustomerService::NewStub(shop_.gateway().channel())
                                    ->GetCustomer(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.customer().display_name();
  }

  // A record's keys, wrapped as they stand in the topic.
  std::vector<std::string> KeysOf(const std::string& external_id) {
    const auto consumer =
        event_log::Consumer::Make({.brokers = shop_.kafka().bootstrap(), .properties = {}}, {});
    EXPECT_TRUE((*consumer)->Start(kTopic, 0, 0).ok());
    std::vector<std::string> keys;
    while (true) {
      const auto event = (*consumer)->Poll(absl::InfiniteFuture());
      if (!event.ok() || event->end) return keys;
      if (!event->message || event->message->key().empty() ||
          event->message->key().front() != vault::kKeyRow || event->message->is_tombstone())
        continue;
      if (vault::RecordOf(event->message->value()) == RecordOf(external_id))
        keys.emplace_back(event->message->value());
    }
  }

  // Which of the topic's files hold any of that.
  std::vector<std::string> Holding(const std::vector<std::string>& keys) {
    std::vector<std::string> files;
    std::error_code gone;  // a file may go while one looks
    for (std::filesystem::directory_iterator at(shop_.kafka().FilesOf(kTopic), gone), end;
         !gone && at != end; at.increment(gone)) {
      std::ifstream in(at->path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      for (const std::string& key : keys) {
        if (bytes.find(key) != std::string::npos) files.push_back(at->path().filename());
      }
    }
    return files;
  }

  const std::string kTopic = vault::KafkaKeyStoreOptions().topic;
  KafkaShop shop_{1,
                  {{"cleanup.policy", "compact"},
                   {"compression.type", "uncompressed"},
                   {"unclean.leader.election.enable", "false"},
                   {"min.insync.replicas", "1"},
                   {"segment.ms", std::to_string(kSegmentMillis)},
                   {"min.cleanable.dirty.ratio", "0.01"},
                   {"max.compaction.lag.ms", std::to_string(kLagMillis)},
                   {"file.delete.delay.ms", "0"}}};
  std::string merchant_;
};

// Nobody makes a key after the erasure: the segment that holds the erased ones is closed all the
// same.
TEST_F(KafkaErasureTest, NoKeyOfThePersonIsLeftInTheBrokersFiles) {
  Tell("C-1", "ottoline");
  Tell("C-2", "barnabas");
  const auto person = KeysOf("C-1");
  const auto control = KeysOf("C-2");
  ASSERT_THAT(person, Not(IsEmpty()));
  ASSERT_THAT(control, Not(IsEmpty()));
  ASSERT_THAT(Holding(person), Not(IsEmpty())) << "the search finds what is there";
  ASSERT_THAT(Holding(control), Not(IsEmpty()));
  EXPECT_EQ(NameShown("C-1"), "ottoline");

  const auto start = steady_clock::now();
  Erase("C-1");
  while (!Holding(person).empty() && steady_clock::now() < start + kGoneWithin) {
    NameShown("C-2");
  }
  const std::chrono::duration<double> gone = steady_clock::now() - start;
  std::printf("gone from the broker's files after %.1f s\n", gone.count());
  EXPECT_THAT(Holding(person), IsEmpty());
  EXPECT_THAT(Holding(control), Not(IsEmpty()));
  EXPECT_EQ(NameShown("C-1"), "");
  EXPECT_EQ(NameShown("C-2"), "barnabas");
}

}  // namespace
}  // namespace carnet::acceptance
