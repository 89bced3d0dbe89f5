// Subscriptions over a real socket, with real views, while changes go on being folded.
#include <future>
#include <map>
#include <optional>
#include <thread>

#include "absl/time/clock.h"
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "carnet/v1/subscription_service.grpc.pb.h"
#include "projector/test_server.h"
#include "query/feed.h"
#include "query/names.h"
#include "runtime/grpc_status.h"

namespace carnet::projector_service {
namespace {

using query::testing::Link;
using query::testing::RecordOf;
using query::testing::Sale;
using v1::SubscribeRequest;
using v1::SubscribeResponse;

// One subscription, as a client has it. A call that hangs fails after a minute.
class Reading {
 public:
  Reading(const std::shared_ptr<grpc::Channel>& channel, const SubscribeRequest& request,
          absl::Duration patience = absl::Minutes(1))
      : stub_(v1::SubscriptionService::NewStub(channel)) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + patience));
    reader_ = stub_->Subscribe(&context_, request);
  }
  ~Reading() {
    context_.TryCancel();
    if (!finished_) reader_->Finish();
  }

  // The next message; nothing when the stream is over.
  std::optional<SubscribeResponse> Next() {
    SubscribeResponse response;
    if (!reader_->Read(&response)) return std::nullopt;
    return response;
  }
  absl::Status Finish() {
    finished_ = true;
    return runtime::FromGrpcStatus(reader_->Finish());
  }

 private:
  std::unique_ptr<v1::SubscriptionService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<SubscribeResponse>> reader_;
  bool finished_ = false;
};

SubscribeRequest From(uint64_t sequence) {
  SubscribeRequest request;
  request.set_merchant("shop-1");
  request.set_from_sequence(sequence);
  return request;
}

class SubscribeTest : public ::testing::Test {
 protected:
  // Sales on account, to each customer in turn, in appends of 50.
  void PublishSales(int count, testing::TestServer* server) {
    std::vector<log::v1::Change> changes;
    for (int i = 0; i < count; ++i) {
      changes.push_back(
          server->vault().Stamp({.body = Sale("S-" + std::to_string(++sales_), 100),
                                 .external_id = "c-" + std::to_string(sales_ % customers_)}));
      if (changes.size() == 50 || i + 1 == count) {
        server->Append(changes);
        changes.clear();
      }
    }
  }

  // Waits until all is folded; the feed's last sequence then.
  uint64_t LastSequence(testing::TestServer* server) {
    const v1::Token end = server->End();
    uint64_t last = 0;
    EXPECT_TRUE(testing::Eventually([&] {
      const auto snapshot = *server->projector().snapshot(end.partition());
      last = query::LastFeedSequence(*snapshot, "shop-1");
      return snapshot->position() >= end.offset();
    }));
    return last;
  }

  int customers_ = 10;
  int sales_ = 0;
};

// What must hold of every stream of events, message by message.
class Contiguous {
 public:
  explicit Contiguous(uint64_t next) : next_(next) {}

  void Take(const SubscribeResponse& message) {
    if (message.has_event()) {
      ASSERT_EQ(message.event().sequence(), next_);
      ASSERT_EQ(message.event().merchant(), "shop-1");
      ASSERT_EQ(message.event().epoch(), 1u);
      ++next_;
      ASSERT_LE(next_ - 1 - checkpoint_.value_or(first_ - 1), 1000u);
    } else {
      ASSERT_TRUE(message.has_checkpoint());
      ASSERT_EQ(message.checkpoint().sequence(), next_ - 1);
      checkpoint_ = message.checkpoint().sequence();
    }
  }
  uint64_t last() const { return next_ - 1; }
  std::optional<uint64_t> checkpoint() const { return checkpoint_; }

 private:
  uint64_t next_;
  const uint64_t first_ = next_;
  std::optional<uint64_t> checkpoint_;
};

TEST_F(SubscribeTest, GapFreeWhileFoldingGoesOn) {
  testing::TestServer server;
  PublishSales(300, &server);
  Reading reading(server.Connect(), From(0));
  std::thread publisher([&] { PublishSales(3000, &server); });
  Contiguous contiguous(1);
  // 3,300 sales, each posted and with its balance, and ten customers.
  const uint64_t expected = 3300 * 2 + 10;
  while (contiguous.checkpoint() != expected) {
    const auto message = reading.Next();
    ASSERT_TRUE(message) << reading.Finish();
    ASSERT_NO_FATAL_FAILURE(contiguous.Take(*message));
  }
  publisher.join();
  EXPECT_EQ(LastSequence(&server), expected);
}

