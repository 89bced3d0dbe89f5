// Tills that were offline send what they have over HTTP, as often and as divided as they like.
#include <algorithm>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include <gmock/gmock.h>

#include "base/uuid.h"
#include "gateway/http/batches.h"
#include "runtime/test_http.h"
#include "tests/acceptance/doors/doors_fixture.h"

namespace carnet::acceptance {
namespace {

using gateway::Batches;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Joined(const std::vector<std::string>& lines) { return absl::StrJoin(lines, "\n"); }

class BatchTest : public DoorsTest {};

TEST_F(BatchTest, EveryLineIsAnsweredInOrderAndABadOneBlocksNoOther) {
  Start();
  const std::string reused = SaleLine("T-1", "c-1", "99.00");  // T-1's id, another amount
  const HttpAnswer answer = PostChanges(Joined({
      SaleLine("T-1", "c-1", "10.00"),
      "",
      R"({"id":"x")",
      SaleLine("T-2", "c-1", "10.005"),
      "  \r",
      R"("merchant":"y"},{})",
      SaleLine("T-3", "c-2", "7.50", R"("nonsense":1,)"),
      SaleLine("T-4", "c-2", "7.50", R"("merchant":"shop-2",)"),
      reused,
      SaleLine("T-1", "c-1", "10.00"),
      SaleLine("T-5", "c-2", "7.50", R"("utc_offset_minutes":1.2e2,)"),
      ContactLine("c-1", "Anne Roux") + "\r",
      SaleLine("T-6", "c-1", "2.00", R"("occurred_at":"2026-08-01T09:00:00Z",)"),
  }));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(
      answer.verdicts(),
      ElementsAre("APPLIED", "refused UNPARSABLE", "refused AMOUNT_PRECISION", "refused UNPARSABLE",
                  "refused UNKNOWN_FIELD", "refused OTHER_MERCHANT", "REJECTED ID_REUSED",
                  "DUPLICATE", "refused UNPARSABLE", "APPLIED", "APPLIED"))
      << answer.body;
  EXPECT_THAT(Vouchers(), ElementsAre("T-1 10.00", "T-6 2.00"));
  EXPECT_THAT(Debts(), ElementsAre("Anne Roux 12.00 EUR"));

  // Corrected, the refused ones count under their own ids.
  EXPECT_THAT(PostChanges(Joined({SaleLine("T-2", "c-1", "10.00"), SaleLine("T-5", "c-2", "7.50")}))
                  .verdicts(),
              ElementsAre("APPLIED", "APPLIED"));
}

TEST_F(BatchTest, WithoutWaitingForOutcomesItIsDurableAllTheSame) {
  Start();
  std::vector<std::string> lines;
  for (int i = 0; i < 1200; ++i) lines.push_back(SaleLine(absl::StrCat("T-", i), "c-1", "1.00"));
  const HttpAnswer answer = Post("/v1/shop-1/changes", Joined(lines), till_key_);
  carnetd_.Kill();
  ASSERT_EQ(answer.verdicts().size(), 1200U);
  EXPECT_THAT(answer.verdicts(), Each("durable"));
  Start();
  EXPECT_THAT(PostChanges(Joined(lines)).verdicts(), Each("DUPLICATE"));
  EXPECT_EQ(Vouchers().size(), 1200U);
}

TEST_F(BatchTest, TheSameAgainInAnySplitAndOrderByAnyDoorIsHarmless) {
  file_.mutable_keys(0)->add_merchants("shop-2");
  Start();
  std::vector<std::string> lines;
  for (int customer = 0; customer < 40; ++customer) {
    const std::string name = absl::StrCat("c-", customer);
    // A customer comes before, after, or in one with their sale.
    if (customer % 3 < 2) lines.push_back(ContactLine(name, absl::StrCat("Customer ", customer)));
    for (int sale = 0; sale < 10; ++sale) {
      const std::string code = absl::StrCat("T-", customer, "-", sale);
      lines.push_back(SaleLine(code, name, absl::StrCat(sale + 1, ".25")));
      if (customer % 3 == 2 && sale == 5) {
        std::string& line = lines.back();
        line.replace(line.find(R"("code")"), 0,
                     absl::StrCat(R"("contact":{"contact":{"name":{"full":{"plain":"Customer )",
                                  customer, R"("}}}},)"));
      }
    }
  }
  // Once, in order, is how it is to come out.
  EXPECT_THAT(PostChanges(Joined(lines), "shop-2").verdicts(), Each("APPLIED"));

  std::mt19937 random(7);
  for (int round = 0; round < 6; ++round) {
    std::shuffle(lines.begin(), lines.end(), random);
    for (size_t at = 0; at < lines.size();) {
      const size_t count = std::min<size_t>(1 + random() % 150, lines.size() - at);
      const std::vector<std::string> part(lines.begin() + static_cast<ptrdiff_t>(at),
                                          lines.begin() + static_cast<ptrdiff_t>(at + count));
      at += count;
      if (round == 3) {  // by gRPC, as the command line publishes
        const std::string file = scratch_.path() + "/part.jsonl";
        std::ofstream stream(file);
        for (std::string line : part) stream << line.insert(1, R"("merchant":"shop-1",)") << "\n";
        stream.close();
        EXPECT_EQ(Cli({"publish", file}).exit_code, 0);
      } else {
        EXPECT_THAT(PostChanges(Joined(part)).verdicts(),
                    Each(round == 0 ? "APPLIED" : "DUPLICATE"));
      }
    }
  }
  EXPECT_EQ(Vouchers().size(), 400U);
  EXPECT_EQ(Vouchers(), Vouchers("shop-2"));
  EXPECT_EQ(Debts().size(), 40U);
  EXPECT_EQ(Debts(), Debts("shop-2"));
  EXPECT_THAT(Debts(), Each(HasSubstr("57.50 EUR")));
}

