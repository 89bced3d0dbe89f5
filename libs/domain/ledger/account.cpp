#include "domain/ledger/account.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/money.h"
#include "domain/customers/links.h"
#include "domain/keys.h"
#include "domain/ledger/sums.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::Postings;
using carnet::log::v1::UnitAccount;

int64_t BalanceOf(const UnitAccount& account) { return account.debits() - account.credits(); }

const UnitAccount* FindUnit(const AccountRow& row, Side side, std::string_view unit) {
  for (const UnitAccount& account : UnitsOf(row, side)) {
    if (account.unit() == unit) return &account;
  }
  return nullptr;
}

}  // namespace

void AppendPosting(const Posting& posting, Postings* postings) {
  uint64_t last = 0;
  for (uint64_t delta : postings->number_deltas()) last += delta;
  postings->add_number_deltas(posting.voucher - last);
  postings->add_effective_days(posting.effective_day);
  postings->add_recorded_days(posting.recorded_day);
  postings->add_amounts(posting.amount);
}

std::vector<Posting> ReadPostings(const Postings& postings) {
  std::vector<Posting> read;
  read.reserve(static_cast<size_t>(postings.amounts_size()));
  uint64_t number = 0;
  for (int i = 0; i < postings.amounts_size(); ++i) {
    number += postings.number_deltas(i);
    read.push_back({.voucher = number,
                    .effective_day = postings.effective_days(i),
                    .recorded_day = postings.recorded_days(i),
                    .amount = postings.amounts(i)});
  }
  return read;
}

Account::Account(Step* step, const Uuid& record)
    : step_(step),
      record_(record),
      key_(RecordKey(step->merchant_name(), record)),
      exists_(GetRow(step->state, Family::kAccounts, key_, &row_)) {}

const UnitAccount* Account::Find(Side side, std::string_view unit) const {
  return FindUnit(row_, side, unit);
}

UnitAccount* Account::FindOrAdd(Side side, std::string_view unit) {
  auto* units = side == Side::kReceivable ? row_.mutable_units() : row_.mutable_payables();
  int place = 0;
  while (place < units->size() && units->Get(place).unit() < unit) ++place;
  if (place == units->size() || units->Get(place).unit() != unit) {
    units->Add()->set_unit(std::string(unit));
    for (int i = units->size() - 1; i > place; --i) units->SwapElements(i, i - 1);
  }
  return units->Mutable(place);
}

int64_t Account::Balance(Side side, std::string_view unit) const {
  const UnitAccount* account = Find(side, unit);
  return account ? BalanceOf(*account) : 0;
}

std::optional<int64_t> Account::CustomerBalance(Side side, std::string_view unit) const {
  const auto customer = Uuid::FromBytes(row_.customer_id());
  if (!customer) return Balance(side, unit);
  return domain::CustomerBalance(step_->state, step_->merchant_name(), *customer, side, unit, this);
}

std::optional<int32_t> Account::OpeningDay(Side side, std::string_view unit) const {
  const UnitAccount* account = Find(side, unit);
  if (!account || account->opening() == 0) return std::nullopt;
  return account->opening_day();
}

void Account::SetOpening(Side side, std::string_view unit, uint64_t voucher, int32_t day) {
  UnitAccount* account = FindOrAdd(side, unit);
  account->set_opening(voucher);
  account->set_opening_day(voucher == 0 ? 0 : day);
}

bool Account::Post(Side side, std::string_view unit, const Posting& posting) {
  UnitAccount* account = FindOrAdd(side, unit);
  const int64_t before = BalanceOf(*account);
  if (!AddAmount(posting.amount, account)) return false;
  if (posting.amount != 0 &&
      std::none_of(touched_.begin(), touched_.end(), [&](const Touched& touched) {
        return touched.side == side && touched.unit == unit;
      })) {
    touched_.push_back({side, std::string(unit), before});
  }
  AppendPosting(posting, account->mutable_tail());
  if (account->tail().amounts_size() == kPostingsPerChunk) {
    PutRow(&step_->state, Family::kPostings,
           PostingsKey(step_->merchant_name(), record_, side, unit, account->chunks()),
           account->tail());
    account->set_chunks(account->chunks() + 1);
    account->clear_tail();
  }
  return true;
}