TEST_F(SubscribeTest, ResumesFromACheckpointInTheMiddleOfAChange) {
  testing::TestServer server;
  PublishSales(40, &server);
  const uint64_t last = LastSequence(&server);
  for (const uint64_t from : {uint64_t{1}, uint64_t{2}, uint64_t{3}, last, last + 1}) {
    Reading reading(server.Connect(), From(from));
    Contiguous contiguous(from);
    while (contiguous.checkpoint() != last) {
      const auto message = reading.Next();
      ASSERT_TRUE(message) << reading.Finish();
      ASSERT_NO_FATAL_FAILURE(contiguous.Take(*message));
    }
  }
}

TEST_F(SubscribeTest, EventsOfLaterChangesReachAnIdleSubscriber) {
  testing::TestServer server;
  PublishSales(1, &server);
  Reading reading(server.Connect(), From(0));
  Contiguous contiguous(1);
  for (int round = 0; round < 50; ++round) {
    const uint64_t last = LastSequence(&server);
    while (contiguous.checkpoint() != last) {
      const auto message = reading.Next();
      ASSERT_TRUE(message) << reading.Finish();
      ASSERT_NO_FATAL_FAILURE(contiguous.Take(*message));
    }
    PublishSales(1, &server);
  }
}

TEST_F(SubscribeTest, SnapshotThenEventsGiveTheStateAtTheEnd) {
  testing::TestServer server;
  customers_ = 2000;
  PublishSales(2000, &server);
  server.Publish({.body = Link(RecordOf("c-1"), RecordOf("c-2")),
                  .channel = "back-office",
                  .intent = v1::INTENT_REQUEST});
  SubscribeRequest request = From(0);
  request.set_snapshot(true);
  *request.mutable_min_position() = server.End();
  Reading reading(server.Connect(/*small_window=*/true), request);
  const auto first = reading.Next();
  ASSERT_TRUE(first && first->has_snapshot_customer());
  // Much changes while most of the customers are still to be sent.
  PublishSales(1000, &server);

  // Customers come first, once each; what changed since comes after.
  std::map<std::string, int64_t> balances;
  std::optional<Contiguous> contiguous;
  const uint64_t last = LastSequence(&server);
  for (auto message = first; !contiguous || contiguous->last() < last; message = reading.Next()) {
    ASSERT_TRUE(message) << reading.Finish();
    if (message->has_snapshot_customer()) {
      ASSERT_FALSE(contiguous);
      const auto& customer = message->snapshot_customer();
      const std::string id = customer.name().substr(customer.name().find("customers/"));
      ASSERT_TRUE(balances.emplace(id, customer.balances(0).receivable_minor()).second) << id;
    } else if (message->has_snapshot_end()) {
      ASSERT_FALSE(contiguous);
      contiguous.emplace(message->snapshot_end().sequence() + 1);
    } else {
      ASSERT_TRUE(contiguous);
      ASSERT_NO_FATAL_FAILURE(contiguous->Take(*message));
      if (!message->event().has_balance_changed()) continue;
      const auto& changed = message->event().balance_changed();
      const bool linked = changed.customer() == query::FormatRecordName(RecordOf("c-1")) ||
                          changed.customer() == query::FormatRecordName(RecordOf("c-2"));
      if (linked && !changed.whole_customer()) continue;
      ASSERT_EQ(balances[changed.customer()], changed.before().minor());
      balances[changed.customer()] = changed.after().minor();
    }
  }
  ASSERT_EQ(balances.size(), 1999u);  // two of them linked
  int64_t sum = 0;
  for (const auto& [customer, minor] : balances) sum += minor;
  EXPECT_EQ(sum, 3000 * 100);
}

TEST_F(SubscribeTest, FilteredStreamsAreToldHowFarTheyAre) {
  testing::TestServer server;
  PublishSales(1200, &server);
  server.Publish({.body = Link(RecordOf("c-1"), RecordOf("c-2")),
                  .channel = "back-office",
                  .intent = v1::INTENT_REQUEST});
  PublishSales(50, &server);
  const uint64_t last = LastSequence(&server);
  SubscribeRequest request = From(0);
  request.add_kinds("customer_linked");
  Reading reading(server.Connect(), request);
  uint64_t checkpoint = 0;
  int events = 0;
  while (checkpoint != last) {
    const auto message = reading.Next();
    ASSERT_TRUE(message) << reading.Finish();
    if (message->has_event()) {
      ++events;
      ASSERT_TRUE(message->event().has_customer_linked());
      ASSERT_GT(message->event().sequence(), checkpoint);
    } else {
      ASSERT_GT(message->checkpoint().sequence(), checkpoint);
      ASSERT_LE(message->checkpoint().sequence(), checkpoint + 1000);
      checkpoint = message->checkpoint().sequence();
    }
  }
  EXPECT_EQ(events, 1);
}

