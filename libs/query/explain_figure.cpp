#include "query/explain_figure.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/fatal.h"
#include "domain/keys.h"
#include "domain/ledger/posting_table.h"
#include "query/books.h"
#include "query/members.h"
#include "query/names.h"
#include "query/own_sums.h"
#include "query/page_token.h"
#include "query/reasons.h"
#include "query/voucher_head.h"
#include "query/vouchers.h"

namespace carnet::query {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::LedgerAccount;
using carnet::log::v1::UnitAccount;
using carnet::log::v1::VoucherRow;
using domain::Family;
using domain::Side;

// Rows of the merchant's vouchers that one call looks at: some milliseconds.
constexpr int kRowsInAPage = 10'000;

struct Question {
  std::string merchant;
  LedgerAccount account;
  std::string unit;
  Window window;
  std::string source;
};

// Fills a page: `number` must ascend from call to call.
class Page {
 public:
  Page(const View& view, const vault::Opener& opener, const Question& question, int size,
       carnet::v1::ExplainFigureResponse* response)
      : view_(view), opener_(opener), question_(question), size_(size), response_(response) {}

  bool full() const { return response_->vouchers_size() >= size_ || bytes_ >= kMaxPageBytes; }

  absl::Status Add(uint64_t number, int64_t amount, const VoucherRow& row) {
    auto* explained = response_->add_vouchers();
    SetAmount(question_.unit, amount, explained->mutable_amount());
    const absl::Status status = FillVoucher(*view_.snapshot, opener_, question_.merchant, number,
                                            row, explained->mutable_voucher());
    bytes_ += explained->ByteSizeLong();
    return status;
  }

