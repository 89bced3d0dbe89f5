// Audit of the ledger: from the vouchers to everything else.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "base/civil_date.h"
#include "domain/keys.h"
#include "domain/ledger/account.h"
#include "domain/ledger/own_account.h"
#include "domain/ledger/posting_table.h"
#include "tests/simulation/audit.h"
#include "tests/simulation/audit_rows.h"

namespace carnet::simulation {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::CodeRow;
using carnet::log::v1::DaySums;
using carnet::log::v1::LegRow;
using carnet::log::v1::MerchantRow;
using carnet::log::v1::OwnAccountRow;
using carnet::log::v1::Postings;
using carnet::log::v1::UnitAccount;
using carnet::log::v1::VoucherRow;
using domain::Family;
using domain::Reader;
using domain::Side;

struct Sum {
  int64_t debits = 0;
  int64_t credits = 0;

  void Add(int64_t amount) { (amount < 0 ? credits : debits) += amount < 0 ? -amount : amount; }
  int64_t balance() const { return debits - credits; }
  auto operator<=>(const Sum&) const = default;
};

// One account of one record in one unit.
struct Owed {
  Sum sum;
  std::vector<domain::Posting> postings;
  uint64_t opening = 0;
  int64_t bought_net = 0;
  int64_t bought_tax = 0;
  int64_t sales = 0;
};

// What came to an account of the merchant's own: by recorded day, then effective day.
using Days = std::map<int32_t, std::map<int32_t, Sum>>;

// What follows from the vouchers.
class Ledger {
 public:
  // Vouchers in the order of their numbers.
  std::string Add(uint64_t number, const VoucherRow& voucher);
  // When all are there.
  std::string CheckAssignments() const;

  // By record, side and unit.
  std::map<std::tuple<std::string, Side, std::string>, Owed> owed;
  // By key in Family::kOwnAccounts.
  std::map<std::string, Sum> own_accounts;
  std::map<std::string, Days> own_days;

  explicit Ledger(std::string merchant) : merchant_(std::move(merchant)) {}

 private:
  std::string CheckReversal(uint64_t number, const VoucherRow& voucher);
  std::string AddToRecord(uint64_t number, const VoucherRow& voucher);
  void AddBought(const VoucherRow& voucher, const VoucherRow& traded, int sign);