void Account::AddBought(std::string_view unit, const Posting& posting, int64_t net, int64_t tax,
                        int sales) {
  UnitAccount* account = FindOrAdd(Side::kReceivable, unit);
  // A figure, not a balance: where 64 bits do not hold it, it stays at their end.
  const auto add = [](int64_t a, int64_t b) {
    return CheckedAdd(a, b).value_or(b < 0 ? std::numeric_limits<int64_t>::min()
                                           : std::numeric_limits<int64_t>::max());
  };
  account->set_bought_net(add(account->bought_net(), net));
  account->set_bought_tax(add(account->bought_tax(), tax));
  account->set_sales(account->sales() + sales);
  if (sales > 0 &&
      (account->last_sale() == 0 || posting.effective_day >= account->last_sale_day())) {
    account->set_last_sale_day(posting.effective_day);
    account->set_last_sale(posting.voucher);
  }
}

void Account::ForgetSale(std::string_view unit, uint64_t voucher) {
  if (Find(Side::kReceivable, unit) == nullptr) return;  // a bill, say
  UnitAccount* account = FindOrAdd(Side::kReceivable, unit);
  if (account->last_sale() != voucher) return;
  account->set_last_sale(0);
  account->set_last_sale_day(0);
  // Rare, so it may look at all that was ever posted here.
  const auto offer = [&](const Postings& postings) {
    for (const Posting& posting : ReadPostings(postings)) {
      if (posting.voucher == voucher) continue;
      if (account->last_sale() != 0 && posting.effective_day < account->last_sale_day()) continue;
      carnet::log::v1::VoucherRow row;
      if (!GetRow(step_->state, Family::kEntries,
                  VoucherKey(step_->merchant_name(), posting.voucher), &row) ||
          row.kind() != carnet::v1::VOUCHER_KIND_SALE || row.reversed_by() != 0) {
        continue;
      }
      account->set_last_sale(posting.voucher);
      account->set_last_sale_day(posting.effective_day);
    }
  };
  for (uint32_t chunk = 0; chunk < account->chunks(); ++chunk) {
    Postings postings;
    GetRow(step_->state, Family::kPostings,
           PostingsKey(step_->merchant_name(), record_, Side::kReceivable, unit, chunk), &postings);
    offer(postings);
  }
  offer(account->tail());
}

void Account::Write() {
  PutRow(&step_->state, Family::kAccounts, key_, row_);
  exists_ = true;
  const auto customer = Uuid::FromBytes(row_.customer_id());
  for (const Touched& touched : touched_) {
    const int64_t before = touched.before;
    const int64_t after = Balance(touched.side, touched.unit);
    if (after == before) continue;
    step_->feed.BalanceChanged(record_, /*whole_customer=*/false, touched.unit, before, after,
                               touched.side);
    if (!customer) continue;
    // A sum that overflows can't be shown; each member's own event has been.
    const auto whole = domain::CustomerBalance(step_->state, step_->merchant_name(), *customer,
                                               touched.side, touched.unit, this);
    const auto whole_before = whole ? CheckedAdd(*whole, before - after) : std::nullopt;
    if (whole_before) {
      step_->feed.BalanceChanged(*customer, /*whole_customer=*/true, touched.unit, *whole_before,
                                 *whole, touched.side);
    }
  }
  touched_.clear();
}

std::optional<int64_t> CustomerBalance(const Reader& state, std::string_view merchant,
                                       const Uuid& customer, Side side, std::string_view unit,
                                       const Account* open) {
  int64_t sum = 0;
  for (const Uuid& member : MembersOf(state, merchant, customer)) {
    int64_t balance = 0;
    if (open != nullptr && member == open->record()) {
      balance = open->Balance(side, unit);
    } else {
      AccountRow row;
      if (!GetRow(state, Family::kAccounts, RecordKey(merchant, member), &row)) continue;
      const UnitAccount* account = FindUnit(row, side, unit);
      if (account != nullptr) balance = BalanceOf(*account);
    }
    const auto next = CheckedAdd(sum, balance);
    if (!next) return std::nullopt;
    sum = *next;
  }
  return sum;
}

}  // namespace carnet::domain
