// The gateway over a real socket: real vault, embedded log, projector.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "gateway/test_gateway.h"

namespace carnet::gateway {
namespace {

TEST_F(GatewayTest, APublishedChangeIsInTheLogAndItsTokenIsPastIt) {
  StartEmbedded();
  const v1::Change sale = Sale("S-1");
  const Answer answer = Publish(sale);
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_EQ(answer.response.token().log(), log_->identity().log_id.ToString());
  EXPECT_EQ(answer.response.token().offset(),
            *log_->EndOffset(answer.response.token().partition()));
  EXPECT_FALSE(answer.response.has_outcome());
  EXPECT_EQ(IdsInLog(), std::vector<std::string>{sale.id()});
}

TEST_F(GatewayTest, WithWaitTheOutcomeComesAlong) {
  StartEmbedded();
  const v1::Change sale = Sale("S-1");
  Answer answer = Publish(sale, /*wait=*/true);
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_EQ(answer.response.outcome().status(), v1::OUTCOME_STATUS_APPLIED);
  EXPECT_EQ(answer.response.outcome().change_number(), 1u);
  EXPECT_EQ(answer.response.outcome().voucher_code(), "S-1");

  // The same again, and other content under the same id.
  answer = Publish(sale, true);
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_EQ(answer.response.outcome().status(), v1::OUTCOME_STATUS_DUPLICATE);
  EXPECT_EQ(answer.response.outcome().first_status(), v1::OUTCOME_STATUS_APPLIED);
  EXPECT_EQ(answer.response.outcome().change_number(), 1u);
  v1::Change other = Sale("S-2");
  other.set_id(sale.id());
  answer = Publish(other, true);
  EXPECT_EQ(answer.response.outcome().status(), v1::OUTCOME_STATUS_REJECTED);
  EXPECT_EQ(answer.response.outcome().reason(), "ID_REUSED");
}

TEST_F(GatewayTest, ABadChangeIsRefusedAndNothingIsAppended) {
  StartEmbedded();
  v1::Change bad = Sale("S-1");
  bad.mutable_body()->mutable_posting()->mutable_total()->set_minor(501);
  const Answer answer = Publish(bad);
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(answer.status), "UNBALANCED");
  EXPECT_EQ(FieldOf(answer.status), "change.body.posting.tenders");
  EXPECT_TRUE(IdsInLog().empty());
}

TEST_F(GatewayTest, PersonalDataNeverReachesTheLog) {
  StartEmbedded();
  ASSERT_TRUE(Publish(Contact("c-9", "Jeanne Unmistakable"), true).status.ok());
  Stop();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    if (!entry.is_regular_file()) continue;
    std::string content(entry.file_size(), '\0');
    std::ifstream(entry.path(), std::ios::binary)
        .read(content.data(), static_cast<std::streamsize>(content.size()));
    EXPECT_EQ(content.find("Unmistakable"), std::string::npos) << entry.path();
  }
}

TEST_F(GatewayTest, AMessageOfFourMebibytesIsTakenOrRefusedByName) {
  StartEmbedded();
  v1::Change change = Contact("c-1", "Jeanne");
  auto* contact = change.mutable_body()->mutable_contact_observed()->mutable_contact();
  for (int i = 0; i < 500; ++i)
    contact->add_emails()->set_plain(std::string(4000, 'x') + absl::StrCat(i));
  for (int i = 0; i < 500; ++i)
    contact->add_phones()->set_plain(std::string(4000, 'x') + absl::StrCat(i));
  ASSERT_GT(change.ByteSizeLong(), 4'000'000u);
  for (int i = 0; i < 100; ++i)
    contact->add_addresses()->mutable_street()->set_plain(std::string(4000, 'x'));
  const Answer answer = Publish(change);
  EXPECT_EQ(ReasonOf(answer.status), "RECORD_TOO_LARGE") << answer.status;
  EXPECT_TRUE(IdsInLog().empty());
}

TEST_F(GatewayTest, OutcomesCanBeAskedForLater) {
  StartEmbedded();
  const v1::Change sale = Sale("S-1");
  const Answer answer = Publish(sale);
  ASSERT_TRUE(answer.status.ok());
  v1::GetOutcomeRequest request;
  request.set_merchant("shop");
  request.set_change_id(sale.id());
  *request.mutable_min_position() = answer.response.token();
  auto outcome = GetOutcome(request);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->outcome().status(), v1::OUTCOME_STATUS_APPLIED);
  EXPECT_GE(outcome->position().offset(), answer.response.token().offset());

  request.set_change_id(Uuid::Random().ToString());
  EXPECT_EQ(ReasonOf(GetOutcome(request).status()), "CHANGE_UNKNOWN");
  EXPECT_EQ(GetOutcome(request).status().code(), absl::StatusCode::kNotFound);
  request.mutable_min_position()->set_log(Uuid::Random().ToString());
  EXPECT_EQ(GetOutcome(request).status().code(), absl::StatusCode::kFailedPrecondition);
  request.set_merchant("");
  EXPECT_EQ(FieldOf(GetOutcome(request).status()), "merchant");
}

TEST_F(GatewayTest, ManyCallersAtOnceLoseAndDoubleNothing) {
  StartEmbedded();
  constexpr int kThreads = 8;
  constexpr int kEach = 50;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const v1::Change change =
            i % 2 == 0 ? Sale(absl::StrCat("S-", t, "-", i))
                       : Contact(absl::StrCat("c-", i % 5), absl::StrCat("Name ", i));
        const Answer answer = Publish(change, true);
        EXPECT_TRUE(answer.status.ok()) << answer.status;
        EXPECT_EQ(answer.response.outcome().status(), v1::OUTCOME_STATUS_APPLIED)
            << answer.response.outcome().ShortDebugString();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(IdsInLog().size(), static_cast<size_t>(kThreads * kEach));
}

TEST_F(GatewayTest, GoingDownAnswersWhatWasTaken) {
  StartEmbedded();
  std::vector<std::future<Answer>> calls;
  std::vector<std::string> ids;
  for (int i = 0; i < 16; ++i) {
    const v1::Change sale = Sale(absl::StrCat("S-", i));
    ids.push_back(sale.id());
    calls.push_back(std::async(std::launch::async, [this, sale] { return Publish(sale); }));
  }
  const absl::Time start = absl::Now();
  server_->Shutdown();
  EXPECT_LT(absl::Now() - start, absl::Seconds(2));
  const std::vector<std::string> there = IdsInLog();
  for (size_t i = 0; i < calls.size(); ++i) {
    if (!calls[i].get().status.ok()) continue;
    EXPECT_EQ(std::count(there.begin(), there.end(), ids[i]), 1);
  }
}

}  // namespace
}  // namespace carnet::gateway
