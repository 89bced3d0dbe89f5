#include "query/statement.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/civil_date.h"
#include "base/error.h"
#include "base/fatal.h"
#include "base/money.h"
#include "domain/keys.h"
#include "query/books.h"
#include "query/members.h"
#include "query/names.h"
#include "query/reasons.h"
#include "query/row_scan.h"
#include "query/voucher_head.h"
#include "query/vouchers.h"

namespace carnet::query {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::UnitAccount;
using domain::Family;
using domain::Side;

// Some hundred kilobytes: large enough that messages cost little, small enough to wait for.
constexpr size_t kLinesInAPiece = 1000;

// Numbers that stand closer together than this are read in one scan.
constexpr uint64_t kDense = 4;

// The unit that was asked for, or the only one there is.
absl::StatusOr<std::string> PickUnit(const domain::Reader& reader, std::string_view merchant,
                                     const std::vector<Uuid>& records, Side side,
                                     const std::string& asked) {
  if (!asked.empty()) return asked;
  std::string only;
  for (const Uuid& record : records) {
    AccountRow row;
    GetRow(reader, Family::kAccounts, domain::RecordKey(merchant, record), &row);
    for (const UnitAccount& account : domain::UnitsOf(row, side)) {
      if (!only.empty() && only != account.unit()) {
        return Error(absl::StatusCode::kInvalidArgument, reason::kUnitMissing,
                     "this customer has accounts in several currencies: say which one", "unit");
      }
      only = account.unit();
    }
  }
  if (only.empty()) {
    return Error(absl::StatusCode::kInvalidArgument, reason::kUnitMissing,
                 "this customer has no such account yet: say of which currency", "unit");
  }
  return only;
}

}  // namespace

absl::StatusOr<Statement> Statement::Begin(const View& view,
                                           const carnet::v1::GetStatementRequest& request) {
  const auto name = ParseCustomerName(request.customer(), "customer");
  if (!name.ok()) return name.status();
  if (absl::Status status = CheckUnit(request.unit()); !status.ok()) return status;
  if (!carnet::v1::CustomerAccount_IsValid(request.account())) {
    return Error(absl::StatusCode::kInvalidArgument, reason::kAccountUnknown,
                 "a customer has a receivable and a payable", "account");
  }
  const auto window = ParseWindow(request.effective_from(), "effective_from",
                                  request.effective_to(), "effective_to", request.recorded_date());
  if (!window.ok()) return window.status();
  const auto members = MembersOfCustomer(*view.snapshot, name->merchant, name->id,
                                         request.own_record_only(), window->recorded, "customer");
  if (!members.ok()) return members.status();
  const Side side = request.account() == carnet::v1::CUSTOMER_ACCOUNT_PAYABLE ? Side::kPayable
                                                                              : Side::kReceivable;
  auto unit = PickUnit(*view.snapshot, name->merchant, members->records, side, request.unit());
  if (!unit.ok()) return unit.status();

  Statement statement;
  statement.view_ = view;
  statement.merchant_ = std::string(name->merchant);
  statement.customer_ = FormatCustomerName(name->merchant, members->customer);
  statement.unit_ = *std::move(unit);
  statement.exponent_ = CurrencyExponent(statement.unit_).value_or(0);
  statement.window_ = *window;
  __int128 opening = 0;
  __int128 sum = 0;
  for (const Uuid& record : members->records) {
    AccountRow row;
    GetRow(*view.snapshot, Family::kAccounts, domain::RecordKey(name->merchant, record), &row);
    for (const UnitAccount& account : domain::UnitsOf(row, side)) {
      if (account.unit() != statement.unit_) continue;
      ForEachPosting(*view.snapshot, name->merchant, record, side, account, window->recorded,
                     [&](const domain::Posting& posting) {
                       if (posting.amount == 0 || posting.effective_day > window->to) return;
                       sum += posting.amount;
                       if (posting.effective_day < window->from) {
                         opening += posting.amount;
                       } else {
                         statement.lines_.push_back({posting.effective_day, posting.recorded_day,
                                                     posting.voucher, posting.amount});
                       }
                     });
    }
  }
  // What one record owes fits; several may not, on the way from day to day.
  const auto in_order = [](const Line& a, const Line& b) {
    return std::pair(a.effective_day, a.voucher) < std::pair(b.effective_day, b.voucher);
  };
  if (!std::is_sorted(statement.lines_.begin(), statement.lines_.end(), in_order)) {
    std::sort(statement.lines_.begin(), statement.lines_.end(), in_order);
  }
  __int128 balance = opening;
  bool fits = static_cast<int64_t>(balance) == balance;
  for (const Line& line : statement.lines_) {
    balance += line.amount;
    fits = fits && static_cast<int64_t>(balance) == balance;
  }
  if (!fits) return SumOverflows();
  statement.opening_ = static_cast<int64_t>(opening);
  statement.balance_ = statement.opening_;
  return statement;
}

