#include "query/feed.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "query/names.h"
#include "query/test_support.h"

namespace carnet::query {
namespace {

using testing::Contact;
using testing::Link;
using testing::RecordOf;
using testing::Sale;

class FeedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Say({.body = Contact("name { full { plain: 'Anne' } } language: 'fr'"), .external_id = "c-1"});
    Say({.body = Sale("S-1", 1000), .external_id = "c-2"});
    Say({.body = Link(RecordOf("c-1"), RecordOf("c-2")),
         .channel = "back-office",
         .intent = carnet::v1::INTENT_REQUEST});
    Say({.body = Sale("S-2", 50), .external_id = "c-2"});
    Say({.body = "reversal { target_code: 'S-1' code: 'V-9' }", .external_id = "c-2"});
  }
  void Say(const testing::Said& said) {
    const auto outcome = views_.Fold(vault_.Stamp(said));
    ASSERT_EQ(outcome.status(), carnet::v1::OUTCOME_STATUS_APPLIED) << outcome.reason();
  }
  static EventKinds Kinds(const std::vector<std::string>& names) {
    return *EventKinds::Parse({names.begin(), names.end()});
  }

  testing::Vault vault_;
  testing::MemoryViews views_;
};

TEST_F(FeedTest, EventsAreNumberedWithoutGapAndGroupedByChange) {
  const uint64_t last = LastFeedSequence(views_, "shop-1");
  const FeedPage page = ReadFeed(views_, "shop-1", 1, 1000, EventKinds::All());
  ASSERT_EQ(page.events.size(), last);
  EXPECT_EQ(page.next_sequence, last + 1);
  uint64_t change = 0;
  for (size_t i = 0; i < page.events.size(); ++i) {
    EXPECT_EQ(page.events[i].sequence(), i + 1);
    EXPECT_GE(page.events[i].change_number(), change);
    EXPECT_NE(page.events[i].kind_case(), carnet::v1::FeedEvent::KIND_NOT_SET);
    change = page.events[i].change_number();
  }
  EXPECT_EQ(page.events[0].customer_created().customer(), FormatRecordName(RecordOf("c-1")));
  EXPECT_EQ(page.events[1].customer_updated().fields(0), "name");
  EXPECT_EQ(page.events[1].customer_updated().fields(1), "language");
}

TEST_F(FeedTest, VouchersAndBalancesCarryTheirDetails) {
  const FeedPage page = ReadFeed(views_, "shop-1", 1, 1000,
                                 Kinds({"voucher_posted", "voucher_reversed", "balance_changed"}));
  std::vector<std::string> text;
  for (const auto& event : page.events) {
    if (event.has_voucher_posted()) {
      text.push_back(event.voucher_posted().code() + " " +
                     event.voucher_posted().total().decimal());
    } else if (event.has_voucher_reversed()) {
      text.push_back(event.voucher_reversed().voucher() + " undone by " +
                     event.voucher_reversed().reversal());
    } else {
      text.push_back(std::string(event.balance_changed().whole_customer() ? "customer" : "record") +
                     " " + event.balance_changed().before().decimal() + " to " +
                     event.balance_changed().after().decimal());
    }
  }
  EXPECT_EQ(text, (std::vector<std::string>{
                      "S-1 10.00", "record 0.00 to 10.00", "S-2 0.50", "record 10.00 to 10.50",
                      "customer 10.00 to 10.50", "V-9 10.00",
                      "merchants/shop-1/vouchers/1 undone by merchants/shop-1/vouchers/3",
                      "record 10.50 to 0.50", "customer 10.50 to 0.50"}));
}

TEST_F(FeedTest, PagesMayBeginAndEndAnywhere) {
  const FeedPage whole = ReadFeed(views_, "shop-1", 1, 1000, EventKinds::All());
  for (size_t limit = 1; limit <= 4; ++limit) {
    std::string bytes;
    uint64_t next = 1;
    while (true) {
      const FeedPage page = ReadFeed(views_, "shop-1", next, limit, EventKinds::All());
      if (page.next_sequence == next) break;
      EXPECT_LE(page.events.size(), limit);
      for (const auto& event : page.events) bytes += event.SerializeAsString();
      next = page.next_sequence;
    }
    std::string expected;
    for (const auto& event : whole.events) expected += event.SerializeAsString();
    EXPECT_EQ(bytes, expected) << "limit " << limit;
  }
}

TEST_F(FeedTest, FilteredPagesTellHowFarTheyLooked) {
  const FeedPage page = ReadFeed(views_, "shop-1", 1, 3, Kinds({"customer_linked"}));
  EXPECT_TRUE(page.events.empty());
  EXPECT_EQ(page.next_sequence, 4u);
}

TEST_F(FeedTest, UnknownKindsAreRefusedByName) {
  google::protobuf::RepeatedPtrField<std::string> names;
  *names.Add() = "balance_changed";
  for (const char* wrong : {"balance", "sequence", ""}) {
    auto with_wrong = names;
    *with_wrong.Add() = wrong;
    const auto kinds = EventKinds::Parse(with_wrong);
    EXPECT_EQ(ReasonOf(kinds.status()), "UNKNOWN_KIND") << wrong;
    EXPECT_EQ(FieldOf(kinds.status()), "kinds[1]");
  }
}

TEST_F(FeedTest, NoPersonalValueInTheFeed) {
  for (const auto& event : ReadFeed(views_, "shop-1", 1, 1000, EventKinds::All()).events) {
    EXPECT_EQ(event.DebugString().find("Anne"), std::string::npos);
  }
}

}  // namespace
}  // namespace carnet::query
