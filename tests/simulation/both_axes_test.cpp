// Figures as of any day, as known on any day: from the rows of the views they are what adding up
// all vouchers gives, and what was known on a day stays so whatever comes later.
//
// CARNET_SEED and CARNET_HISTORIES as in random_histories_test.cpp.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include <gtest/gtest.h>

#include "base/civil_date.h"
#include "carnet/log/v1/rows.pb.h"
#include "domain/customers/membership.h"
#include "domain/fold.h"
#include "domain/keys.h"
#include "domain/ledger/posting_table.h"
#include "domain/state.h"
#include "query/as_of.h"
#include "query/own_sums.h"
#include "tests/simulation/audit.h"
#include "tests/simulation/audit_rows.h"
#include "tests/simulation/history.h"
#include "tests/simulation/seeded_random.h"

namespace carnet::simulation {
namespace {

using carnet::log::v1::VoucherRow;
using domain::Family;
using domain::Overlay;
using query::Window;

// Figures by name, those that are zero left out.
using Figures = std::map<std::string, __int128>;

void DropZeros(Figures* figures) {
  for (auto it = figures->begin(); it != figures->end();) {
    it = it->second == 0 ? figures->erase(it) : std::next(it);
  }
}

std::string OwnName(std::string_view key) { return "own " + std::string(key); }
std::string RecordName(std::string_view record, std::string_view unit, bool payable) {
  return (payable ? "payable " : "receivable ") + std::string(record) + std::string(unit);
}

// As the reads work them out.
Figures FromRows(const domain::Reader& state, const std::string& merchant, const Window& window) {
  Figures figures;
  query::ForEachOwnAccount(state, merchant, [&](const query::OwnAccount& account) {
    const query::OwnSum sum = query::SumWithin(state, account, window);
    figures[OwnName(account.key)] = __int128{sum.debits} - sum.credits;
  });
  ForEachRow<carnet::log::v1::AccountRow>(
      state, Family::kAccounts, merchant, [&](std::string_view id, const auto&) {
        const Uuid record = *Uuid::FromBytes(id);
        const std::vector<Uuid> records = {record};
        const auto sums = query::SumBalancesWithin(state, merchant, records, window);
        if (!sums.ok()) return;
        for (const auto& sum : *sums) {
          figures[RecordName(id, sum.unit, false)] = sum.minor;
          figures[RecordName(id, sum.unit, true)] = sum.payable;
        }
      });
  // Of all records: one without an account may have been linked on that day.
  ForEachRow<carnet::log::v1::RecordRow>(
      state, Family::kRecords, merchant, [&](std::string_view id, const auto&) {
        const Uuid record = *Uuid::FromBytes(id);
        const std::vector<Uuid> with = domain::MembersAt(state, merchant, record, window.recorded);
        // One that nobody linked yet stands for itself, known or not.
        if (with.size() == 1) return;
        std::string members = "members " + std::string(id);
        for (const Uuid& member : with) members += " " + member.ToString();
        figures[members] = 1;
      });
  DropZeros(&figures);
  return figures;
}

// What was undone within the window, and what undid it.
bool IsUndone(const domain::Reader& state, const std::string& merchant, const Window& window,
              const VoucherRow& voucher) {
  if (voucher.reverses() != 0) return true;
  if (voucher.reversed_by() == 0) return false;
  VoucherRow reversal;
  EXPECT_TRUE(domain::GetRow(state, Family::kEntries,
                             domain::VoucherKey(merchant, voucher.reversed_by()), &reversal));
  return reversal.recorded_day() <= window.recorded && window.Contains(reversal.effective_day());
}

// From the vouchers alone: from all of them, or from those that stand.
enum class Vouchers { kAll, kStanding };
Figures FromVouchers(const domain::Reader& state, const std::string& merchant, const Window& window,
                     Vouchers which = Vouchers::kAll) {
  Figures figures;
  ForEachRow<VoucherRow>(
      state, Family::kEntries, merchant, [&](std::string_view, const VoucherRow& voucher) {
        if (voucher.recorded_day() > window.recorded || !window.Contains(voucher.effective_day()))
          return;
        if (which == Vouchers::kStanding && IsUndone(state, merchant, window, voucher)) return;
        for (const auto& leg : voucher.legs()) {
          const std::string& unit = leg.in_other_unit() ? voucher.other_unit() : voucher.unit();
          const std::string& source =
              voucher.money_source().empty() ? voucher.source() : voucher.money_source();
          if (domain::IsCustomerAccount(leg.account())) {
            figures[RecordName(voucher.record(), unit,
                               leg.account() == carnet::log::v1::LEDGER_ACCOUNT_PAYABLE)] +=
                leg.amount();
          }
          if (leg.account() == carnet::log::v1::LEDGER_ACCOUNT_RECEIVABLE) continue;
          figures[OwnName(domain::OwnAccountKey(
              merchant, leg.account(), unit,
              domain::IsMoneyAccount(leg.account()) ? source : std::string()))] += leg.amount();
        }
      });
  DropZeros(&figures);
  return figures;
}

size_t CountUndone(const domain::Reader& state, const std::string& merchant, const Window& window) {
  size_t count = 0;
  ForEachRow<VoucherRow>(state, Family::kEntries, merchant,
                         [&](std::string_view, const VoucherRow& voucher) {
                           count += IsUndone(state, merchant, window, voucher);
                         });
  return count;
}

// Who was whose stands in no voucher.
Figures WithoutMembers(Figures figures) {
  for (auto it = figures.begin(); it != figures.end();) {
    it = it->first.starts_with("members ") ? figures.erase(it) : std::next(it);
  }
  return figures;
}

// What differs, in words.
std::string Differences(const Figures& one, const Figures& other) {
  std::string text;
  for (const auto& [name, value] : one) {
    const auto found = other.find(name);
    const __int128 there = found == other.end() ? 0 : found->second;
    if (there != value) {
      text += absl::CHexEscape(name) + ": " + std::to_string(static_cast<int64_t>(value)) +
              ", not " + std::to_string(static_cast<int64_t>(there)) + "\n";
    }
  }
  for (const auto& [name, value] : other) {
    if (!one.contains(name)) {
      text += absl::CHexEscape(name) + ": nothing, not " +
              std::to_string(static_cast<int64_t>(value)) + "\n";
    }
  }
  return text;
}

void FoldSome(History* history, int count, Overlay* state) {
  for (int i = 0; i < count; ++i) {
    const Said said = history->Next();
    if (!IsTrusted(said) || said.record != Said::Record::kSound) continue;
    carnet::v1::Outcome outcome;
    ASSERT_TRUE(domain::FoldChange(said.change, state, &outcome).ok());
  }
}

TEST(BothAxes, FiguresAreTheirVouchersAndWhatWasKnownStaysKnown) {
  constexpr int kChanges = 400;
  constexpr int kLaterChanges = 1000;
  constexpr int kQuestions = 12;
  const uint64_t seed = RunSeed();
  const uint64_t histories = FromEnvironment("CARNET_HISTORIES", 12);
  size_t figures_seen = 0;
  size_t undone_seen = 0;
  for (uint64_t i = 0; i < histories; ++i) {
    const std::string repeat =
        "repeat it by CARNET_SEED=" + std::to_string(seed + i) + " CARNET_HISTORIES=1";
    Random random(seed + i);
    History history(&random);
    domain::EmptyReader nothing;
    Overlay state(nothing);
    FoldSome(&history, kChanges, &state);
    struct Asked {
      std::string merchant;
      Window window;
      Figures answer;
    };
    std::vector<Asked> asked;
    for (const std::string& merchant : MerchantsOf(state)) {
      const int32_t today = CountersOf(state, merchant).last_recorded_day();
      for (int q = 0; q < kQuestions; ++q) {
        Window window;
        // Days on which much happened; what was recorded today may still become more.
        window.recorded = today - 1 - static_cast<int32_t>(random.Below(q % 2 == 0 ? 10 : 90));
        window.to = window.recorded - static_cast<int32_t>(random.Between(-3, 40));
        if (random.Chance(30)) window.from = window.to - 20;
        if (random.Chance(20)) window.to = Window().to;
        Figures answer = FromRows(state, merchant, window);
        ASSERT_EQ(Differences(WithoutMembers(answer), FromVouchers(state, merchant, window)), "")
            << merchant << ", effective " << window.to << ", recorded " << window.recorded << "; "
            << repeat;
        // Of a window that begins somewhere a reversal may be without what it undoes.
        if (window.from == Window().from) {
          ASSERT_EQ(Differences(WithoutMembers(answer),
                                FromVouchers(state, merchant, window, Vouchers::kStanding)),
                    "")
              << "what was reversed leaves a trace in " << merchant << ", effective " << window.to
              << ", recorded " << window.recorded << "; " << repeat;
          undone_seen += CountUndone(state, merchant, window);
        }
        figures_seen += answer.size();
        asked.push_back({merchant, window, std::move(answer)});
      }
      // Now, and as of days on which nothing is bounded by what was recorded.
      Window window;
      ASSERT_EQ(Differences(WithoutMembers(FromRows(state, merchant, window)),
                            FromVouchers(state, merchant, window)),
                "")
          << repeat;
      window.to = today - 7;
      ASSERT_EQ(Differences(WithoutMembers(FromRows(state, merchant, window)),
                            FromVouchers(state, merchant, window)),
                "")
          << repeat;
    }
    FoldSome(&history, kLaterChanges, &state);
    for (const Asked& question : asked) {
      ASSERT_EQ(Differences(FromRows(state, question.merchant, question.window), question.answer),
                "")
          << "after " << kLaterChanges << " changes more; " << repeat;
    }
  }
  EXPECT_GT(undone_seen, 100U);
  EXPECT_GT(figures_seen, 100U) << "histories in which nothing is known would hold every promise";
}

}  // namespace
}  // namespace carnet::simulation