void Statement::FillLine(const Line& line, std::string_view row, carnet::v1::StatementLine* shown) {
  const VoucherHead head = ReadVoucherHead(row);
  balance_ += line.amount;
  shown->set_effective_date(FormatCivilDay(line.effective_day));
  shown->set_recorded_date(FormatCivilDay(line.recorded_day));
  shown->set_voucher(FormatVoucherName(merchant_, line.voucher));
  shown->set_code(head.code.data(), head.code.size());
  shown->set_kind(head.kind);
  shown->set_amount_minor(line.amount);
  shown->set_amount(FormatDecimal(line.amount, exponent_));
  shown->set_balance_minor(balance_);
  shown->set_balance(FormatDecimal(balance_, exponent_));
  if (head.due_day) {
    shown->set_due_date(FormatCivilDay(*head.due_day));
  } else if (head.on_account) {
    shown->set_due_date(shown->effective_date());
  }
  const auto read_other = [&](uint64_t number, std::string* other) {
    CARNET_ASSERT(
        view_.snapshot->Get(Family::kEntries, domain::VoucherKey(merchant_, number), other));
    return ReadVoucherHead(*other);
  };
  std::string other;
  if (head.reversed_by != 0) {
    shown->set_reversed(window_.recorded == Window().recorded ||
                        read_other(head.reversed_by, &other).recorded_day <= window_.recorded);
  }
  if (head.reverses != 0) {
    const VoucherHead undone = read_other(head.reverses, &other);
    shown->set_reverses(undone.code.data(), undone.code.size());
  }
  shown->set_record(FormatRecordName(Uuid::FromBytes(head.record).value_or(Uuid())));
  shown->set_channel(head.channel.data(), head.channel.size());
  shown->set_source(head.source.data(), head.source.size());
  shown->set_category(head.category.data(), head.category.size());
}

bool Statement::Next(carnet::v1::GetStatementResponse* piece) {
  if (next_ == 0) {
    piece->set_customer(customer_);
    piece->set_unit(unit_);
    SetAmount(unit_, opening_, piece->mutable_opening());
    SetPosition(view_, piece->mutable_position());
  }
  const size_t end = std::min(lines_.size(), next_ + kLinesInAPiece);
  const std::string prefix = domain::MerchantPrefix(merchant_);
  std::string row;
  while (next_ < end) {
    // A run of vouchers that stand close together, in the order of their numbers.
    size_t run = next_ + 1;
    while (run < end && lines_[run].voucher > lines_[run - 1].voucher &&
           lines_[run].voucher - lines_[run - 1].voucher <= kDense) {
      ++run;
    }
    if (run - next_ < 4) {
      const Line& line = lines_[next_++];
      CARNET_ASSERT(
          view_.snapshot->Get(Family::kEntries, domain::VoucherKey(merchant_, line.voucher), &row));
      FillLine(line, row, piece->add_lines());
      continue;
    }
    view_.snapshot->ScanFrom(
        Family::kEntries, prefix, domain::VoucherKey(merchant_, lines_[next_].voucher),
        [&](std::string_view key, std::string_view bytes) {
          if (ReadBigEndian64(key.substr(key.size() - 8)) == lines_[next_].voucher) {
            FillLine(lines_[next_++], bytes, piece->add_lines());
          }
          return next_ < run;
        });
    CARNET_ASSERT(next_ == run);
  }
  if (next_ < lines_.size()) return true;
  SetAmount(unit_, balance_, piece->mutable_closing());
  return false;
}

}  // namespace carnet::query
