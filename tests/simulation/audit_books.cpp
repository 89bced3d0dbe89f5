// Audit of the ledger: from the vouchers to everything else.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "domain/keys.h"
#include "domain/ledger/account.h"
#include "domain/ledger/posting_table.h"
#include "tests/simulation/audit.h"
#include "tests/simulation/audit_rows.h"

namespace carnet::simulation {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::CodeRow;
using carnet::log::v1::LegRow;
using carnet::log::v1::MerchantRow;
using carnet::log::v1::OwnAccountRow;
using carnet::log::v1::Postings;
using carnet::log::v1::UnitAccount;
using carnet::log::v1::VoucherRow;
using domain::Family;
using domain::Reader;

struct Sum {
  int64_t debits = 0;
  int64_t credits = 0;

  void Add(int64_t amount) { (amount < 0 ? credits : debits) += amount < 0 ? -amount : amount; }
  int64_t balance() const { return debits - credits; }
  auto operator<=>(const Sum&) const = default;
};

struct Receivable {
  Sum sum;
  std::vector<domain::Posting> postings;
  uint64_t opening = 0;
};

// What follows from the vouchers.
class Ledger {
 public:
  // Vouchers in the order of their numbers.
  std::string Add(uint64_t number, const VoucherRow& voucher);

  // By record and unit.
  std::map<std::pair<std::string, std::string>, Receivable> receivables;
  // By key in Family::kOwnAccounts.
  std::map<std::string, Sum> own_accounts;

  explicit Ledger(std::string merchant) : merchant_(std::move(merchant)) {}

 private:
  std::string CheckReversal(uint64_t number, const VoucherRow& voucher);

  const std::string merchant_;
  std::map<uint64_t, VoucherRow> vouchers_;
};

std::map<int, int64_t> LegsOf(const VoucherRow& voucher) {
  std::map<int, int64_t> legs;
  for (const LegRow& leg : voucher.legs()) legs[leg.account()] += leg.amount();
  return legs;
}

std::string Ledger::CheckReversal(uint64_t number, const VoucherRow& voucher) {
  const auto target = vouchers_.find(voucher.reverses());
  if (target == vouchers_.end()) return "a reversal of what comes later";
  if (target->second.reversed_by() != number) return "a reversal its target does not know";
  if (target->second.record() != voucher.record() || target->second.unit() != voucher.unit()) {
    return "a reversal for somebody else";
  }
  auto undone = LegsOf(target->second);
  for (auto& [account, amount] : undone) amount = -amount;
  if (undone != LegsOf(voucher)) return "a reversal that undoes other legs";
  return {};
}

std::string Ledger::Add(uint64_t number, const VoucherRow& voucher) {
  using namespace carnet::log::v1;  // NOLINT: names of accounts
  __int128 sum = 0;
  for (const LegRow& leg : voucher.legs()) sum += leg.amount();
  if (sum != 0) return "a voucher that does not balance";

  const std::string& money_source =
      voucher.money_source().empty() ? voucher.source() : voucher.money_source();
  int64_t owed = 0;
  for (const LegRow& leg : voucher.legs()) {
    if (leg.account() == LEDGER_ACCOUNT_RECEIVABLE) {
      owed += leg.amount();
      continue;
    }
    const std::string source = leg.account() >= LEDGER_ACCOUNT_CASH ? money_source : std::string();
    own_accounts[domain::OwnAccountKey(merchant_, leg.account(), voucher.unit(), source)].Add(
        leg.amount());
  }
  if (voucher.record().empty()) {
    if (owed != 0) return "nobody owes something";
  } else {
    Receivable& receivable = receivables[{voucher.record(), voucher.unit()}];
    receivable.sum.Add(owed);
    receivable.postings.push_back({.voucher = number,
                                   .effective_day = voucher.effective_day(),
                                   .recorded_day = voucher.recorded_day(),
                                   .amount = owed});
    if (voucher.balance_after() != receivable.sum.balance()) return "a wrong balance after it";
    if (voucher.kind() == carnet::v1::VOUCHER_KIND_OPENING) {
      if (receivable.opening != 0) return "a second opening";
      receivable.opening = number;
    }
    if (voucher.reverses() != 0 && receivable.opening == voucher.reverses()) {
      receivable.opening = 0;
    }
  }
  if ((voucher.kind() == carnet::v1::VOUCHER_KIND_REVERSAL) != (voucher.reverses() != 0)) {
    return "a reversal of nothing";
  }
  vouchers_[number] = voucher;
  return voucher.reverses() == 0 ? std::string() : CheckReversal(number, voucher);
}

// The postings of an account as they stand, chunks first.
std::optional<std::vector<domain::Posting>> StoredPostings(const Reader& state,
                                                           const std::string& merchant,
                                                           const Uuid& record,
                                                           const UnitAccount& account) {
  std::vector<domain::Posting> all;
  for (uint32_t chunk = 0; chunk < account.chunks(); ++chunk) {
    Postings row;
    if (!domain::GetRow(state, Family::kPostings,
                        domain::PostingsKey(merchant, record, account.unit(), chunk), &row) ||
        row.amounts_size() != domain::kPostingsPerChunk) {
      return std::nullopt;
    }
    for (const auto& posting : domain::ReadPostings(row)) all.push_back(posting);
  }
  if (account.tail().amounts_size() >= domain::kPostingsPerChunk) return std::nullopt;
  for (const auto& posting : domain::ReadPostings(account.tail())) all.push_back(posting);
  return all;
}

bool SamePosting(const domain::Posting& a, const domain::Posting& b) {
  return a.voucher == b.voucher && a.effective_day == b.effective_day &&
         a.recorded_day == b.recorded_day && a.amount == b.amount;
}

std::string CheckUnit(const Reader& state, const std::string& merchant, const Uuid& record,
                      const UnitAccount& account, const Receivable& expected) {
  if (Sum{account.debits(), account.credits()} != expected.sum) return "a wrong balance";
  if (account.opening() != expected.opening) return "another opening";
  const auto postings = StoredPostings(state, merchant, record, account);
  if (!postings) return "chunks of postings that are cut otherwise";
  if (!std::equal(postings->begin(), postings->end(), expected.postings.begin(),
                  expected.postings.end(), SamePosting)) {
    return "other postings than its vouchers";
  }
  return {};
}

std::string CheckAccounts(const Reader& state, const std::string& merchant, const Ledger& ledger) {
  size_t units = 0;
  uint64_t chunks = 0;
  std::string wrong;
  ForEachRow<AccountRow>(
      state, Family::kAccounts, merchant, [&](std::string_view rest, const AccountRow& row) {
        for (const UnitAccount& account : row.units()) {
          ++units;
          chunks += account.chunks();
          const auto expected = ledger.receivables.find({std::string(rest), account.unit()});
          if (expected == ledger.receivables.end()) {
            wrong = "an account without vouchers";
          } else if (wrong.empty()) {
            wrong = CheckUnit(state, merchant, *Uuid::FromBytes(rest), account, expected->second);
          }
        }
      });
  if (!wrong.empty()) return wrong;
  if (units != ledger.receivables.size()) return "vouchers without an account";
  uint64_t chunk_rows = 0;
  ForEachRow<Postings>(state, Family::kPostings, merchant,
                       [&](std::string_view, const Postings&) { ++chunk_rows; });
  if (chunk_rows != chunks) return "chunks of postings that no account knows";

  std::map<std::string, Sum> own;
  ForEachRow<OwnAccountRow>(
      state, Family::kOwnAccounts, merchant, [&](std::string_view rest, const OwnAccountRow& row) {
        own[domain::MerchantPrefix(merchant) + std::string(rest)] = {row.debits(), row.credits()};
      });
  if (own != ledger.own_accounts)
    return "an account of the merchant's own is not its vouchers' sum";
  return {};
}

// Codes: generated ones V-1, V-2 … without gap; each names the newest voucher that has it.
std::string CheckCodes(const Reader& state, const std::string& merchant,
                       const MerchantRow& counters) {
  std::string wrong;
  std::set<std::string> generated;
  ForEachRow<CodeRow>(
      state, Family::kCodes, merchant, [&](std::string_view rest, const CodeRow& row) {
        const std::string source(rest.substr(0, rest.find('\0')));
        const std::string code(rest.substr(source.size() + 1));
        if (source.empty()) generated.insert(code);
        if (row.number() == 0) {
          if (!row.has_pending_void()) wrong = "a code of nothing";
          return;
        }
        VoucherRow voucher;
        if (!domain::GetRow(state, Family::kEntries, domain::VoucherKey(merchant, row.number()),
                            &voucher) ||
            voucher.code() != code || (!source.empty() && voucher.source() != source)) {
          wrong = "a code of another voucher";
        }
      });
  for (uint64_t i = 1; i <= counters.last_generated_code(); ++i) {
    if (!generated.contains("V-" + std::to_string(i))) wrong = "a gap in generated codes";
  }
  if (generated.size() != counters.last_generated_code()) wrong = "a generated code out of count";
  return wrong;
}

}  // namespace

