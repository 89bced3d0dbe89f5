#include "query/orders.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/fatal.h"
#include "base/money.h"
#include "carnet/log/v1/order_rows.pb.h"
#include "domain/customers/links.h"
#include "domain/keys.h"
#include "domain/orders/order_books.h"
#include "query/members.h"
#include "query/names.h"
#include "query/page_token.h"
#include "query/reasons.h"
#include "query/vouchers.h"

namespace carnet::query {
namespace {

using carnet::log::v1::OrderRow;
using domain::Family;

void FillOrder(std::string_view merchant, const Uuid& id, const OrderRow& row,
               carnet::v1::Order* order) {
  order->set_name(FormatOrderName(merchant, id));
  order->set_order_id(row.order_id());
  order->set_channel(row.channel());
  order->set_source(row.source());
  if (const auto record = Uuid::FromBytes(row.record()))
    order->set_record(FormatRecordName(*record));
  const auto& snapshot = row.snapshot();
  order->set_number(snapshot.number());
  order->set_state(snapshot.state());
  order->set_placed_date(snapshot.placed_date());
  order->set_method(snapshot.method());
  order->set_method_label(snapshot.method_label());
  *order->mutable_lines() = snapshot.lines();
  order->set_version(snapshot.version());
  order->set_change_number(row.change_number());
  for (uint64_t number : row.vouchers()) order->add_vouchers(FormatVoucherName(merchant, number));

  const int64_t charged = domain::PostedAmount(row, carnet::log::v1::ORDER_PART_CHARGE);
  const int64_t paid = domain::PostedAmount(row, carnet::log::v1::ORDER_PART_PAYMENT);
  const int64_t credited = domain::PostedAmount(row, carnet::log::v1::ORDER_PART_CREDIT);
  const int64_t paid_out = domain::PostedAmount(row, carnet::log::v1::ORDER_PART_PAYOUT);
  SetAmount(row.unit(), snapshot.total().minor(), order->mutable_total());
  SetAmount(row.unit(), charged, order->mutable_charged());
  SetAmount(row.unit(), paid, order->mutable_paid());
  SetAmount(row.unit(), credited, order->mutable_credited());
  SetAmount(row.unit(), paid_out, order->mutable_paid_out());
  // All four are not negative, so neither difference overflows; their sum is clamped.
  const int64_t owed = charged - paid;
  const int64_t back = paid_out - credited;
  SetAmount(row.unit(), CheckedAdd(owed, back).value_or(owed), order->mutable_open());
}

// Number and id of an order, from a row of one of the lists.
using Entry = std::pair<uint64_t, Uuid>;
Entry EntryOf(std::string_view key, std::string_view value) {
  const auto id = Uuid::FromBytes(value);
  CARNET_ASSERT(id.has_value());
  return {ReadBigEndian64(key.substr(key.size() - sizeof(uint64_t))), *id};
}

// Up to `limit` entries of one list below a number, newest first.
void ScanList(const View& view, const std::string& prefix, uint64_t below, size_t limit,
              std::vector<Entry>* entries) {
  std::string from = prefix;
  AppendBigEndian64(below - 1, &from);
  size_t count = 0;
  view.snapshot->ScanBackFrom(Family::kOrders, prefix, from,
                              [&](std::string_view key, std::string_view value) {
                                if (count++ == limit) return false;
                                entries->push_back(EntryOf(key, value));
                                return true;
                              });
}

}  // namespace

absl::Status GetOrder(const View& view, const carnet::v1::GetOrderRequest& request,
                      carnet::v1::GetOrderResponse* response) {
  const auto name = ParseOrderName(request.name(), "name");
  if (!name.ok()) return name.status();
  OrderRow row;
  if (!GetRow(*view.snapshot, Family::kOrders, domain::OrderKey(name->merchant, name->id), &row)) {
    return Error(absl::StatusCode::kNotFound, reason::kOrderUnknown,
                 "this merchant has no order with that id", "name");
  }
  FillOrder(name->merchant, name->id, row, response->mutable_order());
  SetPosition(view, response->mutable_position());
  return absl::OkStatus();
}

absl::Status ListOrders(const View& view, const carnet::v1::ListOrdersRequest& request,
                        carnet::v1::ListOrdersResponse* response) {
  const auto merchant = ParseMerchantOf(request.parent(), "parent");
  if (!merchant.ok()) return merchant.status();
  const auto page_size = PageSize(request.page_size());
  if (!page_size.ok()) return page_size.status();
  const std::string list = "orders/" + request.parent();
  const auto token = ParsePageToken(list, view.generation, sizeof(uint64_t), request.page_token());
  if (!token.ok()) return token.status();
  const uint64_t below =
      token->empty() ? std::numeric_limits<uint64_t>::max() : ReadBigEndian64(*token);

  // One more than fits tells whether there is a next page.
  const size_t wanted = static_cast<size_t>(*page_size) + 1;
  std::vector<Entry> entries;
  if (request.parent() == "merchants/" + std::string(*merchant)) {
    ScanList(view, domain::OrderNumberPrefix(*merchant), below, wanted, &entries);
  } else {
    const auto parent = ParseCustomerName(request.parent(), "parent");
    if (!parent.ok()) return parent.status();
    const auto customer = CustomerOf(*view.snapshot, parent->merchant, parent->id, "parent");
    if (!customer.ok()) return customer.status();
    for (const Uuid& member : domain::MembersOf(*view.snapshot, *merchant, *customer)) {
      ScanList(view, domain::OrderRecordPrefix(*merchant, member), below, wanted, &entries);
    }
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.first > b.first; });
  }

  size_t bytes = 0;
  uint64_t last = 0;
  for (const auto& [number, id] : entries) {
    if (response->orders_size() == *page_size || bytes >= kMaxPageBytes) {
      std::string key;
      AppendBigEndian64(last, &key);
      response->set_next_page_token(FormatPageToken(list, view.generation, key));
      break;
    }
    OrderRow row;
    CARNET_ASSERT(GetRow(*view.snapshot, Family::kOrders, domain::OrderKey(*merchant, id), &row));
    FillOrder(*merchant, id, row, response->add_orders());
    bytes += response->orders(response->orders_size() - 1).ByteSizeLong();
    last = number;
  }
  SetPosition(view, response->mutable_position());
  return absl::OkStatus();
}

}  // namespace carnet::query
