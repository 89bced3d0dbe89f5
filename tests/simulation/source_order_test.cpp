// Sources know nothing of each other: however their changes come in between each other, each
// record owes the same and its card says the same.
//
// CARNET_SEED and CARNET_HISTORIES as in random_histories_test.cpp.
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "carnet/log/v1/rows.pb.h"
#include "domain/customers/cells.h"
#include "domain/fold.h"
#include "domain/state.h"
#include "tests/simulation/sayings.h"
#include "tests/simulation/seeded_random.h"

namespace carnet::simulation {
namespace {

using carnet::log::v1::Change;
using domain::Family;

constexpr int64_t kMinute = 60'000'000;
constexpr int64_t kDay = 24 * 60 * kMinute;
constexpr int32_t kToday = 20'600;
constexpr char kMerchant[] = "shop";

// Whether sources tell of people, so that the rules may link records of several.
enum class People { kTold, kNotTold };

// What one source says, in its own order. Its clock may be off, but is not ahead of the gateway's:
// what comes from the future counts as of its arrival, whenever that is.
std::vector<Change> SayAll(Random* random, Source source, size_t count, People people) {
  std::vector<Change> said;
  for (size_t i = 0; i < count; ++i) {
    if (!said.empty() && random->Chance(10)) {
      said.push_back(random->PickFrom(said));  // once more
      continue;
    }
    Change change;
    change.set_id(random->Bytes(Uuid::kSize));
    change.set_merchant(kMerchant);
    change.set_channel(source.channel);
    change.set_source(source.name);
    change.set_external_id(DrawExternalId(random));
    change.set_occurred_at_micros((kToday - random->Between(1, 30)) * kDay +
                                  random->Between(0, 600) * kMinute);
    change.set_effective_day(kToday - static_cast<int32_t>(random->Between(0, 60)));
    change.set_rules_version(1);
    const uint64_t draw = random->Below(100);
    if (draw < 35 && !change.external_id().empty() && people == People::kTold) {
      SayContact(random, &change);
    } else if (draw < 75) {
      SayPosting(random, &source, &change);
    } else if (draw < 83) {
      SaySetDebt(random, &source, &change);
    } else if (draw < 88) {
      SayAssignment(random, &source, &change);
    } else {
      SayReversal(random, &source, &change);
    }
    // The merchant's own accounts are everybody's: what overflows them depends on who came first.
    if (std::abs(change.body().posting().total().minor()) > INT64_MAX / 2) continue;
    // These go by what the whole customer owes, whose records of other sources the rules may link
    // before or after: sources are not independent there.
    const bool by_customer = change.body().has_set_debt() ||
                             change.body().posting().kind() == carnet::v1::VOUCHER_KIND_OFFSET;
    if (by_customer && people == People::kTold) continue;
    if (people == People::kNotTold && change.body().posting().has_contact())
      change.mutable_body()->mutable_posting()->clear_contact();
    change.set_content_hash(ContentHashOf(change));
    said.push_back(std::move(change));
  }
  return said;
}

// One order in which they may come in: each source's own is kept.
std::vector<Change> Interleave(Random* random, const std::vector<std::vector<Change>>& sources) {
  std::vector<size_t> next(sources.size(), 0);
  std::vector<size_t> unfinished;
  for (size_t i = 0; i < sources.size(); ++i) {
    if (!sources[i].empty()) unfinished.push_back(i);
  }
  std::vector<Change> all;
  while (!unfinished.empty()) {
    const size_t which = random->Below(unfinished.size());
    const size_t source = unfinished[which];
    Change change = sources[source][next[source]++];
    change.set_recorded_at_micros(kToday * kDay + static_cast<int64_t>(all.size()) * kMinute);
    change.set_recorded_day(kToday);
    all.push_back(std::move(change));
    if (next[source] == sources[source].size()) {
      unfinished.erase(unfinished.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
  return all;
}

void Fold(const std::vector<Change>& changes, domain::Overlay* state) {
  for (const Change& change : changes) {
    carnet::v1::Outcome outcome;
    ASSERT_TRUE(domain::FoldChange(change, state, &outcome).ok());
  }
}

// Rows by family and key.
using Rows = std::map<std::string, std::string>;

std::string NameOf(Family family, std::string_view key) {
  return std::string(domain::FamilyName(family)) + " " + std::string(key);
}

// Cells and lookup rows, without what tells of arrival: numbers of changes, when they came in, who
// is the oldest member.
Rows Cards(const domain::Reader& state) {
  Rows rows;
  state.Scan(Family::kRecords, "", [&](std::string_view key, std::string_view value) {
    carnet::log::v1::RecordRow row;
    EXPECT_TRUE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
    row.clear_created_change_number();
    row.clear_created_at_micros();
    row.clear_card_change_number();
    row.clear_customer_id();  // the oldest member's
    for (auto& cell : *row.mutable_cells()) {
      cell.clear_change_number();
      cell.clear_recorded_at_micros();
    }
    rows[NameOf(Family::kRecords, key)] = row.SerializeAsString();
    return true;
  });
  state.Scan(Family::kIdentifiers, "", [&](std::string_view key, std::string_view) {
    rows[NameOf(Family::kIdentifiers, key)] = "";
    return true;
  });
  return rows;
}

Rows Balances(const domain::Reader& state) {
  Rows rows;
  state.Scan(Family::kAccounts, "", [&](std::string_view key, std::string_view value) {
    carnet::log::v1::AccountRow row;
    EXPECT_TRUE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
    std::string& balances = rows[NameOf(Family::kAccounts, key)];
    for (const auto* units : {&row.units(), &row.payables()}) {
      for (const auto& unit : *units) {
        balances += unit.unit() + " " + std::to_string(unit.debits()) + " " +
                    std::to_string(unit.credits()) + " " + std::to_string(unit.bought_net()) +
                    (unit.opening() != 0 ? " opened; " : "; ");
      }
      balances += "| ";
    }
    return true;
  });
  state.Scan(Family::kOwnAccounts, "", [&](std::string_view key, std::string_view value) {
    rows[NameOf(Family::kOwnAccounts, key)] = value;
    return true;
  });
  return rows;
}

TEST(SourceOrder, ChangesNeitherBalancesNorCards) {
  const uint64_t seed = RunSeed();
  const uint64_t histories = FromEnvironment("CARNET_HISTORIES", 200);
  for (uint64_t i = 0; i < histories; ++i) {
    Random random(seed + i);
    std::vector<std::vector<Change>> sources;
    const People people = i % 2 == 0 ? People::kTold : People::kNotTold;
    for (const Source& source :
         {Source{"pos", "till-1", {}, {}}, Source{"pos", "till-2", {}, {}},
          Source{"web-shop", "shop", {}, {}}, Source{"back-office", "desk", {}, {}}}) {
      sources.push_back(SayAll(&random, source, random.Below(40), people));
    }
    Rows expected_cards;
    Rows expected_balances;
    for (int order = 0; order < 4; ++order) {
      domain::EmptyReader nothing;
      domain::Overlay state(nothing);
      Fold(Interleave(&random, sources), &state);
      if (order == 0) {
        expected_cards = Cards(state);
        expected_balances = Balances(state);
        continue;
      }
      const std::string repeat =
          "repeat it by CARNET_SEED=" + std::to_string(seed + i) + " CARNET_HISTORIES=1";
      ASSERT_TRUE(Cards(state) == expected_cards) << repeat;
      ASSERT_TRUE(Balances(state) == expected_balances) << repeat;
    }
  }
}

// The value that wins for each field over all records, as it does on the card of a customer who is
// known to all these sources.
std::map<uint32_t, std::string> Winners(const domain::Reader& state) {
  std::map<uint32_t, std::pair<carnet::log::v1::RecordRow, carnet::log::v1::Cell>> best;
  state.Scan(Family::kRecords, "", [&](std::string_view, std::string_view value) {
    carnet::log::v1::RecordRow row;
    EXPECT_TRUE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
    for (const auto& cell : row.cells()) {
      const auto [winner, is_first] = best.try_emplace(cell.field(), row, cell);
      if (is_first ||
          domain::RankOf(cell, row) > domain::RankOf(winner->second.second, winner->second.first)) {
        winner->second = {row, cell};
      }
    }
    return true;
  });
  std::map<uint32_t, std::string> values;
  for (const auto& [field, winner] : best) {
    values[field] = winner.second.value().SerializeAsString();
  }
  return values;
}

// What is said of a contact merges by when it was true, not by when it came: even a source's own
// changes may overtake each other.
TEST(SourceOrder, CardsAreTheSameInAnyOrderAtAll) {
  const uint64_t seed = RunSeed();
  const uint64_t histories = FromEnvironment("CARNET_HISTORIES", 200);
  for (uint64_t i = 0; i < histories; ++i) {
    Random random(seed + i);
    std::vector<Change> changes;
    for (const Source& source : {Source{"pos", "till-1", {}, {}}, Source{"pos", "till-2", {}, {}},
                                 Source{"web-shop", "shop", {}, {}}}) {
      for (Change& change : SayAll(&random, source, random.Below(30), People::kTold)) {
        const bool tells =
            change.body().has_contact_observed() ||
            (change.body().posting().has_contact() && change.intent() == carnet::v1::INTENT_FACT);
        // No two at the same instant: inside one record such a tie goes by order.
        if (!tells) continue;
        change.set_id(random.Bytes(Uuid::kSize));
        change.set_occurred_at_micros(change.occurred_at_micros() +
                                      static_cast<int64_t>(changes.size()));
        changes.push_back(std::move(change));
      }
    }
    std::map<std::string, std::string> expected;
    std::map<uint32_t, std::string> expected_winners;
    for (int order = 0; order < 4; ++order) {
      for (size_t left = changes.size(); left > 1; --left) {
        std::swap(changes[left - 1], changes[random.Below(left)]);
      }
      for (size_t place = 0; place < changes.size(); ++place) {
        changes[place].set_recorded_at_micros(kToday * kDay + static_cast<int64_t>(place));
        changes[place].set_recorded_day(kToday);
      }
      domain::EmptyReader nothing;
      domain::Overlay state(nothing);
      Fold(changes, &state);
      if (order == 0) {
        expected = Cards(state);
        expected_winners = Winners(state);
        continue;
      }
      const std::string repeat =
          "repeat it by CARNET_SEED=" + std::to_string(seed + i) + " CARNET_HISTORIES=1";
      ASSERT_TRUE(Cards(state) == expected) << repeat;
      ASSERT_TRUE(Winners(state) == expected_winners) << repeat;
    }
  }
}

}  // namespace
}  // namespace carnet::simulation
