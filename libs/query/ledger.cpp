#include "query/ledger.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/fatal.h"
#include "domain/customers/links.h"
#include "domain/keys.h"
#include "query/as_of.h"
#include "query/books.h"
#include "query/members.h"
#include "query/names.h"
#include "query/page_token.h"
#include "query/reasons.h"
#include "query/voucher_head.h"
#include "query/voucher_numbers.h"
#include "query/vouchers.h"

namespace carnet::query {
namespace {

using carnet::log::v1::VoucherRow;
using domain::Family;

std::string NumberKey(uint64_t number) {
  std::string key;
  AppendBigEndian64(number, &key);
  return key;
}

// Rows that one call looks at when it looks for few: some milliseconds.
constexpr int kRowsInAPage = 10'000;

// What a list is to show.
struct Filter {
  Window window;
  std::vector<int> kinds;
  carnet::v1::VoucherStatus status = carnet::v1::VOUCHER_STATUS_UNSPECIFIED;
  std::string_view code;
  std::string_view source;

  bool Passes(const VoucherHead& head) const {
    const auto is_status = head.reversed_by != 0 ? carnet::v1::VOUCHER_STATUS_REVERSED
                                                 : carnet::v1::VOUCHER_STATUS_POSTED;
    return window.Contains(head.effective_day) &&
           (kinds.empty() || std::find(kinds.begin(), kinds.end(), head.kind) != kinds.end()) &&
           (status == carnet::v1::VOUCHER_STATUS_UNSPECIFIED || status == is_status) &&
           (code.empty() || head.code == code) && (source.empty() || head.source == source);
  }
};

absl::StatusOr<Filter> ParseFilter(const carnet::v1::ListVouchersRequest& request) {
  const auto window = ParseWindow(request.effective_from(), "effective_from",
                                  request.effective_to(), "effective_to", {});
  if (!window.ok()) return window.status();
  return Filter{.window = *window,
                .kinds = {request.kinds().begin(), request.kinds().end()},
                .status = request.status(),
                .code = request.code(),
                .source = request.source()};
}

// The list a page token is bound to: the parent, and all that filters.
std::string ListOf(const carnet::v1::ListVouchersRequest& request) {
  carnet::v1::ListVouchersRequest filters = request;
  filters.clear_parent();
  filters.clear_page_size();
  filters.clear_page_token();
  filters.clear_min_position();
  const std::string bytes = filters.SerializeAsString();
  return "vouchers/" + request.parent() + (bytes.empty() ? "" : "?" + bytes);
}

// Adds vouchers to a page until it is full; remembers where the next page begins.
class Page {
 public:
  Page(const View& view, const vault::Opener& opener, std::string_view merchant, int size,
       const Filter& filter, carnet::v1::ListVouchersResponse* response)
      : view_(view),
        opener_(opener),
        merchant_(merchant),
        size_(size),
        filter_(filter),
        response_(response) {}