TEST_F(BatchTest, WhoMayNotPublishLearnsAndChangesNothing) {
  const std::string theirs = AddKey(v1::ROLE_TILL, "shop-2");
  const std::string reports = AddKey(v1::ROLE_REPORTS);
  const std::string narrow =
      AddKey(v1::ROLE_TILL, kShop, [](v1::AccessKey* key) { key->add_channels("kiosk"); });
  Start();
  const std::string line = SaleLine("T-1", "c-1", "10.00");
  const auto post = [&](const std::string& merchant, const std::string& key) {
    return Post("/v1/" + merchant + "/changes", line, key);
  };
  EXPECT_EQ(post(kShop, "").status, 401);
  EXPECT_THAT(post(kShop, "").body, HasSubstr("CREDENTIALS_MISSING"));
  std::string wrong = till_key_;
  wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
  for (const std::string& key : {wrong, std::string("carnet_key_x"), till_key_ + "A"}) {
    EXPECT_EQ(post(kShop, key).status, 401) << key;
    // The same bytes for a merchant that is nobody's.
    EXPECT_EQ(post(kShop, key).body, post("nobody", key).body);
  }
  EXPECT_EQ(post(kShop, theirs).status, 403);
  EXPECT_THAT(post(kShop, theirs).body, HasSubstr("ACCESS_DENIED"));
  EXPECT_EQ(post(kShop, theirs).body, post("nobody", theirs).body);
  EXPECT_EQ(post(kShop, reports).status, 403);
  // May publish, but not in that channel's name: told line by line, as by gRPC.
  EXPECT_THAT(post(kShop, narrow).verdicts(), ElementsAre("refused ACCESS_DENIED"));
  // Another merchant's change behind the right address.
  EXPECT_THAT(
      Post("/v1/shop-2/changes", SaleLine("T-1", "c-1", "10.00", R"("merchant":"shop-1",)"), theirs)
          .verdicts(),
      ElementsAre("refused OTHER_MERCHANT"));
  EXPECT_EQ(Post("/v1/shop-1/changes/", line, till_key_).status, 404);
  EXPECT_EQ(Post("/v1//changes", line, till_key_).status, 404);
  EXPECT_TRUE(Vouchers().empty());

  // Refused before a byte of the body is read.
  runtime::TestConnection connection(carnetd_.http_address());
  EXPECT_EQ(runtime::StatusOf(connection.Call(
                "POST /v1/shop-1/changes HTTP/1.1\r\nHost: c\r\nContent-Length: 8000000\r\n\r\n")),
            401);
  EXPECT_EQ(runtime::StatusOf(runtime::TestConnection(carnetd_.http_address())
                                  .Call("GET /v1/shop-1/changes HTTP/1.1\r\nHost: c\r\n"
                                        "Authorization: Bearer " +
                                        till_key_ + "\r\n\r\n")),
            405);
  EXPECT_THAT(carnetd_.Messages(), HasSubstr("refused"));
  for (const std::string& key : {till_key_, theirs, wrong})
    EXPECT_THAT(carnetd_.Messages(), Not(HasSubstr(key)));
}

