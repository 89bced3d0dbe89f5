#include "query/verify.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/bytes.h"
#include "base/fatal.h"
#include "base/field_walk.h"
#include "domain/keys.h"
#include "domain/ledger/posting_table.h"
#include "query/as_of.h"
#include "query/members.h"
#include "query/names.h"

namespace carnet::query {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::LegRow;
using carnet::log::v1::UnitAccount;
using carnet::log::v1::VoucherRow;
using domain::Family;

// Rows that one piece looks at: some milliseconds, so that the thread it runs on is free again.
constexpr int kRowsInAPiece = 8'000;
constexpr uint64_t kMostFindings = 1'000;

// Damaged rows may hold anything: sums wrap around rather than overflow.
void Add(int64_t amount, OwnSum* sum) {
  int64_t& side = amount < 0 ? sum->credits : sum->debits;
  const auto magnitude =
      amount < 0 ? uint64_t{0} - static_cast<uint64_t>(amount) : static_cast<uint64_t>(amount);
  side = static_cast<int64_t>(static_cast<uint64_t>(side) + magnitude);
}

int64_t BalanceOf(const OwnSum& sum) {
  return static_cast<int64_t>(static_cast<uint64_t>(sum.debits) -
                              static_cast<uint64_t>(sum.credits));
}

absl::string_view Text(std::string_view text) { return {text.data(), text.size()}; }

std::string Amount(std::string_view unit, int64_t minor) {
  return std::string(absl::StrCat(FormatAmount(unit, minor), " ", Text(unit)));
}

}  // namespace

absl::StatusOr<Verification> Verification::Begin(const query::View& view,
                                                 const carnet::v1::VerifyBooksRequest& request) {
  const auto merchant = ParseMerchantOf(request.parent(), "parent");
  if (!merchant.ok()) return merchant.status();
  Verification verification;
  verification.view_ = view;
  verification.merchant_ = std::string(*merchant);
  return verification;
}

bool Verification::Next(carnet::v1::VerifyBooksResponse* response) {
  response_ = response;
  switch (phase_) {
    case Phase::kVouchers:
      LookAtVouchers();
      break;
    case Phase::kRecords:
      LookAtRecords();
      break;
    case Phase::kOwnAccounts:
      LookAtOwnAccounts();
      break;
    case Phase::kDone:
      break;
  }
  if (phase_ != Phase::kDone) return true;
  SetPosition(view_, summary_.mutable_position());
  *response->mutable_summary() = summary_;
  return false;
}

void Verification::Find(std::string subject, std::string detail) {
  summary_.set_findings(summary_.findings() + 1);
  if (summary_.findings() > kMostFindings) return;
  auto* finding = response_->add_findings();
  finding->set_subject(std::move(subject));
  finding->set_detail(std::move(detail));
}

Verification::Side* Verification::SideOf(Sides* sides, std::string_view unit, bool payable) {
  const uint32_t index = UnitIndex(unit);
  for (Side& side : *sides) {
    if (side.payable == payable && side.unit == index) return &side;
  }
  return &sides->emplace_back(Side{.unit = index, .payable = payable});
}

uint32_t Verification::UnitIndex(std::string_view unit) {
  const auto found = std::find(unit_names_.begin(), unit_names_.end(), unit);
  if (found == unit_names_.end()) {
    unit_names_.emplace_back(unit);
    return static_cast<uint32_t>(unit_names_.size() - 1);
  }
  return static_cast<uint32_t>(found - unit_names_.begin());
}

void Verification::LookAtVouchers() {
  const std::string prefix = domain::MerchantPrefix(merchant_);
  int rows = 0;
  bool more = false;
  view_.snapshot->ScanFrom(Family::kEntries, prefix,
                           domain::VoucherKey(merchant_, last_number_ + 1),
                           [&](std::string_view key, std::string_view row) {
                             if (rows++ == kRowsInAPiece) {
                               more = true;
                               return false;
                             }
                             LookAtVoucher(ReadBigEndian64(key.substr(key.size() - 8)), row);
                             return true;
                           });
  if (more) return;
  carnet::log::v1::MerchantRow counters;
  GetRow(*view_.snapshot, Family::kMerchants, domain::MerchantKey(merchant_), &counters);
  if (counters.last_voucher() != last_number_) {
    Find("", std::string(absl::StrCat("vouchers end with ", last_number_, ", but ",
                                      counters.last_voucher(), " were posted")));
  }
  phase_ = Phase::kRecords;
  next_key_ = prefix;
}

