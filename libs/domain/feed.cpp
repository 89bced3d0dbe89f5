#include "domain/feed.h"

#include <string>

#include "domain/keys.h"

namespace carnet::domain {
namespace {

std::string Bytes(const Uuid& id) { return std::string(id.bytes()); }

}  // namespace

carnet::log::v1::FeedRowEvent* FeedWriter::Add(Group group) {
  return &groups_[group].emplace_back();
}

void FeedWriter::CustomerCreated(const Uuid& record) {
  Add(kLifecycle)->set_customer_created(Bytes(record));
}

void FeedWriter::CustomerLinked(const Uuid& customer, const Uuid& absorbed) {
  auto* pair = Add(kLifecycle)->mutable_customer_linked();
  pair->set_customer(Bytes(customer));
  pair->set_other(Bytes(absorbed));
}

void FeedWriter::CustomerUnlinked(const Uuid& customer, const Uuid& separated) {
  auto* pair = Add(kLifecycle)->mutable_customer_unlinked();
  pair->set_customer(Bytes(customer));
  pair->set_other(Bytes(separated));
}

void FeedWriter::CustomerUpdated(const Uuid& record, const Uuid& customer,
                                 const std::vector<uint32_t>& fields) {
  auto* updated = Add(kUpdated)->mutable_customer_updated();
  updated->set_record(Bytes(record));
  if (customer != record) updated->set_customer(Bytes(customer));
  for (uint32_t field : fields) updated->add_fields(field);
}

void FeedWriter::CustomerArchived(const Uuid& customer, bool archived) {
  auto* event = Add(kLifecycle)->mutable_customer_archived();
  event->set_customer(Bytes(customer));
  event->set_archived(archived);
}

void FeedWriter::CustomerErased(const Uuid& customer, const std::vector<Uuid>& records) {
  auto* event = Add(kLifecycle)->mutable_customer_erased();
  event->set_customer(Bytes(customer));
  if (records.size() < 2) return;
  for (const Uuid& record : records) event->add_records(Bytes(record));
}

void FeedWriter::VoucherPosted(uint64_t voucher) { Add(kVouchers)->set_voucher_posted(voucher); }

void FeedWriter::VoucherReversed(uint64_t voucher, uint64_t reversal) {
  auto* reversed = Add(kVouchers)->mutable_voucher_reversed();
  reversed->set_voucher(voucher);
  reversed->set_reversal(reversal);
}

void FeedWriter::BalanceChanged(const Uuid& customer, bool whole_customer, std::string_view unit,
                                int64_t before, int64_t after, Side side) {
  auto* balance = Add(kBalances)->mutable_balance_changed();
  balance->set_customer(Bytes(customer));
  balance->set_whole_customer(whole_customer);
  balance->set_unit(std::string(unit));
  balance->set_before(before);
  balance->set_after(after);
  if (side == Side::kPayable) balance->set_account(carnet::v1::CUSTOMER_ACCOUNT_PAYABLE);
}

void FeedWriter::OrderChanged(const Uuid& order, std::string_view record,
                              carnet::v1::OrderState state) {
  auto* changed = Add(kOrders)->mutable_order_changed();
  changed->set_order(Bytes(order));
  changed->set_record(std::string(record));
  changed->set_state(state);
}

void FeedWriter::Write(std::string_view merchant_name, uint64_t change_number,
                       int64_t recorded_at_micros, carnet::log::v1::MerchantRow* merchant,
                       Overlay* state) {
  carnet::log::v1::FeedRow row;
  for (auto& group : groups_) {
    for (auto& event : group) *row.add_events() = std::move(event);
    group.clear();
  }
  if (row.events().empty()) return;
  const uint64_t first = merchant->last_feed_sequence() + 1;
  const uint64_t last = first + static_cast<uint64_t>(row.events_size()) - 1;
  row.set_change_number(change_number);
  row.set_recorded_at_micros(recorded_at_micros);
  row.set_first_sequence(first);
  merchant->set_last_feed_sequence(last);
  PutRow(state, Family::kFeed, FeedKey(merchant_name, last), row);
}

}  // namespace carnet::domain
