#include "query/dead_letters.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "domain/fold.h"
#include "query/test_support.h"

namespace carnet::query {
namespace {

using carnet::v1::ListDeadLettersRequest;
using carnet::v1::ListDeadLettersResponse;

TEST(DeadLettersTest, OfAMerchantNewestFirstPageByPage) {
  testing::Vault vault;
  testing::MemoryViews views;
  for (int i = 1; i <= 5; ++i) {  // tenders that don't add up
    const auto outcome = views.Fold(vault.Stamp(
        {.body = "posting { kind: VOUCHER_KIND_SALE total { unit: 'EUR' minor: 100 } tenders { "
                 "method: TENDER_METHOD_CASH amount { minor: " +
                 std::to_string(i) + " } } }"}));
    ASSERT_EQ(outcome.status(), carnet::v1::OUTCOME_STATUS_DEAD_LETTER);
  }
  ListDeadLettersRequest request;
  request.set_merchant("shop-1");
  request.set_page_size(2);
  std::vector<int64_t> times;
  int pages = 0;
  do {
    ListDeadLettersResponse response;
    ASSERT_TRUE(ListDeadLetters(views.view(), request, &response).ok());
    for (const auto& letter : response.dead_letters()) {
      EXPECT_EQ(letter.reason(), "UNBALANCED");
      EXPECT_FALSE(letter.change_id().empty());
      EXPECT_FALSE(letter.has_position());
      times.push_back(letter.recorded_at().seconds());
    }
    request.set_page_token(response.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(times.size(), 5u);
  EXPECT_TRUE(std::is_sorted(times.rbegin(), times.rend()));
}

TEST(DeadLettersTest, UntrustedRecordsOfAllPartitions) {
  testing::MemoryViews first;
  testing::MemoryViews second;
  first.AddUntrusted(3, "UNPARSABLE");
  first.AddUntrusted(9, "WRONG_PARTITION");
  second.AddUntrusted(4, "UNPARSABLE");
  View other = second.view();
  other.partition = 1;
  ListDeadLettersRequest request;
  request.set_page_size(1);
  std::vector<std::string> found;
  do {
    ListDeadLettersResponse response;
    ASSERT_TRUE(ListUntrusted({first.view(), other}, request, &response).ok());
    ASSERT_EQ(response.dead_letters_size(), 1);
    const auto& letter = response.dead_letters(0);
    found.push_back(letter.reason() + " at " + std::to_string(letter.position().partition()) + "/" +
                    std::to_string(letter.position().offset()));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(found, (std::vector<std::string>{"WRONG_PARTITION at 0/9", "UNPARSABLE at 0/3",
                                             "UNPARSABLE at 1/4"}));
}

}  // namespace
}  // namespace carnet::query
