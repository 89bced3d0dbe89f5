// Money by difference: what an order should have posted, what it has, and what lies between. Plain
// functions over one row, so that a channel's payload can be tried without a fold.
//
// The newest snapshot of an order decides; payments and refunds that came by themselves are added
// to those it names. So what is posted in the end depends on what was said, not on when it came.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "carnet/log/v1/order_rows.pb.h"
#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/order.pb.h"

namespace carnet::domain {

enum class OrderMerge {
  kChanged,    // something new is known
  kUnchanged,  // it was known already
  kOlder,      // a snapshot older than the one there is: nothing of it counts
};

// Takes what was observed into the row. `record` (16 bytes, or empty for a walk-in) is the buyer as
// the observation has it; it counts with a snapshot only. Amounts are in minor units.
OrderMerge MergeOrder(const carnet::v1::OrderObserved& observed, std::string_view record,
                      carnet::log::v1::OrderRow* row);

// A voucher that should be posted.
struct OrderPost {
  carnet::log::v1::OrderPart part = carnet::log::v1::ORDER_PART_UNSPECIFIED;
  std::string id;
  int64_t amount = 0;                                                       // positive
  int64_t tax = 0;                                                          // 0 to amount
  carnet::v1::TenderMethod method = carnet::v1::TENDER_METHOD_UNSPECIFIED;  // money only
  std::string label;
  std::string date;  // YYYY-MM-DD, or empty
};

// A voucher that should be taken back.
struct OrderReversal {
  uint64_t voucher = 0;
  carnet::log::v1::OrderPart part = carnet::log::v1::ORDER_PART_UNSPECIFIED;
  std::string id;
  int64_t amount = 0;  // that it was posted with
};

// The difference: first the reversals, then the posts, both in one fixed order. Nothing while there
// is no snapshot, as nobody knows yet whose money it is.
//
// A part that grows posts what it grew by. One that shrinks, or of which method, buyer or currency
// changed, takes its newest vouchers back until no more than the new amount stands, and posts the
// rest: sums of every account come out as if it had been right from the beginning.
struct OrderPlan {
  std::vector<OrderReversal> reversals;
  std::vector<OrderPost> posts;
};
OrderPlan PlanOrder(const carnet::log::v1::OrderRow& row);

// Keeps in the row what was done of the plan. All reversals come before the first post.
void NoteReversal(const OrderReversal& reversal, carnet::log::v1::OrderRow* row);
void NotePost(const OrderPost& post, uint64_t voucher, carnet::log::v1::OrderRow* row);

// Σ that stands posted of one part in the row's unit, minor units; beyond 64 bits: as much as they
// hold.
int64_t PostedAmount(const carnet::log::v1::OrderRow& row, carnet::log::v1::OrderPart part);

// How money of an order that says `method` comes in: cash for cash on delivery, a transfer where
// nothing is said, or only that it is owed.
carnet::v1::TenderMethod MoneyMethod(carnet::v1::TenderMethod method);

}  // namespace carnet::domain
