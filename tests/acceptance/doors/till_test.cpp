// `carnet till`, as a shop has it: offline for weeks, ended at any moment, synced as often as it
// likes.
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include <gmock/gmock.h>

#include "tests/acceptance/doors/doors_fixture.h"
#include "tests/simulation/process.h"

namespace carnet::acceptance {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class TillTest : public DoorsTest {
 protected:
  CliRun Till(std::vector<std::string> words) const {
    words.insert(words.begin(), {"till", "--queue", queue()});
    return Cli(words);
  }
  std::string queue() const { return scratch_.path() + "/queue.jsonl"; }

  std::string LinesFile(const std::vector<std::string>& lines) const {
    const std::string path = scratch_.path() + "/lines.jsonl";
    std::ofstream file(path, std::ios::trunc);
    for (const std::string& line : lines) file << line << "\n";
    return path;
  }

  // Syncs, and kills the till after so long; whether it had ended by itself.
  bool SyncKilledAfter(absl::Duration delay) const {
    simulation::Process process({.arguments = CliWords({"till", "--queue", queue(), "sync",
                                                        "--chunk", "3", "--keep", "20"}),
                                 .environment = CliEnvironment(),
                                 .error_file = scratch_.path() + "/killed.stderr"});
    // Any moment will do, before it ends by itself and says so.
    pollfd output = {.fd = process.output(), .events = POLLIN, .revents = 0};
    poll(&output, 1, static_cast<int>(absl::ToInt64Milliseconds(delay)));
    const bool ended = process.HasEnded();
    process.Signal(SIGKILL);
    process.Wait();
    return ended;
  }
};

TEST_F(TillTest, SellsOfflineForWeeksAndEachSaleCountsOnItsOwnDay) {
  CliRun run = Till({"sell", "--source", "till-1", "--customer", "c-1", "--code", "T-1", "--total",
                     "12.50", "--unit", "EUR", "--tender", "on-account=12.50", "--at",
                     "2026-09-01T10:00:00Z", "--name", "Anne Roux"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("queued "));
  EXPECT_EQ(Till({"contact", "--source", "till-1", "--customer", "c-1", "--phone",
                  "+33 6 12 34 56 78", "--at", "2026-09-02T10:00:00Z"})
                .exit_code,
            0);
  EXPECT_EQ(Till({"sell", "--source", "till-1", "--total", "3.00", "--unit", "EUR", "--code", "T-2",
                  "--at", "2026-09-20T10:00:00Z"})
                .exit_code,
            0);
  EXPECT_THAT(Till({"report"}).output, HasSubstr("3 waiting, 0 refused"));
  // Nobody there: it says so, and nothing is lost.
  carnetd_.Start();
  ASSERT_TRUE(carnetd_.WaitUntilServing());
  carnetd_.Kill();
  EXPECT_EQ(Till({"sync"}).exit_code, 1);
  EXPECT_THAT(Till({"report"}).output, HasSubstr("3 waiting, 0 refused"));

  Start();
  run = Till({"sync"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("APPLIED"));
  EXPECT_THAT(Vouchers(), ElementsAre("T-1 12.50", "T-2 3.00"));
  EXPECT_THAT(Debts(), ElementsAre("Anne Roux 12.50 EUR"));
  const CliRun vouchers = Cli({"vouchers"});
  EXPECT_THAT(vouchers.output, HasSubstr("2026-09-01"));
  EXPECT_THAT(vouchers.output, HasSubstr("2026-09-20"));
  EXPECT_THAT(Till({"report"}).output, HasSubstr("0 waiting, 0 refused, 3 counted"));
  EXPECT_THAT(Till({"sync"}).output, HasSubstr("nothing was sent"));
}

TEST_F(TillTest, WhatIsRefusedIsReportedWithItsReasonAndKeptUntilItIsMended) {
  Start();
  EXPECT_EQ(
      Till({"add", LinesFile({SaleLine("T-1", "c-1", "10.00"), SaleLine("T-2", "c-1", "5.005"),
                              SaleLine("T-3", "c-2", "7.00"), SaleLine("T-3", "c-3", "8.00")})})
          .exit_code,
      0);
  const std::string reused = SaleLine("T-1", "c-1", "99.00");
  EXPECT_EQ(Till({"sync"}).exit_code, 1);
  EXPECT_EQ(Till({"add", LinesFile({reused})}).exit_code, 0);
  EXPECT_THAT(Till({"sync"}).output, HasSubstr("nothing was sent")) << "it is known to be wrong";

  const CliRun run = Till({"report"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, AllOf(HasSubstr("AMOUNT_PRECISION"), HasSubstr("sale T-2 5.005 EUR"),
                                HasSubstr("ID_REUSED"), HasSubstr("sale T-1 99.00 EUR"),
                                HasSubstr("CODE_REUSED"), HasSubstr("0 waiting, 2 refused")))
      << run.output;
  EXPECT_THAT(run.output, Not(HasSubstr("c-2"))) << "it counts, and there is nothing to remark";
  const CliRun json = Till({"--output", "json", "report"});
  EXPECT_THAT(json.lines(), SizeIs(4));
  EXPECT_THAT(json.lines(),
              Contains(AllOf(HasSubstr(R"("state":"refused")"), HasSubstr("AMOUNT_PRECISION"),
                             HasSubstr(R"("decimal":"5.005")"))));
  // Synced again, what was refused for good is not sent again.
  EXPECT_THAT(Till({"sync"}).output, HasSubstr("nothing was sent"));

  // Mended under the same id; the other one is given up.
  EXPECT_EQ(Till({"add", LinesFile({SaleLine("T-2", "c-1", "5.01")})}).exit_code, 0);
  EXPECT_EQ(Till({"sync"}).exit_code, 0);
  const size_t id = reused.find(R"("id":")") + 6;
  EXPECT_EQ(Till({"drop", reused.substr(id, 36)}).exit_code, 0);
  EXPECT_EQ(Till({"drop", reused.substr(id, 36)}).exit_code, 1);
  EXPECT_EQ(Till({"report"}).exit_code, 0);
  EXPECT_THAT(Vouchers(), ElementsAre("T-1 10.00", "T-2 5.01", "T-3 7.00", "T-3 8.00"));
}

TEST_F(TillTest, AFileWithABadLineIsNotQueuedAtAll) {
  carnetd_.Start();
  ASSERT_TRUE(carnetd_.WaitUntilServing());
  const CliRun run =
      Till({"add", LinesFile({SaleLine("T-1", "c-1", "1.00"), "", R"({"total":12.50})"})});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.errors, AllOf(HasSubstr("lines.jsonl:3: "), HasSubstr("nothing was queued")));
  EXPECT_THAT(Till({"report"}).output, HasSubstr("0 waiting, 0 refused, 0 counted"));
}

TEST_F(TillTest, WhatAKeyHasNoRightToWaitsForTheRight) {
  till_key_ = AddKey(v1::ROLE_TILL, kShop, [](v1::AccessKey* key) { key->add_channels("kiosk"); });
  Start();
  EXPECT_EQ(Till({"add", LinesFile({SaleLine("T-1", "c-1", "1.00")})}).exit_code, 0);
  EXPECT_EQ(Till({"sync"}).exit_code, 1);
  EXPECT_THAT(Till({"report"}).output, AllOf(HasSubstr("waiting"), HasSubstr("ACCESS_DENIED")));
  till_key_ = AddKey(v1::ROLE_TILL);
  carnetd_.Terminate();
  Start();
  EXPECT_EQ(Till({"sync"}).exit_code, 0);
  EXPECT_THAT(Vouchers(), ElementsAre("T-1 1.00"));
}

TEST_F(TillTest, ItsKeyGoesWithEveryCommand) {
  Start();
  EXPECT_EQ(Till({"add", LinesFile({SaleLine("T-1", "c-1", "1.00")})}).exit_code, 0);
  EXPECT_EQ(Till({"sync"}).exit_code, 0);
  const CliRun found =
      Cli({"--output", "json", "customer", "lookup", "--external-id", "pos/till-1/c-1"});
  const size_t id = found.output.find("/customers/") + 11;
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"verify"}, {"statement", found.output.substr(id, 36)}}) {
    const CliRun run = Cli(words);
    EXPECT_EQ(run.exit_code, 0) << run.errors;
  }
}