TEST_F(BatchTest, WithoutAFileOfKeysNobodySendsBatches) {
  Start(/*with_keys=*/false);
  for (const std::string& key : {std::string(), till_key_}) {
    const HttpAnswer answer = Post("/v1/shop-1/changes", SaleLine("T-1", "c-1", "1.00"), key);
    EXPECT_EQ(answer.status, 403);
    EXPECT_THAT(answer.body, HasSubstr("access.file"));
  }
  EXPECT_TRUE(Vouchers().empty());
}

TEST_F(BatchTest, WhatIsTooLargeIsSaidAndNothingOfItIsTaken) {
  Start();
  const std::string line = SaleLine("T-1", "c-1", "1.00");
  // One line more than a request takes.
  const std::string blank_id = R"({"id":"","merchant":"shop-1"})";
  std::string many = line;
  for (size_t i = 0; i < Batches::kMaxLines; ++i) absl::StrAppend(&many, "\n", blank_id);
  const HttpAnswer lines = PostChanges(many);
  EXPECT_EQ(lines.status, 413);
  EXPECT_THAT(lines.body, HasSubstr("10000 lines at most"));
  // One byte more; said from the header alone, and where chunks add up to it.
  const std::string head = absl::StrCat(
      "POST /v1/shop-1/changes HTTP/1.1\r\nHost: c\r\nAuthorization: Bearer ", till_key_, "\r\n");
  runtime::TestConnection counted(carnetd_.http_address());
  const std::string answer =
      counted.Call(absl::StrCat(head, "Content-Length: ", Batches::kMaxBodyBytes + 1, "\r\n\r\n"));
  EXPECT_EQ(runtime::StatusOf(answer), 413);
  EXPECT_THAT(answer, HasSubstr("8388608 bytes at most"));
  runtime::TestConnection chunked(carnetd_.http_address());
  chunked.Send(head + "Transfer-Encoding: chunked\r\n\r\n100000\r\n" + line);
  for (int i = 0; i < 9; ++i) {
    if (!chunked.Send(std::string(1 << 20, ' ').substr(i == 0 ? line.size() : 0) +
                      "\r\n100000\r\n"))
      break;
  }
  EXPECT_EQ(runtime::StatusOf(chunked.Receive()), 413);
  EXPECT_TRUE(Vouchers().empty());

  // As large as may be: the line counts, and what stands around it is blank.
  EXPECT_THAT(
      PostChanges(line + std::string(Batches::kMaxBodyBytes - line.size(), '\n')).verdicts(),
      ElementsAre("APPLIED"));
  // Others have their own limit.
  EXPECT_EQ(Post("/v1/shop-1/shopify/web", std::string((1 << 20) + 1, ' '), till_key_).status, 413);
}

TEST_F(BatchTest, OneConnectionServesBatchAfterBatch) {
  Start();
  runtime::TestConnection connection(carnetd_.http_address());
  const std::string headers = "Authorization: bearer " + till_key_ + "\r\n";
  for (int i = 0; i < 3; ++i) {
    const std::string answer = connection.Call(runtime::PostText(
        "/v1/shop-1/changes", SaleLine(absl::StrCat("T-", i), "c-1", "1.00"), headers));
    EXPECT_EQ(runtime::StatusOf(answer), 200) << answer;
    EXPECT_THAT(answer, HasSubstr("application/x-ndjson"));
    EXPECT_THAT(answer, HasSubstr("\"token\""));
  }
  const std::string empty = connection.Call(runtime::PostText("/v1/shop-1/changes", "\n", headers));
  EXPECT_EQ(runtime::StatusOf(empty), 200) << empty;
  EXPECT_THAT(Vouchers(), ElementsAre("T-0 1.00", "T-1 1.00", "T-2 1.00"));
}

}  // namespace
}  // namespace carnet::acceptance