std::string CheckConservation(const Reader& state, const std::string& merchant) {
  std::map<std::string, __int128> sums;
  ForEachRow<AccountRow>(state, Family::kAccounts, merchant,
                         [&](std::string_view, const AccountRow& row) {
                           for (const UnitAccount& account : row.units()) {
                             sums[account.unit()] += account.debits();
                             sums[account.unit()] -= account.credits();
                           }
                         });
  ForEachRow<OwnAccountRow>(state, Family::kOwnAccounts, merchant,
                            [&](std::string_view rest, const OwnAccountRow& row) {
                              // One byte of account, then the unit up to a zero byte.
                              rest.remove_prefix(1);
                              __int128& sum = sums[std::string(rest.substr(0, rest.find('\0')))];
                              sum += row.debits();
                              sum -= row.credits();
                            });
  for (const auto& [unit, sum] : sums) {
    if (sum != 0) return merchant + ": debits and credits in " + unit + " differ";
  }
  return {};
}

std::string CheckBooks(const Reader& state, const std::string& merchant) {
  const MerchantRow counters = CountersOf(state, merchant);
  Ledger ledger(merchant);
  uint64_t last = 0;
  std::string wrong;
  ForEachRow<VoucherRow>(
      state, Family::kEntries, merchant, [&](std::string_view rest, const VoucherRow& voucher) {
        const uint64_t number = ReadBigEndian64(rest);
        if (!wrong.empty()) return;
        wrong = number == last + 1 ? ledger.Add(number, voucher) : "a gap in voucher numbers";
        last = number;
      });
  if (wrong.empty() && last != counters.last_voucher()) wrong = "another number of vouchers";
  if (!wrong.empty()) return merchant + ": voucher " + std::to_string(last) + ": " + wrong;
  wrong = CheckAccounts(state, merchant, ledger);
  if (wrong.empty()) wrong = CheckCodes(state, merchant, counters);
  return wrong.empty() ? wrong : merchant + ": " + wrong;
}

}  // namespace carnet::simulation
