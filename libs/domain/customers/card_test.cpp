// Cards in the fold: what wins, and what is kept of what does not.
#include "domain/customers/card_test.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace carnet::domain {
namespace {

using namespace testing;  // NOLINT: one vocabulary
using ::carnet::log::v1::HistoryRow;

TEST(Cells, WhatIsReplacedIsKeptWithWhereItCameFrom) {
  Shop shop;
  shop.Fold(At(Shop::Fact(1, "A", Said("language: 'fr'")), 10));
  shop.Fold(At(Shop::Fact(2, "A", Said("language: 'nl' country: 'NL'")), 20));
  shop.Fold(At(Shop::Fact(3, "A", Said("language: 'en'")), 15));  // too late
  const Uuid a = Record("A");
  EXPECT_EQ(Shown(shop, {a}, "language"), "language: \"nl\"");
  std::string kept;
  shop.state().Scan(
      Family::kHistory, HistoryPrefix("shop", a), [&](std::string_view, std::string_view value) {
        HistoryRow row;
        EXPECT_TRUE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
        for (const Cell& cell : row.cells()) {
          kept +=
              cell.value().language() + " of change " + std::to_string(cell.change_number()) + "; ";
        }
        return true;
      });
  EXPECT_EQ(kept, "fr of change 1; en of change 3; ");
}

TEST(Cells, TheSameSaidAgainIsNoNewsButKnownToBeTrueLater) {
  Shop shop;
  shop.Fold(At(Shop::Fact(1, "A", ContactWithEmail("box", "0123456789abcdef")), 10));
  const std::string feed = shop.Feed();
  shop.Fold(At(Shop::Fact(2, "A", ContactWithEmail("box", "0123456789abcdef")), 20));
  EXPECT_EQ(shop.Feed(), feed);
  const RecordRow row = Read(shop, Record("A"));
  EXPECT_EQ(row.cells(0).change_number(), 2U);
  bool any = false;
  shop.state().Scan(Family::kHistory, "",
                    [&](std::string_view, std::string_view) { return !(any = true); });
  EXPECT_FALSE(any);
}

TEST(Cells, ClearingIsSaidAndCompetesLikeAnyValue) {
  Shop shop;
  shop.Fold(At(Shop::Fact(1, "A", ContactWithEmail("box", "0123456789abcdef")), 10));
  shop.Fold(At(Shop::Fact(2, "A", Said("", "clear: 'emails'")), 20));
  EXPECT_EQ(Shown(shop, {Record("A")}, "emails"), "-");
  std::string ignored;
  EXPECT_FALSE(shop.state().Get(Family::kIdentifiers,
                                IdentifierKey("shop", carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_EXACT,
                                              "0123456789abcdef", Record("A")),
                                &ignored));
  shop.Fold(At(Shop::Fact(3, "A", ContactWithEmail("old", "0123456789abcdef")), 15));
  EXPECT_EQ(Shown(shop, {Record("A")}, "emails"), "-");
  shop.Fold(At(Shop::Fact(4, "A", ContactWithEmail("new", "0123456789abcdef")), 30));
  EXPECT_NE(Shown(shop, {Record("A")}, "emails"), "-");
}

TEST(Cells, TheHigherChannelWinsWhateverIsLaterButOnlyWhatIsSaidUnderThatPolicy) {
  Shop shop;
  const std::vector<Uuid> both = {Record("A", "pos", "main"), Record("A", "back-office", "main")};
  shop.Fold(At(From(Shop::Fact(1, "A", Said("language: 'fr'")), "back-office"), 10));
  shop.Fold(At(From(Shop::Fact(2, "A", Said("language: 'en'")), "pos"), 20));
  EXPECT_EQ(Shown(shop, both, "language"), "language: \"en\"");
  EXPECT_EQ(shop.Fold(Shop::Request(
                3, "",
                Policy("channel_ranks { channel: 'back-office' field: 'language' rank: 5 }",
                       "fields: 'channel_ranks'"))),
            "APPLIED");
  // A later policy rewrites nothing.
  EXPECT_EQ(Shown(shop, both, "language"), "language: \"en\"");
  shop.Fold(At(From(Shop::Fact(4, "A", Said("language: 'nl' country: 'NL'")), "back-office"), 30));
  shop.Fold(At(From(Shop::Fact(5, "A", Said("language: 'de' country: 'DE'")), "pos"), 40));
  EXPECT_EQ(Shown(shop, both, "language"), "language: \"nl\"");
  EXPECT_EQ(Shown(shop, both, "country"), "country: \"DE\"");  // no rank there
}

TEST(Cells, ARevertBeatsEverythingUpToItsTimeWhateverTheRank) {
  Shop shop;
  const std::vector<Uuid> all = {Record("A", "pos", "main"), Record("A", "web", "main"),
                                 Record("A", "back-office", "main")};
  shop.Fold(Shop::Request(
      1, "", Policy("channel_ranks { channel: 'pos' rank: 9 }", "fields: 'channel_ranks'")));
  shop.Fold(At(From(Shop::Fact(2, "A", Said("language: 'xx'")), "pos"), 10));
  shop.Fold(
      At(From(Shop::Request(3, "A", Said("language: 'fr'", "revert: 'language'")), "back-office"),
         20));
  EXPECT_EQ(Shown(shop, all, "language"), "language: \"fr\"");
  // Arrived later, but occurred before.
  shop.Fold(At(From(Shop::Fact(4, "A", Said("language: 'yy'")), "pos"), 15));
  EXPECT_EQ(Shown(shop, all, "language"), "language: \"fr\"");
  shop.Fold(At(From(Shop::Fact(5, "A", Said("language: 'nl'")), "web"), 30));
  EXPECT_EQ(Shown(shop, all, "language"), "language: \"nl\"");
  shop.Fold(At(From(Shop::Fact(6, "A", Said("language: 'vi'")), "pos"), 25));
  EXPECT_EQ(Shown(shop, all, "language"), "language: \"vi\"");
}

constexpr int kSources = 2;  // of each channel

// A change in three channels, ties in time included: whatever the order of arrival, the same card.
Change Random(int id, std::mt19937* random) {
  static constexpr const char* kChannels[] = {"pos", "web", "back-office"};
  const auto below = [&](uint32_t n) { return (*random)() % n; };
  const std::string channel = kChannels[below(3)];
  const bool back_office = channel == "back-office";
  // Two of one source at one time are told apart by log order alone: not so here.
  const int minute = static_cast<int>(below(4)) * 100 + (id % 100);
  const int tied = static_cast<int>(below(4)) * 100;
  std::string body;
  Change change;
  const std::string value = std::to_string(id % 100);
  switch (below(back_office ? 4 : 3)) {
    case 0:
      body = Said("language: 'v" + value + "' tags: 't" + value + "'");
      break;
    case 1:
      body = Said("sector: 's" + value + "'", "clear: 'language'");
      break;
    case 2:
      body = "posting { contact { contact { language: 'o" + value +
             "' } } kind: VOUCHER_KIND_SALE code: 'C" + std::to_string(id) +
             "' total { unit: 'EUR' minor: 5 } tenders { method: TENDER_METHOD_CASH amount { "
             "minor: 5 } } }";
      break;
    default:
      body = Said("language: 'r" + value + "'", "revert: 'language'");
  }
  change = back_office ? Shop::Request(id, "A", body) : Shop::Fact(id, "A", body);
  // Between sources ties are frequent; so are several changes of one source.
  return At(From(std::move(change), channel, "s" + std::to_string(below(kSources))),
            below(2) ? minute : tied);
}

std::map<std::string, std::string> Card(const std::vector<Change>& changes) {
  Shop shop;
  shop.Fold(Shop::Request(
      999, "", Policy("channel_ranks { channel: 'web' rank: 3 }", "fields: 'channel_ranks'")));
  std::vector<Uuid> records;
  for (const Change& change : changes) {
    const std::string outcome = shop.Fold(change);
    EXPECT_EQ(outcome.substr(0, 7), "APPLIED") << outcome;
  }
  for (const char* channel : {"pos", "web", "back-office"}) {
    for (int source = 0; source < kSources; ++source)
      records.push_back(Record("A", channel, "s" + std::to_string(source)));
  }
  std::map<std::string, std::string> card;
  for (const char* field : {"language", "tags", "sector"})
    card[field] = Shown(shop, records, field);
  return card;
}

// Inside one source a tie goes to the later in the log; every other order is free.
bool HasTieInsideASource(const std::vector<Change>& changes) {
  std::map<std::string, int> seen;
  for (const Change& change : changes) {
    if (seen[change.channel() + change.source() + std::to_string(change.occurred_at_micros())]++ >
        0)
      return true;
  }
  return false;
}

// recorded_at is the log's: it goes up in whichever order changes come, and stays later than any
// channel's clock here.
std::vector<Change> Restamped(std::vector<Change> changes) {
  for (size_t i = 0; i < changes.size(); ++i) {
    changes[i].set_recorded_at_micros(changes[0].recorded_at_micros() / 1'000'000'000'000 *
                                          1'000'000'000'000 +
                                      2'000'000'000'000 + static_cast<int64_t>(i));
  }
  return changes;
}

TEST(Cells, EveryOrderOfUpToSixChangesGivesTheSameCard) {
  std::mt19937 random(20260501);
  int tried = 0;
  for (size_t count = 2; count <= 6; ++count) {
    for (int sample = 0; sample < (count < 6 ? 40 : 6); ++sample) {
      std::vector<Change> changes;
      for (size_t i = 0; i < count; ++i)
        changes.push_back(Random(static_cast<int>(100 * count + i), &random));
      if (HasTieInsideASource(changes)) continue;
      std::vector<size_t> order(count);
      for (size_t i = 0; i < count; ++i) order[i] = i;
      std::map<std::string, std::string> expected;
      do {
        std::vector<Change> ordered;
        for (size_t i : order) ordered.push_back(changes[i]);
        const auto card = Card(Restamped(ordered));
        if (expected.empty()) expected = card;
        ASSERT_EQ(card, expected) << "count " << count << ", sample " << sample;
        ++tried;
      } while (std::next_permutation(order.begin(), order.end()));
    }
  }
  EXPECT_GT(tried, 5000);
}

TEST(Cells, RandomOrdersOfTwoHundredChangesGiveTheSameCard) {
  std::mt19937 random(20260502);
  std::vector<Change> changes;
  std::map<std::string, bool> seen;
  for (int id = 1000; changes.size() < 200; ++id) {
    Change change = Random(id, &random);
    bool& taken =
        seen[change.channel() + change.source() + std::to_string(change.occurred_at_micros())];
    if (taken) continue;
    taken = true;
    changes.push_back(std::move(change));
  }
  const auto expected = Card(Restamped(changes));
  for (int round = 0; round < 30; ++round) {
    std::shuffle(changes.begin(), changes.end(), random);
    ASSERT_EQ(Card(Restamped(changes)), expected) << round;
  }
}

TEST(Deletes, ATombstoneHidesWhatWasSaidUntilThenInAnyOrder) {
  const auto said = At(Shop::Fact(1, "A", Said("language: 'fr'")), 10);
  const auto gone = At(Shop::Fact(2, "A", "record_deleted {}"), 20);
  const auto late = At(Shop::Fact(3, "A", Said("language: 'nl'")), 15);
  const auto again = At(Shop::Fact(4, "A", Said("country: 'FR'")), 30);
  std::vector<Change> changes = {said, gone, late, again};
  std::vector<size_t> order = {0, 1, 2, 3};
  do {
    std::vector<Change> ordered;
    for (size_t i : order) ordered.push_back(changes[i]);
    Shop shop;
    // Nothing to delete yet: a channel that never said anything.
    if (order[0] == 1) std::swap(ordered[0], ordered[1]);
    for (const Change& change : Restamped(ordered)) shop.Fold(change);
    EXPECT_EQ(Shown(shop, {Record("A")}, "language"), "-");
    EXPECT_EQ(Shown(shop, {Record("A")}, "country"), "country: \"FR\"");
  } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace
}  // namespace carnet::domain