  const std::string merchant_;
  std::map<uint64_t, VoucherRow> vouchers_;
};

// By account, and whether it is in the other unit.
std::map<std::pair<int, bool>, int64_t> LegsOf(const VoucherRow& voucher) {
  std::map<std::pair<int, bool>, int64_t> legs;
  for (const LegRow& leg : voucher.legs()) {
    legs[{leg.account(), leg.in_other_unit()}] += leg.amount();
  }
  return legs;
}

std::string Ledger::CheckReversal(uint64_t number, const VoucherRow& voucher) {
  const auto target = vouchers_.find(voucher.reverses());
  if (target == vouchers_.end()) return "a reversal of what comes later";
  if (target->second.reversed_by() != number) return "a reversal its target does not know";
  if (target->second.record() != voucher.record() || target->second.unit() != voucher.unit() ||
      target->second.other_unit() != voucher.other_unit()) {
    return "a reversal for somebody else";
  }
  if (voucher.effective_day() < target->second.effective_day()) {
    return "a reversal that counts before what it undoes";
  }
  auto undone = LegsOf(target->second);
  for (auto& [account, amount] : undone) amount = -amount;
  if (undone != LegsOf(voucher)) return "a reversal that undoes other legs";
  return {};
}

std::string Ledger::CheckAssignments() const {
  for (const auto& [number, voucher] : vouchers_) {
    if (voucher.assigned_by() != 0) {
      const auto transfer = vouchers_.find(voucher.assigned_by());
      if (transfer == vouchers_.end() || transfer->second.assigns() != number ||
          transfer->second.reversed_by() != 0) {
        return "a voucher assigned by no transfer that stands";
      }
      if (voucher.reversed_by() != 0) return "a reversed voucher that somebody owes";
    }
    if (voucher.assigns() != 0 && voucher.reversed_by() == 0 &&
        vouchers_.at(voucher.assigns()).assigned_by() != number) {
      return "a transfer that its voucher does not know";
    }
  }
  return {};
}

// `traded` is the sale or return that `voucher` is, undoes or assigns.
void Ledger::AddBought(const VoucherRow& voucher, const VoucherRow& traded, int sign) {
  if (traded.kind() == carnet::v1::VOUCHER_KIND_RETURN) sign = -sign;
  if (traded.kind() != carnet::v1::VOUCHER_KIND_SALE &&
      traded.kind() != carnet::v1::VOUCHER_KIND_RETURN) {
    return;
  }
  int64_t tax = 0;
  for (const auto& [account, amount] : LegsOf(traded)) {
    if (account.first == carnet::log::v1::LEDGER_ACCOUNT_TAX) tax += amount < 0 ? -amount : amount;
  }
  Owed& owing = owed[{voucher.record(), Side::kReceivable, voucher.unit()}];
  owing.bought_net += sign * (traded.total() - tax);
  owing.bought_tax += sign * tax;
  if (traded.kind() == carnet::v1::VOUCHER_KIND_SALE && traded.total() != tax) owing.sales += sign;
}

std::string Ledger::AddToRecord(uint64_t number, const VoucherRow& voucher) {
  using namespace carnet::log::v1;  // NOLINT: names of accounts
  auto legs = LegsOf(voucher);
  const bool on_payable = legs.contains({LEDGER_ACCOUNT_PAYABLE, false});
  const auto post = [&](Side side, const std::string& unit, int64_t amount) {
    Owed& owing = owed[{voucher.record(), side, unit}];
    owing.sum.Add(amount);
    owing.postings.push_back({.voucher = number,
                              .effective_day = voucher.effective_day(),
                              .recorded_day = voucher.recorded_day(),
                              .amount = amount});
    return owing.sum.balance();
  };
  if (on_payable && voucher.payable_after() != post(Side::kPayable, voucher.unit(),
                                                    legs[{LEDGER_ACCOUNT_PAYABLE, false}])) {
    return "a wrong payable after it";
  }
  const int64_t receivable = legs[{LEDGER_ACCOUNT_RECEIVABLE, false}];
  if (!on_payable || receivable != 0) post(Side::kReceivable, voucher.unit(), receivable);
  const auto owing = owed.find({voucher.record(), Side::kReceivable, voucher.unit()});
  if (voucher.balance_after() != (owing == owed.end() ? 0 : owing->second.sum.balance())) {
    return "a wrong balance after it";
  }
  if (!voucher.other_unit().empty() &&
      voucher.other_balance_after() !=
          post(Side::kReceivable, voucher.other_unit(), legs[{LEDGER_ACCOUNT_RECEIVABLE, true}])) {
    return "a wrong balance in the other unit after it";
  }
  Owed& opened =
      owed[{voucher.record(), on_payable ? Side::kPayable : Side::kReceivable, voucher.unit()}];
  if (voucher.kind() == carnet::v1::VOUCHER_KIND_OPENING) {
    if (opened.opening != 0) return "a second opening";
    opened.opening = number;
  }
  if (voucher.reverses() != 0 && opened.opening == voucher.reverses()) opened.opening = 0;
  AddBought(voucher, voucher, 1);
  if (voucher.assigns() != 0) AddBought(voucher, vouchers_.at(voucher.assigns()), 1);
  if (voucher.reverses() != 0) {
    const VoucherRow& undone = vouchers_.at(voucher.reverses());
    AddBought(voucher, undone.assigns() != 0 ? vouchers_.at(undone.assigns()) : undone, -1);
  }
  return {};
}

std::string Ledger::Add(uint64_t number, const VoucherRow& voucher) {
  using namespace carnet::log::v1;  // NOLINT: names of accounts
  vouchers_[number] = voucher;
  if ((voucher.kind() == carnet::v1::VOUCHER_KIND_REVERSAL) != (voucher.reverses() != 0)) {
    return "a reversal of nothing";
  }
  std::map<bool, __int128> sums;
  const std::string& money_source =
      voucher.money_source().empty() ? voucher.source() : voucher.money_source();
  bool on_customer = false;
  for (const LegRow& leg : voucher.legs()) {
    sums[leg.in_other_unit()] += leg.amount();
    on_customer |= domain::IsCustomerAccount(leg.account());
    if (leg.account() == LEDGER_ACCOUNT_RECEIVABLE) continue;
    const std::string source = leg.account() >= LEDGER_ACCOUNT_CASH ? money_source : std::string();
    const std::string key =
        domain::OwnAccountKey(merchant_, leg.account(),
                              leg.in_other_unit() ? voucher.other_unit() : voucher.unit(), source);
    own_accounts[key].Add(leg.amount());
    own_days[key][voucher.recorded_day()][voucher.effective_day()].Add(leg.amount());
  }
  for (const auto& [other, sum] : sums) {
    if (sum != 0) return "a voucher that does not balance";
  }
  if (voucher.reverses() != 0) {
    if (std::string wrong = CheckReversal(number, voucher); !wrong.empty()) return wrong;
  }
  if (!voucher.record().empty()) return AddToRecord(number, voucher);
  return on_customer ? "nobody owes something" : std::string();
}

// The postings of an account as they stand, chunks first.
std::optional<std::vector<domain::Posting>> StoredPostings(const Reader& state,
                                                           const std::string& merchant,
                                                           const Uuid& record, Side side,
                                                           const UnitAccount& account) {
  std::vector<domain::Posting> all;
  for (uint32_t chunk = 0; chunk < account.chunks(); ++chunk) {
    Postings row;
    if (!domain::GetRow(state, Family::kPostings,
                        domain::PostingsKey(merchant, record, side, account.unit(), chunk), &row) ||
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
                      Side side, const UnitAccount& account, const Owed& expected) {
  if (Sum{account.debits(), account.credits()} != expected.sum) return "a wrong balance";
  if (account.opening() != expected.opening) return "another opening";
  if (account.bought_net() != expected.bought_net || account.bought_tax() != expected.bought_tax ||
      account.sales() != expected.sales) {
    return "another sum of what was bought";
  }
  const auto postings = StoredPostings(state, merchant, record, side, account);
  if (!postings) return "chunks of postings that are cut otherwise";
  if (!std::equal(postings->begin(), postings->end(), expected.postings.begin(),
                  expected.postings.end(), SamePosting)) {
    return "other postings than its vouchers";
  }
  return {};
}

std::map<int32_t, Sum> SumsOf(const DaySums& row) {
  std::map<int32_t, Sum> sums;
  for (int i = 0; i < row.effective_days_size(); ++i) {
    sums[row.effective_days(i)] = {row.debits(i), row.credits(i)};
  }
  return sums;
}

// Balances, and what came to them by day and month.
std::string CheckOwnAccounts(const Reader& state, const std::string& merchant,
                             const Ledger& ledger) {
  std::map<std::string, Sum> own;
  std::map<std::string, std::map<int32_t, Sum>> expected_rows;
  std::string wrong;
  ForEachRow<OwnAccountRow>(
      state, Family::kOwnAccounts, merchant, [&](std::string_view rest, const OwnAccountRow& row) {
        const std::string key = domain::MerchantPrefix(merchant) + std::string(rest);
        own[key] = {row.debits(), row.credits()};
        const auto days = ledger.own_days.find(key);
        if (days == ledger.own_days.end()) return;
        for (const auto& [recorded, sums] : days->second) {
          if (recorded == days->second.rbegin()->first) {
            if (row.open_day() != recorded || SumsOf(domain::OpenDaySums(row)) != sums) {
              wrong = "an open day that is not its vouchers' sum";
            }
            continue;
          }
          expected_rows[domain::OwnDayKey(key, recorded)] = sums;
          auto& month = expected_rows[domain::OwnMonthKey(key, CivilMonthOf(recorded))];
          for (const auto& [effective, sum] : sums) {
            month[effective].debits += sum.debits;
            month[effective].credits += sum.credits;
          }
        }
      });
  if (own != ledger.own_accounts)
    return "an account of the merchant's own is not its vouchers' sum";
  std::map<std::string, std::map<int32_t, Sum>> rows;
  ForEachRow<DaySums>(state, Family::kOwnDays, merchant,
                      [&](std::string_view rest, const DaySums& row) {
                        rows[domain::MerchantPrefix(merchant) + std::string(rest)] = SumsOf(row);
                      });
  if (wrong.empty() && rows != expected_rows) wrong = "day sums that are not their vouchers'";
  return wrong;
}

std::string CheckAccounts(const Reader& state, const std::string& merchant, const Ledger& ledger) {
  size_t units = 0;
  uint64_t chunks = 0;
  std::string wrong;
  ForEachRow<AccountRow>(
      state, Family::kAccounts, merchant, [&](std::string_view rest, const AccountRow& row) {
        for (const Side side : {Side::kReceivable, Side::kPayable}) {
          for (const UnitAccount& account : domain::UnitsOf(row, side)) {
            ++units;
            chunks += account.chunks();
            const auto expected = ledger.owed.find({std::string(rest), side, account.unit()});
            if (expected == ledger.owed.end()) {
              wrong = "an account without vouchers";
            } else if (wrong.empty()) {
              wrong = CheckUnit(state, merchant, *Uuid::FromBytes(rest), side, account,
                                expected->second);
            }
          }
        }
      });
  if (!wrong.empty()) return wrong;
  if (units != ledger.owed.size()) return "vouchers without an account";
  uint64_t chunk_rows = 0;
  ForEachRow<Postings>(state, Family::kPostings, merchant,
                       [&](std::string_view, const Postings&) { ++chunk_rows; });
  if (chunk_rows != chunks) return "chunks of postings that no account knows";

  return CheckOwnAccounts(state, merchant, ledger);
}

// Codes: generated ones V-1, V-2 … without gap; each names the newest voucher that has it; what a
// code named before is found by its ticket.
std::string CheckCodes(const Reader& state, const std::string& merchant,
                       const MerchantRow& counters) {
  std::string wrong;
  std::set<std::string> generated;
  ForEachRow<CodeRow>(
      state, Family::kCodes, merchant, [&](std::string_view rest, const CodeRow& row) {
        const std::string source(rest.substr(0, rest.find('\0')));
        const std::string code(rest.substr(source.size() + 1));
        if (source.empty() && code.starts_with('\xff')) {
          VoucherRow older;
          if (!domain::GetRow(state, Family::kEntries, domain::VoucherKey(merchant, row.number()),
                              &older) ||
              domain::TicketKey(merchant, older) != domain::MerchantPrefix(merchant).append(rest)) {
            wrong = "a ticket of another voucher";
          }
          return;
        }
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

// No ticket counts twice: kind, customer, time and total under one code of one source. (The
// reversal that a void left word for is posted by its sale, whatever has its code by then.)
std::string CheckTickets(const Reader& state, const std::string& merchant) {
  std::string wrong;
  std::set<std::string> tickets;
  ForEachRow<VoucherRow>(
      state, Family::kEntries, merchant, [&](std::string_view rest, const VoucherRow& voucher) {
        CodeRow generated;
        domain::GetRow(state, Family::kCodes, domain::CodeKey(merchant, {}, voucher.code()),
                       &generated);
        if (generated.number() == ReadBigEndian64(rest) ||
            voucher.kind() == carnet::v1::VOUCHER_KIND_REVERSAL) {
          return;
        }
        if (!tickets.insert(domain::TicketKey(merchant, voucher)).second)
          wrong = "voucher " + voucher.code() + " counts twice";
      });
  return wrong;
}

}  // namespace

std::string CheckConservation(const Reader& state, const std::string& merchant) {
  std::map<std::string, __int128> sums;
  ForEachRow<AccountRow>(state, Family::kAccounts, merchant,
                         [&](std::string_view, const AccountRow& row) {
                           for (const Side side : {Side::kReceivable, Side::kPayable}) {
                             for (const UnitAccount& account : domain::UnitsOf(row, side)) {
                               sums[account.unit()] += account.debits();
                               sums[account.unit()] -= account.credits();
                             }
                           }
                         });
  ForEachRow<OwnAccountRow>(state, Family::kOwnAccounts, merchant,
                            [&](std::string_view rest, const OwnAccountRow& row) {
                              // One byte of account, then the unit up to a zero byte. The
                              // payable's control account says once more what was added above.
                              if (rest.front() == carnet::log::v1::LEDGER_ACCOUNT_PAYABLE) return;
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
  wrong = ledger.CheckAssignments();
  if (wrong.empty()) wrong = CheckAccounts(state, merchant, ledger);
  if (wrong.empty()) wrong = CheckCodes(state, merchant, counters);
  if (wrong.empty()) wrong = CheckTickets(state, merchant);
  return wrong.empty() ? wrong : merchant + ": " + wrong;
}

}  // namespace carnet::simulation
