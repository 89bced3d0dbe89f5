// The gateway on a log that has bad days, and behind views that lag.
#include <future>
#include <string>
#include <vector>

#include "gateway/test_gateway.h"

namespace carnet::gateway {
namespace {

TEST_F(GatewayTest, WithoutAnOutcomeByTheDeadlineTheTokenComesAlong) {
  StartSimulated({}, /*fold=*/false);
  const Answer answer = Publish(Sale("S-1"), /*wait=*/true, absl::Milliseconds(700));
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnavailable) << answer.status;
  const auto metadata = MetadataOf(answer.status);
  EXPECT_EQ(metadata.at("token_log"), log_->identity().log_id.ToString());
  EXPECT_EQ(metadata.at("token_offset"), "2");  // after the manifest and the change
}

TEST_F(GatewayTest, AnAppendWithoutAnAnswerIsUnknownAndSafeToSendAgain) {
  StartSimulated({.lost_answers = 500}, /*fold=*/true);
  int unknown = 0;
  for (int i = 0; i < 20; ++i) {
    const v1::Change sale = Sale(absl::StrCat("S-", i));
    Answer answer = Publish(sale, true);
    while (!answer.status.ok()) {
      ASSERT_EQ(answer.status.code(), absl::StatusCode::kUnavailable);
      ASSERT_EQ(ReasonOf(answer.status), "OUTCOME_UNKNOWN");
      ++unknown;
      answer = Publish(sale, true);
    }
    EXPECT_EQ(answer.response.outcome().change_number(), static_cast<uint64_t>(i + 1));
  }
  EXPECT_GT(unknown, 0);
}

TEST_F(GatewayTest, WhileTheViewsLagRequestsAreShedAndFactsTaken) {
  lag_limit_ = 3;
  StartSimulated({}, /*fold=*/false);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Publish(Sale(absl::StrCat("S-", i))).status.ok());
  const absl::Time give_up = absl::Now() + absl::Seconds(20);
  absl::Status status;
  while (status.ok() && absl::Now() < give_up) status = Publish(SetDebt(0)).status;
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "LAGGING");
  EXPECT_TRUE(Publish(Sale("S-9")).status.ok());
  ASSERT_TRUE(projector_->Start().ok());
  folding_ = true;
  while (!status.ok() && absl::Now() < give_up) status = Publish(SetDebt(0)).status;
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(GatewayTest, TooMuchInFlightIsRefused) {
  max_in_flight_bytes_ = 2000;
  event_log::SimulatedLog* const log = StartSimulated({});
  ASSERT_TRUE(Publish(Sale("S-0")).status.ok());
  log->HoldSyncs(true);
  std::vector<std::future<absl::Status>> held;
  absl::Status refused;
  for (int i = 0; i < 20; ++i) {
    held.push_back(std::async(std::launch::async,
                              [this, i] { return Publish(Sale(absl::StrCat("H-", i))).status; }));
  }
  const absl::Time give_up = absl::Now() + absl::Seconds(20);
  while (absl::Now() < give_up && ReasonOf(refused) != "TOO_MANY_IN_FLIGHT") {
    refused = Publish(Sale("X"), false, absl::Milliseconds(500)).status;
  }
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  log->HoldSyncs(false);
  int taken = 0;
  for (auto& status : held) taken += status.get().ok() ? 1 : 0;
  EXPECT_GT(taken, 0);
  EXPECT_LT(taken, 20);
  EXPECT_TRUE(Publish(Sale("S-1")).status.ok());
}

// What is sealed under a key that is not safe must not be in the log.
TEST_F(GatewayTest, WithoutASafeKeyNothingSealedIsAppended) {
  StartEmbedded();
  ASSERT_TRUE(Publish(Contact("c-1", "Jeanne")).status.ok());
  store_->fail = true;
  const Answer answer = Publish(Contact("c-2", "Marie"));
  EXPECT_EQ(ReasonOf(answer.status), "KEY_STORE_AWAY");
  EXPECT_EQ(IdsInLog().size(), 1u);
  EXPECT_TRUE(Publish(Sale("S-1")).status.ok());                  // holds nothing personal
  EXPECT_TRUE(Publish(Contact("c-1", "Jeanne D.")).status.ok());  // has its key
  EXPECT_EQ(IdsInLog().size(), 3u);
  store_->fail = false;
  EXPECT_TRUE(Publish(Contact("c-2", "Marie")).status.ok());
}

}  // namespace
}  // namespace carnet::gateway