 private:
  const View& view_;
  const vault::Opener& opener_;
  const Question& question_;
  const int size_;
  carnet::v1::ExplainFigureResponse* const response_;
  size_t bytes_ = 0;
};

std::string Token(const View& view, const std::string& list, uint64_t last) {
  std::string key;
  AppendBigEndian64(last, &key);
  return FormatPageToken(list, view.generation, key);
}

// All that decides which vouchers stand on the list.
std::string ListOf(const carnet::v1::ExplainFigureRequest& request) {
  carnet::v1::ExplainFigureRequest question = request;
  question.clear_page_size();
  question.clear_page_token();
  question.clear_min_position();
  return "explain/" + question.SerializeAsString();
}

VoucherRow ReadVoucher(const View& view, std::string_view merchant, uint64_t number) {
  VoucherRow row;
  CARNET_ASSERT(
      GetRow(*view.snapshot, Family::kEntries, domain::VoucherKey(merchant, number), &row));
  return row;
}

absl::Status ExplainCustomer(const View& view, const carnet::v1::ExplainFigureRequest& request,
                             Question question, uint64_t above, const std::string& list,
                             const vault::Opener& opener, int page_size,
                             carnet::v1::ExplainFigureResponse* response) {
  const auto name = ParseCustomerName(request.parent(), "parent");
  if (!name.ok()) return name.status();
  const auto members =
      MembersOfCustomer(*view.snapshot, name->merchant, name->id, request.own_record_only(),
                        question.window.recorded, "parent");
  if (!members.ok()) return members.status();
  const Side side = domain::SideOf(question.account);

  std::vector<std::pair<uint64_t, int64_t>> found;
  __int128 figure = 0;
  for (const Uuid& record : members->records) {
    AccountRow row;
    GetRow(*view.snapshot, Family::kAccounts, domain::RecordKey(name->merchant, record), &row);
    for (const UnitAccount& account : domain::UnitsOf(row, side)) {
      if (question.unit.empty()) question.unit = account.unit();
      if (account.unit() != question.unit) {
        if (!request.unit().empty()) continue;
        return Error(absl::StatusCode::kInvalidArgument, reason::kUnitMissing,
                     "this customer has accounts in several currencies: say which one", "unit");
      }
      ForEachPosting(*view.snapshot, name->merchant, record, side, account,
                     question.window.recorded, [&](const domain::Posting& posting) {
                       if (posting.amount == 0 || !question.window.Contains(posting.effective_day))
                         return;
                       figure += posting.amount;
                       if (posting.voucher > above)
                         found.emplace_back(posting.voucher, posting.amount);
                     });
    }
  }
  const auto minor = static_cast<int64_t>(figure);
  if (minor != figure) return SumOverflows();
  if (question.unit.empty()) {
    return Error(absl::StatusCode::kInvalidArgument, reason::kUnitMissing,
                 "this customer has no such account yet: say of which currency", "unit");
  }
  SetAmount(question.unit, minor, response->mutable_figure());
  std::sort(found.begin(), found.end());
  Page page(view, opener, question, page_size, response);
  uint64_t last = 0;
  for (const auto& [number, amount] : found) {
    if (page.full()) {
      response->set_next_page_token(Token(view, list, last));
      break;
    }
    const absl::Status status =
        page.Add(number, amount, ReadVoucher(view, question.merchant, number));
    if (!status.ok()) return status;
    last = number;
  }
  return absl::OkStatus();
}

// What a voucher adds to an account; several legs can't be of one account and unit.
int64_t AmountOf(const VoucherRow& row, const Question& question) {
  const bool is_money = domain::IsMoneyAccount(question.account);
  const std::string& source = row.money_source().empty() ? row.source() : row.money_source();
  if (is_money && !question.source.empty() && source != question.source) return 0;
  for (const auto& leg : row.legs()) {
    const std::string& unit = leg.in_other_unit() ? row.other_unit() : row.unit();
    if (leg.account() == question.account && unit == question.unit) return leg.amount();
  }
  return 0;
}

// The first voucher that was recorded on a day or later: recorded days never go back.
uint64_t FirstRecordedFrom(const View& view, std::string_view merchant, int32_t day) {
  carnet::log::v1::MerchantRow counters;
  GetRow(*view.snapshot, Family::kMerchants, domain::MerchantKey(merchant), &counters);
  uint64_t begin = 1;
  uint64_t end = counters.last_voucher() + 1;
  std::string row;
  while (begin < end) {
    const uint64_t middle = begin + (end - begin) / 2;
    CARNET_ASSERT(view.snapshot->Get(Family::kEntries, domain::VoucherKey(merchant, middle), &row));
    if (ReadVoucherHead(row).recorded_day < day) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

absl::StatusOr<int64_t> FigureOf(const View& view, const Question& question) {
  if (question.account == carnet::log::v1::LEDGER_ACCOUNT_RECEIVABLE) {
    return ReceivableOf(*view.snapshot, question.merchant, question.unit, question.window);
  }
  __int128 figure = 0;
  ForEachOwnAccount(*view.snapshot, question.merchant, [&](const OwnAccount& account) {
    if (account.account != question.account || account.unit != question.unit ||
        (!question.source.empty() && account.source != question.source)) {
      return;
    }
    const OwnSum sum = SumWithin(*view.snapshot, account, question.window);
    figure += __int128{sum.debits} - sum.credits;
  });
  const auto minor = static_cast<int64_t>(figure);
  if (minor != figure) return SumOverflows();
  return minor;
}

absl::Status ExplainOwnAccount(const View& view, const Question& question, uint64_t above,
                               const std::string& list, const vault::Opener& opener, int page_size,
                               carnet::v1::ExplainFigureResponse* response) {
  if (question.unit.empty()) {
    return Error(absl::StatusCode::kInvalidArgument, reason::kUnitMissing, "say of which currency",
                 "unit");
  }
  const auto figure = FigureOf(view, question);
  if (!figure.ok()) return figure.status();
  SetAmount(question.unit, *figure, response->mutable_figure());

  // A voucher counts for the day it was recorded or an earlier one, or, where that day was closed,
  // for the next.
  uint64_t first = above + 1;
  if (above == 0 && question.window.from > INT32_MIN) {
    first = FirstRecordedFrom(view, question.merchant, question.window.from - 1);
  }
  Page page(view, opener, question, page_size, response);
  int examined = 0;
  uint64_t last = 0;
  absl::Status status;
  view.snapshot->ScanFrom(
      Family::kEntries, domain::MerchantPrefix(question.merchant),
      domain::VoucherKey(question.merchant, first),
      [&](std::string_view key, std::string_view bytes) {
        if (examined++ == kRowsInAPage || page.full()) {
          response->set_next_page_token(Token(view, list, last));
          return false;
        }
        last = ReadBigEndian64(key.substr(key.size() - 8));
        const VoucherHead head = ReadVoucherHead(bytes);
        if (head.recorded_day > question.window.recorded) return false;
        if (!question.window.Contains(head.effective_day)) return true;
        VoucherRow row;
        CARNET_ASSERT(row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
        const int64_t amount = AmountOf(row, question);
        if (amount != 0) status = page.Add(last, amount, row);
        return status.ok();
      });
  return status;
}

}  // namespace

absl::Status ExplainFigure(const View& view, const vault::Opener& opener,
                           const carnet::v1::ExplainFigureRequest& request,
                           carnet::v1::ExplainFigureResponse* response) {
  const auto merchant = ParseMerchantOf(request.parent(), "parent");
  if (!merchant.ok()) return merchant.status();
  if (absl::Status status = CheckUnit(request.unit()); !status.ok()) return status;
  const auto page_size = PageSize(request.page_size());
  if (!page_size.ok()) return page_size.status();
  const std::string list = ListOf(request);
  const auto token = ParsePageToken(list, view.generation, sizeof(uint64_t), request.page_token());
  if (!token.ok()) return token.status();
  const uint64_t above = token->empty() ? 0 : ReadBigEndian64(*token);
  const auto window = ParseWindow(request.effective_from(), "effective_from",
                                  request.effective_to(), "effective_to", request.recorded_date());
  if (!window.ok()) return window.status();

  const bool of_merchant = request.parent() == "merchants/" + std::string(*merchant);
  const LedgerAccount account = request.account().empty()
                                    ? carnet::log::v1::LEDGER_ACCOUNT_RECEIVABLE
                                    : domain::AccountOfName(request.account());
  if (account == carnet::log::v1::LEDGER_ACCOUNT_UNSPECIFIED ||
      (!of_merchant && !domain::IsCustomerAccount(account))) {
    return Error(
        absl::StatusCode::kInvalidArgument, reason::kAccountUnknown,
        "there is no such account: a customer has receivable and payable, a merchant those "
        "of a trial balance",
        "account");
  }
  const Question question{.merchant = std::string(*merchant),
                          .account = account,
                          .unit = request.unit(),
                          .window = *window,
                          .source = request.source()};
  const absl::Status status =
      of_merchant
          ? ExplainOwnAccount(view, question, above, list, opener, *page_size, response)
          : ExplainCustomer(view, request, question, above, list, opener, *page_size, response);
  SetPosition(view, response->mutable_position());
  return status;
}

}  // namespace carnet::query