void Verification::LookAtVoucher(uint64_t number, std::string_view row) {
  const auto name = [&] { return FormatVoucherName(merchant_, number); };
  if (number != last_number_ + 1) Find(name(), "a number is missing before it");
  last_number_ = number;
  summary_.set_vouchers(summary_.vouchers() + 1);

  legs_.clear();
  std::string_view record;
  std::string_view units[2];
  std::string_view source;
  std::string_view money_source;
  int64_t balance_after[2] = {0, 0};
  int64_t payable_after = 0;
  FieldWalk walk(row);
  while (walk.Next()) {
    switch (walk.number()) {
      case VoucherRow::kRecordFieldNumber:
        record = walk.Bytes();
        break;
      case VoucherRow::kUnitFieldNumber:
        units[0] = walk.Bytes();
        break;
      case VoucherRow::kOtherUnitFieldNumber:
        units[1] = walk.Bytes();
        break;
      case VoucherRow::kSourceFieldNumber:
        source = walk.Bytes();
        break;
      case VoucherRow::kMoneySourceFieldNumber:
        money_source = walk.Bytes();
        break;
      case VoucherRow::kBalanceAfterFieldNumber:
        balance_after[0] = walk.Sint64();
        break;
      case VoucherRow::kOtherBalanceAfterFieldNumber:
        balance_after[1] = walk.Sint64();
        break;
      case VoucherRow::kPayableAfterFieldNumber:
        payable_after = walk.Sint64();
        break;
      case VoucherRow::kLegsFieldNumber: {
        Leg& leg = legs_.emplace_back();
        FieldWalk fields(walk.Bytes());
        while (fields.Next()) {
          if (fields.number() == LegRow::kAccountFieldNumber) {
            leg.account = static_cast<int>(fields.Int64());
          } else if (fields.number() == LegRow::kAmountFieldNumber) {
            leg.amount = fields.Sint64();
          } else if (fields.number() == LegRow::kInOtherUnitFieldNumber) {
            leg.other = fields.Int64() != 0;
          } else {
            fields.Skip();
          }
        }
        break;
      }
      default:
        walk.Skip();
    }
  }

  const std::optional<Uuid> id = Uuid::FromBytes(record);
  if (!id && !record.empty()) Find(name(), "its record's id has not 16 bytes");
  // Looked up once: most vouchers touch one side of one record.
  Sides nobodys;
  Sides* const sides = id ? &records_[*id] : &nobodys;
  __int128 sums[2] = {0, 0};
  bool on_payable = false;
  int64_t receivable[2] = {0, 0};
  for (const Leg& leg : legs_) {
    sums[leg.other] += leg.amount;
    const auto account = static_cast<carnet::log::v1::LedgerAccount>(leg.account);
    if (account == carnet::log::v1::LEDGER_ACCOUNT_RECEIVABLE) {
      receivable[leg.other] += leg.amount;
      continue;
    }
    if (account == carnet::log::v1::LEDGER_ACCOUNT_PAYABLE) {
      on_payable = true;
      Side* side = SideOf(sides, units[leg.other], true);
      ++side->postings;
      Add(leg.amount, &side->sum);
      if (BalanceOf(side->sum) != payable_after) {
        Find(name(),
             absl::StrCat("the payable after it is ", Amount(units[0], payable_after),
                          ", its entries come to ", Amount(units[0], BalanceOf(side->sum))));
      }
    }
    const std::string_view money = money_source.empty() ? source : money_source;
    const std::string key =
        domain::OwnAccountKey(merchant_, account, units[leg.other],
                              domain::IsMoneyAccount(account) ? money : std::string_view());
    Add(leg.amount, &own_[key]);
  }
  for (int i = 0; i < 2; ++i) {
    if (sums[i] != 0) {
      Find(name(), absl::StrCat("its debits and credits differ by ",
                                Amount(units[i], static_cast<int64_t>(sums[i]))));
    }
  }
  if (!id) {
    if (receivable[0] != 0 || receivable[1] != 0 || on_payable)
      Find(name(), "nobody owes something");
    return;
  }
  for (int i = 0; i < 2; ++i) {
    if (units[i].empty() || (i == 0 && on_payable && receivable[0] == 0)) continue;
    Side* side = SideOf(sides, units[i], false);
    ++side->postings;
    Add(receivable[i], &side->sum);
    if (BalanceOf(side->sum) != balance_after[i]) {
      Find(name(), absl::StrCat("the balance after it is ", Amount(units[i], balance_after[i]),
                                ", its entries come to ", Amount(units[i], BalanceOf(side->sum))));
    }
  }
}

