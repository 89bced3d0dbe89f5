#include "query/ledger.h"

#include <limits>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/fatal.h"
#include "base/money.h"
#include "domain/customers/links.h"
#include "domain/keys.h"
#include "query/members.h"
#include "query/names.h"
#include "query/page_token.h"
#include "query/reasons.h"
#include "query/voucher_numbers.h"
#include "query/vouchers.h"

namespace carnet::query {
namespace {

using carnet::log::v1::VoucherRow;
using domain::Family;

absl::Status CheckUnit(std::string_view unit) {
  if (unit.empty() || unit == "COINS" || CurrencyExponent(unit)) return absl::OkStatus();
  return Error(absl::StatusCode::kInvalidArgument, reason::kUnknownCurrency,
               "unit must be an ISO 4217 code in capitals (EUR, VND), or empty for all", "unit");
}

std::string NumberKey(uint64_t number) {
  std::string key;
  AppendBigEndian64(number, &key);
  return key;
}

// Adds vouchers to a page until it is full; remembers where the next page begins.
class Page {
 public:
  Page(const View& view, const vault::Opener& opener, std::string_view merchant, int size,
       carnet::v1::ListVouchersResponse* response)
      : view_(view), opener_(opener), merchant_(merchant), size_(size), response_(response) {}

  // False: the page was full already (there is more), or the voucher could not be opened.
  bool Add(uint64_t number, const VoucherRow& row) {
    if (response_->vouchers_size() == size_ || bytes_ >= kMaxPageBytes) {
      more_ = true;
      return false;
    }
    auto* voucher = response_->add_vouchers();
    status_ = FillVoucher(*view_.snapshot, opener_, merchant_, number, row, voucher);
    bytes_ += voucher->ByteSizeLong();
    last_ = number;
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
  carnet::v1::ListVouchersResponse* response_;
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
        VoucherRow row;
        CARNET_ASSERT(row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
        return page->Add(ReadBigEndian64(key.substr(key.size() - 8)), row);
      });
}

absl::Status AddVouchersOfCustomer(const View& view, std::string_view name, uint64_t below,
                                   size_t wanted, Page* page) {
  const auto parent = ParseCustomerName(name, "parent");
  if (!parent.ok()) return parent.status();
  const auto customer = CustomerOf(*view.snapshot, parent->merchant, parent->id, "parent");
  if (!customer.ok()) return customer.status();
  const std::vector<Uuid> members = domain::MembersOf(*view.snapshot, parent->merchant, *customer);
  for (uint64_t number :
       VoucherNumbersBelow(*view.snapshot, parent->merchant, members, below, wanted)) {
    VoucherRow row;
    CARNET_ASSERT(GetRow(*view.snapshot, Family::kEntries,
                         domain::VoucherKey(parent->merchant, number), &row));
    if (!page->Add(number, row)) break;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Ledger::GetBalance(const View& view, const carnet::v1::GetBalanceRequest& request,
                                carnet::v1::GetBalanceResponse* response) const {
  const auto name = ParseCustomerName(request.customer(), "customer");
  if (!name.ok()) return name.status();
  const absl::Status unit_status = CheckUnit(request.unit());
  if (!unit_status.ok()) return unit_status;
  const auto customer = CustomerOf(*view.snapshot, name->merchant, name->id, "customer");
  if (!customer.ok()) return customer.status();

  const std::vector<Uuid> records =
      request.own_record_only() ? std::vector<Uuid>{name->id}
                                : domain::MembersOf(*view.snapshot, name->merchant, *customer);
  const auto sums = SumBalances(*view.snapshot, name->merchant, records);
  if (!sums.ok()) return sums.status();
  if (request.unit().empty()) {
    for (const UnitBalance& sum : *sums) {
      SetBalance(sum.unit, sum.minor, response->add_balances());
    }
  } else {
    int64_t minor = 0;
    for (const UnitBalance& sum : *sums) {
      if (sum.unit == request.unit()) minor = sum.minor;
    }
    SetBalance(request.unit(), minor, response->add_balances());
  }
  response->set_customer(FormatCustomerName(name->merchant, *customer));
  SetPosition(view, response->mutable_position());
  return absl::OkStatus();
}

absl::Status Ledger::ListVouchers(const View& view, const carnet::v1::ListVouchersRequest& request,
                                  carnet::v1::ListVouchersResponse* response) const {
  const auto merchant = ParseMerchantOf(request.parent(), "parent");
  if (!merchant.ok()) return merchant.status();
  const auto page_size = PageSize(request.page_size());
  if (!page_size.ok()) return page_size.status();
  const std::string list = "vouchers/" + request.parent();
  const auto token = ParsePageToken(list, view.generation, sizeof(uint64_t), request.page_token());
  if (!token.ok()) return token.status();
  const uint64_t below =
      token->empty() ? std::numeric_limits<uint64_t>::max() : ReadBigEndian64(*token);

  Page page(view, *opener_, *merchant, *page_size, response);
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