  // False: the page was full already (there is more), or the voucher could not be opened.
  bool Add(uint64_t number, std::string_view bytes) {
    if (response_->vouchers_size() == size_ || bytes_ >= kMaxPageBytes ||
        examined_++ == kRowsInAPage) {
      more_ = true;
      return false;
    }
    last_ = number;
    if (!filter_.Passes(ReadVoucherHead(bytes))) return true;
    VoucherRow row;
    CARNET_ASSERT(row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    auto* voucher = response_->add_vouchers();
    status_ = FillVoucher(*view_.snapshot, opener_, merchant_, number, row, voucher);
    bytes_ += voucher->ByteSizeLong();
    return status_.ok();
  }

  absl::Status Finish(std::string_view list) {
    if (more_) {
      response_->set_next_page_token(FormatPageToken(list, view_.generation, NumberKey(last_)));
    }
    SetPosition(view_, response_->mutable_position());
    return status_;
  }

 private:
  const View& view_;
  const vault::Opener& opener_;
  std::string_view merchant_;
  int size_;
  const Filter& filter_;
  carnet::v1::ListVouchersResponse* response_;
  int examined_ = 0;
  absl::Status status_;
  size_t bytes_ = 0;
  uint64_t last_ = 0;
  bool more_ = false;
};

void AddVouchersOfMerchant(const View& view, std::string_view merchant, uint64_t below,
                           Page* page) {
  if (below == 0) return;
  view.snapshot->ScanBackFrom(
      Family::kEntries, domain::MerchantPrefix(merchant), domain::VoucherKey(merchant, below - 1),
      [&](std::string_view key, std::string_view bytes) {
        return page->Add(ReadBigEndian64(key.substr(key.size() - 8)), bytes);
      });
}

absl::Status AddVouchersOfCustomer(const View& view, std::string_view name, uint64_t below,
                                   size_t wanted, Page* page) {
  const auto parent = ParseCustomerName(name, "parent");
  if (!parent.ok()) return parent.status();
  const auto customer = CustomerOf(*view.snapshot, parent->merchant, parent->id, "parent");
  if (!customer.ok()) return customer.status();
  const std::vector<Uuid> members = domain::MembersOf(*view.snapshot, parent->merchant, *customer);
  std::string row;
  // A batch of numbers after the other: with filters a page may need many.
  for (bool more = true; more;) {
    const std::vector<uint64_t> numbers =
        VoucherNumbersBelow(*view.snapshot, parent->merchant, members, below, wanted);
    more = numbers.size() == wanted;
    for (uint64_t number : numbers) {
      CARNET_ASSERT(
          view.snapshot->Get(Family::kEntries, domain::VoucherKey(parent->merchant, number), &row));
      if (!page->Add(number, row)) return absl::OkStatus();
      below = number;
    }
  }
  return absl::OkStatus();
}

// The receivable of the voucher's record right after it, on the effective axis.
absl::StatusOr<int64_t> EffectiveBalanceAfter(const domain::Reader& reader,
                                              std::string_view merchant, uint64_t number,
                                              const VoucherRow& voucher) {
  const auto record = Uuid::FromBytes(voucher.record());
  carnet::log::v1::AccountRow row;
  if (!record || !GetRow(reader, Family::kAccounts, domain::RecordKey(merchant, *record), &row)) {
    return 0;
  }
  __int128 sum = 0;
  for (const auto& account : row.units()) {
    if (account.unit() != voucher.unit()) continue;
    ForEachPosting(reader, merchant, *record, domain::Side::kReceivable, account, Window().recorded,
                   [&](const domain::Posting& posting) {
                     if (std::pair(posting.effective_day, posting.voucher) <=
                         std::pair(voucher.effective_day(), number)) {
                       sum += posting.amount;
                     }
                   });
  }
  const auto minor = static_cast<int64_t>(sum);
  if (minor != sum) return SumOverflows();
  return minor;
}

// The number that a name or a code stands for; 0: none.
absl::StatusOr<uint64_t> NumberOf(const domain::Reader& reader, std::string_view merchant,
                                  const carnet::v1::GetVoucherRequest& request) {
  const std::string parent = "merchants/" + std::string(merchant);
  if (request.name() == parent && !request.code().empty()) {
    carnet::log::v1::CodeRow row;
    GetRow(reader, Family::kCodes, domain::CodeKey(merchant, request.source(), request.code()),
           &row);
    return row.number();
  }
  const std::string prefix = parent + "/vouchers/";
  uint64_t number = 0;
  if (request.name().starts_with(prefix) && request.code().empty() &&
      absl::SimpleAtoi(request.name().substr(prefix.size()), &number)) {
    return number;
  }
  return Error(absl::StatusCode::kInvalidArgument, reason::kNameMalformed,
               "name must be merchants/{merchant}/vouchers/{number}, or merchants/{merchant} with "
               "a code",
               "name");
}

}  // namespace

absl::Status Ledger::GetBalance(const View& view, const carnet::v1::GetBalanceRequest& request,
                                carnet::v1::GetBalanceResponse* response) const {
  const auto name = ParseCustomerName(request.customer(), "customer");
  if (!name.ok()) return name.status();
  const absl::Status unit_status = CheckUnit(request.unit());
  if (!unit_status.ok()) return unit_status;
  const auto window =
      ParseWindow({}, {}, request.effective_date(), "effective_date", request.recorded_date());
  if (!window.ok()) return window.status();
  const auto members = MembersOfCustomer(*view.snapshot, name->merchant, name->id,
                                         request.own_record_only(), window->recorded, "customer");
  if (!members.ok()) return members.status();

  const bool is_now = window->is_now();
  const auto sums =
      is_now ? SumBalances(*view.snapshot, name->merchant, members->records)
             : SumBalancesWithin(*view.snapshot, name->merchant, members->records, *window);
  if (!sums.ok()) return sums.status();
  const auto add = [&](const UnitBalance& sum) {
    SetBalance(sum, response->add_balances());
    if (is_now && (sum.has_sale || sum.bought_net != 0 || sum.bought_tax != 0))
      FillBought(sum, response->add_bought());
  };
  for (const UnitBalance& sum : *sums) {
    if (request.unit().empty() || sum.unit == request.unit()) add(sum);
  }
  if (!request.unit().empty() && response->balances().empty()) add({.unit = request.unit()});
  response->set_customer(FormatCustomerName(name->merchant, members->customer));
  SetPosition(view, response->mutable_position());
  return absl::OkStatus();
}

absl::Status Ledger::GetVoucher(const View& view, const carnet::v1::GetVoucherRequest& request,
                                carnet::v1::GetVoucherResponse* response) const {
  const auto merchant = ParseMerchantOf(request.name(), "name");
  if (!merchant.ok()) return merchant.status();
  const auto number = NumberOf(*view.snapshot, *merchant, request);
  if (!number.ok()) return number.status();
  VoucherRow row;
  if (*number == 0 ||
      !GetRow(*view.snapshot, Family::kEntries, domain::VoucherKey(*merchant, *number), &row)) {
    return Error(absl::StatusCode::kNotFound, reason::kVoucherUnknown,
                 request.code().empty() || !request.source().empty()
                     ? "there is no such voucher (yet): if you have just published it, pass its "
                       "token as min_position"
                     : "no generated code is like that (yet): name the source, if it is a source's "
                       "own code",
                 request.code().empty() ? "name" : "code");
  }
  auto* voucher = response->mutable_voucher();
  const absl::Status filled =
      FillVoucher(*view.snapshot, *opener_, *merchant, *number, row, voucher);
  if (!filled.ok()) return filled;
  if (!row.record().empty()) {
    const auto after = EffectiveBalanceAfter(*view.snapshot, *merchant, *number, row);
    if (!after.ok()) return after.status();
    SetAmount(row.unit(), *after, voucher->mutable_effective_balance_after());
  }
  SetPosition(view, response->mutable_position());
  return absl::OkStatus();
}

absl::Status Ledger::ListVouchers(const View& view, const carnet::v1::ListVouchersRequest& request,
                                  carnet::v1::ListVouchersResponse* response) const {
  const auto merchant = ParseMerchantOf(request.parent(), "parent");
  if (!merchant.ok()) return merchant.status();
  const auto page_size = PageSize(request.page_size());
  if (!page_size.ok()) return page_size.status();
  const auto filter = ParseFilter(request);
  if (!filter.ok()) return filter.status();
  const std::string list = ListOf(request);
  const auto token = ParsePageToken(list, view.generation, sizeof(uint64_t), request.page_token());
  if (!token.ok()) return token.status();
  const uint64_t below =
      token->empty() ? std::numeric_limits<uint64_t>::max() : ReadBigEndian64(*token);

  Page page(view, *opener_, *merchant, *page_size, *filter, response);
  if (request.parent() == "merchants/" + std::string(*merchant)) {
    AddVouchersOfMerchant(view, *merchant, below, &page);
  } else {
    // One more than fits tells whether there is a next page.
    const absl::Status status = AddVouchersOfCustomer(view, request.parent(), below,
                                                      static_cast<size_t>(*page_size) + 1, &page);
    if (!status.ok()) return status;
  }
  return page.Finish(list);
}

}  // namespace carnet::query