void Verification::LookAtRecords() {
  const std::string prefix = domain::MerchantPrefix(merchant_);
  int rows = 0;
  bool more = false;
  view_.snapshot->ScanFrom(Family::kAccounts, prefix, next_key_,
                           [&](std::string_view key, std::string_view row) {
                             if (rows++ == kRowsInAPiece / 4) {
                               next_key_ = std::string(key);
                               more = true;
                               return false;
                             }
                             LookAtRecord(key.substr(prefix.size()), row);
                             return true;
                           });
  if (more) return;
  std::set<Uuid> left;  // in a fixed order
  for (const auto& [record, sides] : records_) left.insert(record);
  for (const Uuid& record : left) Find(FormatRecordName(record), "it has vouchers, but no account");
  records_.clear();
  phase_ = Phase::kOwnAccounts;
}

void Verification::LookAtRecord(std::string_view record, std::string_view bytes) {
  const Uuid id = Uuid::FromBytes(record).value_or(Uuid());
  const auto found = records_.find(id);
  const Sides none;
  const Sides& expected = found == records_.end() ? none : found->second;
  AccountRow row;
  CARNET_ASSERT(row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  size_t accounts = 0;
  for (const domain::Side side : {domain::Side::kReceivable, domain::Side::kPayable}) {
    const bool payable = side == domain::Side::kPayable;
    const char* const what = payable ? "payable " : "receivable ";
    for (const UnitAccount& account : domain::UnitsOf(row, side)) {
      const int64_t balance = account.debits() - account.credits();
      if (!payable) units_[account.unit()] += balance;
      const uint32_t unit = UnitIndex(account.unit());
      const auto own = std::find_if(expected.begin(), expected.end(), [&](const Side& s) {
        return s.payable == payable && s.unit == unit;
      });
      const Side sum = own == expected.end() ? Side() : *own;
      accounts += own != expected.end();
      if (sum.sum.debits != account.debits() || sum.sum.credits != account.credits()) {
        Find(FormatRecordName(id),
             absl::StrCat(what, "is ", Amount(account.unit(), balance), ", its entries come to ",
                          Amount(account.unit(), BalanceOf(sum.sum))));
      }
      OwnSum posted;
      uint64_t postings = 0;
      ForEachPosting(*view_.snapshot, merchant_, id, side, account, Window().recorded,
                     [&](const domain::Posting& posting) {
                       Add(posting.amount, &posted);
                       ++postings;
                     });
      summary_.set_postings(summary_.postings() + postings);
      if (postings != sum.postings || BalanceOf(posted) != BalanceOf(sum.sum)) {
        Find(FormatRecordName(id),
             absl::StrCat(what, "has ", postings, " postings over ",
                          Amount(account.unit(), BalanceOf(posted)), ", its vouchers are ",
                          sum.postings, " over ", Amount(account.unit(), BalanceOf(sum.sum))));
      }
    }
  }
  if (accounts != expected.size())
    Find(FormatRecordName(id), "it has vouchers in a unit without account");
  summary_.set_records(summary_.records() + 1);
  if (found != records_.end()) records_.erase(found);
}

void Verification::LookAtOwnAccounts() {
  ForEachOwnAccount(*view_.snapshot, merchant_, [&](const OwnAccount& account) {
    summary_.set_own_accounts(summary_.own_accounts() + 1);
    const std::string name(absl::StrCat(Text(domain::AccountName(account.account)),
                                        account.source.empty() ? "" : " of ",
                                        Text(account.source)));
    const OwnSum stored{account.row.debits(), account.row.credits()};
    // With the payable's control account; so the records' own payables were left out.
    units_[std::string(account.unit)] += BalanceOf(stored);
    OwnSum expected;
    if (const auto own = own_.find(Text(account.key)); own != own_.end()) {
      expected = own->second;
      own_.erase(own);
    }
    if (stored.debits != expected.debits || stored.credits != expected.credits) {
      Find(name, absl::StrCat("is ", Amount(account.unit, BalanceOf(stored)),
                              ", its entries come to ", Amount(account.unit, BalanceOf(expected))));
    }
    OwnSum days;
    ForEachDay(*view_.snapshot, account, Window().recorded,
               [&](int32_t, int64_t debits, int64_t credits) {
                 Add(debits, &days);
                 Add(-credits, &days);
               });
    if (days.debits != stored.debits || days.credits != stored.credits) {
      Find(name, absl::StrCat("is ", Amount(account.unit, BalanceOf(stored)), ", its days come to ",
                              Amount(account.unit, BalanceOf(days))));
    }
  });
  for (size_t i = 0; i < own_.size(); ++i) {
    Find("", "an account of the merchant's own is missing");
  }
  for (const auto& [unit, sum] : units_) {
    if (sum == 0) continue;
    Find("", absl::StrCat("all accounts together are ", Amount(unit, static_cast<int64_t>(sum)),
                          ", not zero"));
  }
  phase_ = Phase::kDone;
}

}  // namespace carnet::query
