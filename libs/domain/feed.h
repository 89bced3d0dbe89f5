// The events of one change.
#pragma once

#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "carnet/log/v1/feed_rows.pb.h"
#include "carnet/log/v1/rows.pb.h"
#include "domain/keys.h"
#include "domain/state.h"

namespace carnet::domain {

// Collects a change's events in any order and writes them in the feed's: customer lifecycle,
// customer updated, vouchers, balances, orders; within each, in the order they were added.
class FeedWriter {
 public:
  void CustomerCreated(const Uuid& record);
  void CustomerLinked(const Uuid& customer, const Uuid& absorbed);
  void CustomerUnlinked(const Uuid& customer, const Uuid& separated);
  void CustomerUpdated(const Uuid& record, const Uuid& customer,
                       const std::vector<uint32_t>& fields);
  void CustomerArchived(const Uuid& customer, bool archived);
  void CustomerErased(const Uuid& customer, const std::vector<Uuid>& records);
  void VoucherPosted(uint64_t voucher);
  void VoucherReversed(uint64_t voucher, uint64_t reversal);
  void BalanceChanged(const Uuid& customer, bool whole_customer, std::string_view unit,
                      int64_t before, int64_t after, Side side = Side::kReceivable);
  // `record` is empty for a walk-in.
  void OrderChanged(const Uuid& order, std::string_view record, carnet::v1::OrderState state);

  // Numbers the events after the merchant's last one and writes their row; nothing if there are
  // none.
  void Write(std::string_view merchant_name, uint64_t change_number, int64_t recorded_at_micros,
             carnet::log::v1::MerchantRow* merchant, Overlay* state);

 private:
  enum Group { kLifecycle, kUpdated, kVouchers, kBalances, kOrders, kGroupCount };

  carnet::log::v1::FeedRowEvent* Add(Group group);

  std::vector<carnet::log::v1::FeedRowEvent> groups_[kGroupCount];
};

}  // namespace carnet::domain