TEST_F(TillTest, KilledAtAnyMomentOfASyncEachSaleCountsOnce) {
  const char* wanted = std::getenv("CARNET_KILLS");
  const int kills = wanted == nullptr ? 25 : std::atoi(wanted);
  Start();
  std::mt19937 random(11);
  int sold = 0;
  int in_the_middle = 0;
  for (int kill = 0; kill < kills; ++kill) {
    // More than one sync takes, until the last.
    std::vector<std::string> lines;
    for (int i = 0; i < 150; ++i, ++sold)
      lines.push_back(SaleLine(absl::StrCat("T-", sold), absl::StrCat("c-", sold % 7), "1.00"));
    ASSERT_EQ(Till({"add", LinesFile(lines)}).exit_code, 0);
    if (!SyncKilledAfter(absl::Milliseconds(20 + random() % 120))) ++in_the_middle;
    if (kill % 10 == 9) {
      carnetd_.Kill();
      Start();
    }
  }
  EXPECT_THAT(in_the_middle, Gt(kills / 4)) << "kills came too late to show anything";
  RecordProperty("kills", in_the_middle);
  const CliRun run = Till({"sync"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_THAT(Till({"report", "--all"}).lines(), Contains(HasSubstr("0 waiting, 0 refused")));
  EXPECT_EQ(Vouchers().size(), static_cast<size_t>(sold));
  const CliRun verified = Cli({"verify"});
  EXPECT_EQ(verified.exit_code, 0) << verified.output << verified.errors;
}

}  // namespace
}  // namespace carnet::acceptance