TEST_F(SubscribeTest, CursorOfAReplicaThatIsAheadIsWaitedFor) {
  testing::TestServer server;
  PublishSales(5, &server);
  const uint64_t last = LastSequence(&server);
  std::promise<void> go_on;
  const auto standing =
      server.projector().OnAdvance(0, [may = go_on.get_future().share()] { may.wait(); });
  PublishSales(1, &server);  // folded, and then it stands still
  EXPECT_GT(LastSequence(&server), last);
  const uint64_t behind = LastSequence(&server);
  PublishSales(1, &server);
  Reading early(server.Connect(), From(behind + 2), absl::Seconds(1));
  EXPECT_FALSE(early.Next());
  EXPECT_NE(ReasonOf(early.Finish()), "BEYOND_FEED") << "it can't know";
  Reading patient(server.Connect(), From(behind + 2));
  go_on.set_value();
  const auto first = patient.Next();
  ASSERT_TRUE(first) << patient.Finish();
  EXPECT_EQ(first->event().sequence(), behind + 2);
}

TEST_F(SubscribeTest, WhatCantBeFollowedIsRefusedByName) {
  testing::TestServer server;
  PublishSales(5, &server);
  const uint64_t last = LastSequence(&server);
  const auto refusal = [&](const SubscribeRequest& request) {
    Reading reading(server.Connect(), request);
    EXPECT_FALSE(reading.Next());
    const absl::Status status = reading.Finish();
    return std::string(absl::StatusCodeToString(status.code())) + " " + ReasonOf(status);
  };
  EXPECT_EQ(refusal(From(last + 2)), "OUT_OF_RANGE BEYOND_FEED");
  SubscribeRequest request = From(1);
  request.set_epoch(2);
  EXPECT_EQ(refusal(request), "OUT_OF_RANGE EPOCH_CHANGED");
  request = From(1);
  request.add_kinds("balance");
  EXPECT_EQ(refusal(request), "INVALID_ARGUMENT UNKNOWN_KIND");
  request = From(1);
  request.set_snapshot(true);
  EXPECT_EQ(refusal(request), "INVALID_ARGUMENT SEQUENCE_WITH_SNAPSHOT");
  request = From(0);
  request.set_merchant("Shop 1");
  EXPECT_EQ(refusal(request), "INVALID_ARGUMENT NAME_MALFORMED");
  request = From(0);
  *request.mutable_min_position() = server.End();
  request.mutable_min_position()->set_log("99999999-2222-4333-8444-555555555555");
  EXPECT_EQ(refusal(request), "FAILED_PRECONDITION TOKEN_OF_ANOTHER_LOG");
}

TEST_F(SubscribeTest, SlowReaderIsDroppedWithItsCursor) {
  testing::TestServer server(/*patience=*/absl::Milliseconds(200));
  PublishSales(4000, &server);
  const uint64_t last = LastSequence(&server);
  Reading quick(server.Connect(), From(last + 1));
  ASSERT_TRUE(quick.Next());
  Reading slow(server.Connect(/*small_window=*/true), From(0));
  ASSERT_TRUE(testing::Eventually([&] { return server.subscribers() == 2; }));
  ASSERT_TRUE(testing::Eventually([&] { return server.subscribers() == 1; }))
      << "the one that waits for events stays, the one that does not read goes";

  // What was on its way still comes, without a gap, and the cursor is right behind it.
  Contiguous contiguous(1);
  while (const auto message = slow.Next()) ASSERT_NO_FATAL_FAILURE(contiguous.Take(*message));
  const absl::Status status = slow.Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_EQ(ReasonOf(status), "SLOW_SUBSCRIBER");
  std::map<std::string, std::string> facts;
  ForEachErrorMetadata(status, [&](std::string_view key, std::string_view value) {
    facts[std::string(key)] = value;
  });
  EXPECT_EQ(facts["sequence"], std::to_string(contiguous.last()));
  EXPECT_EQ(facts["epoch"], "1");
  EXPECT_LT(contiguous.last(), last);

  PublishSales(1, &server);
  EXPECT_TRUE(quick.Next());
}

TEST_F(SubscribeTest, WhoGoesIsForgotten) {
  testing::TestServer server;
  PublishSales(5, &server);
  {
    Reading reading(server.Connect(), From(0));
    ASSERT_TRUE(reading.Next());
    EXPECT_EQ(server.subscribers(), 1u);
  }
  EXPECT_TRUE(testing::Eventually([&] { return server.subscribers() == 0; }));
}

TEST_F(SubscribeTest, ShutdownEndsStreamsByName) {
  testing::TestServer server;
  PublishSales(5, &server);
  const uint64_t last = LastSequence(&server);
  Reading idle(server.Connect(), From(last + 1));
  ASSERT_TRUE(idle.Next()) << "a checkpoint: up to date";
  const absl::Time begin = absl::Now();
  std::thread shutdown([&] { server.Shutdown(); });
  EXPECT_FALSE(idle.Next());
  const absl::Status status = idle.Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(ReasonOf(status), "SHUTTING_DOWN");
  shutdown.join();
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
}

}  // namespace
}  // namespace carnet::projector_service
