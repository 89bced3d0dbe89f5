#include "domain/orders/order_books.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "base/money.h"

namespace carnet::domain {
namespace {

using namespace carnet::log::v1;  // NOLINT: the parts
using carnet::v1::OrderObserved;
using carnet::v1::OrderPayment;
using carnet::v1::OrderRefund;
using carnet::v1::OrderSnapshot;
using carnet::v1::TenderMethod;

// Of two things said under one id at one version the greater counts, so that arrival does not.
auto RankOf(const OrderPayment& payment) {
  return std::tuple(payment.amount().minor(), payment.SerializeAsString());
}
auto RankOf(const OrderRefund& refund) {
  return std::tuple(refund.credit().minor(), refund.payout().minor(), refund.SerializeAsString());
}
auto RankOf(const OrderSnapshot& snapshot, std::string_view record) {
  return std::tuple(static_cast<int>(snapshot.state()), snapshot.charge().minor(),
                    snapshot.paid().minor(), snapshot.total().minor(), std::string(record),
                    snapshot.SerializeAsString());
}

// Adds to a list that is kept by id. True if the list changed.
template <typename Item>
bool Add(const Item& item, google::protobuf::RepeatedPtrField<Item>* list) {
  int place = 0;
  while (place < list->size() && list->Get(place).id() < item.id()) ++place;
  if (place < list->size() && list->Get(place).id() == item.id()) {
    if (RankOf(item) <= RankOf(list->Get(place))) return false;
    *list->Mutable(place) = item;
    return true;
  }
  *list->Add() = item;
  for (int i = list->size() - 1; i > place; --i) list->SwapElements(i, i - 1);
  return true;
}

template <typename Item>
bool AddAll(const google::protobuf::RepeatedPtrField<Item>& items,
            google::protobuf::RepeatedPtrField<Item>* list) {
  bool changed = false;
  for (const Item& item : items) changed |= Add(item, list);
  return changed;
}

// A deletion often says nothing but that: what was known stays to be read, without its money.
void TakeDeletion(const OrderSnapshot& deletion, OrderRow* row) {
  OrderSnapshot* const snapshot = row->mutable_snapshot();
  snapshot->set_version(deletion.version());
  snapshot->set_state(deletion.state());
  snapshot->clear_charge();
  snapshot->clear_tax();
  snapshot->clear_paid();
}

void TakeSnapshot(const OrderObserved& observed, std::string_view record, OrderRow* row) {
  if (observed.unit().empty()) return TakeDeletion(observed.snapshot(), row);
  *row->mutable_snapshot() = observed.snapshot();
  row->set_record(std::string(record));
  row->set_unit(observed.unit());
}

// What should stand for one part and id.
struct Target {
  int64_t amount = 0;
  int64_t tax = 0;
  TenderMethod method = carnet::v1::TENDER_METHOD_UNSPECIFIED;
  std::string label;
  std::string date;
  bool goods_only = false;
};
using PartId = std::pair<OrderPart, std::string>;
using Targets = std::map<PartId, Target>;

void AddPayments(const google::protobuf::RepeatedPtrField<OrderPayment>& payments,
                 const OrderSnapshot& snapshot, Targets* targets) {
  for (const OrderPayment& payment : payments) {
    const bool own = payment.method() != carnet::v1::TENDER_METHOD_UNSPECIFIED;
    // What the snapshot names comes first and stays.
    targets->emplace(PartId(ORDER_PART_PAYMENT, payment.id()),
                     Target{.amount = payment.amount().minor(),
                            .method = MoneyMethod(own ? payment.method() : snapshot.method()),
                            .label = own ? payment.label() : snapshot.method_label(),
                            .date = payment.date()});
  }
}

void AddRefunds(const google::protobuf::RepeatedPtrField<OrderRefund>& refunds,
                const OrderSnapshot& snapshot, Targets* targets) {
  for (const OrderRefund& refund : refunds) {
    const bool own = refund.method() != carnet::v1::TENDER_METHOD_UNSPECIFIED;
    targets->emplace(PartId(ORDER_PART_CREDIT, refund.id()),
                     Target{.amount = refund.credit().minor(),
                            .tax = std::min(refund.tax().minor(), refund.credit().minor()),
                            .date = refund.date(),
                            .goods_only = refund.goods_only()});
    targets->emplace(PartId(ORDER_PART_PAYOUT, refund.id()),
                     Target{.amount = refund.payout().minor(),
                            .method = MoneyMethod(own ? refund.method() : snapshot.method()),
                            .label = own ? refund.label() : snapshot.method_label(),
                            .date = refund.date()});
  }
}

// Positive: raises what is owed.
int SignOf(OrderPart part) {
  return part == ORDER_PART_CHARGE || part == ORDER_PART_PAYOUT ? 1 : -1;
}

// Credits for goods alone take no more than what all the rest leaves open, in the order of ids.
void LimitGoods(Targets* targets) {
  __int128 open = 0;
  for (const auto& [part_id, target] : *targets) {
    if (!target.goods_only) open += SignOf(part_id.first) * static_cast<__int128>(target.amount);
  }
  for (auto& [part_id, target] : *targets) {
    if (!target.goods_only) continue;
    if (open < target.amount) target.amount = open > 0 ? static_cast<int64_t>(open) : 0;
    target.tax = std::min(target.tax, target.amount);
    open -= target.amount;
  }
}

Targets TargetsOf(const OrderRow& row) {
  Targets targets;
  const OrderSnapshot& snapshot = row.snapshot();
  if (snapshot.state() == carnet::v1::ORDER_STATE_DELETED) return targets;
  targets[{ORDER_PART_CHARGE, ""}] = {.amount = snapshot.charge().minor(),
                                      .tax = snapshot.tax().minor(),
                                      .date = snapshot.placed_date()};
  AddPayments(row.payments(), snapshot, &targets);
  AddPayments(row.added_payments(), snapshot, &targets);
  AddRefunds(row.refunds(), snapshot, &targets);
  AddRefunds(row.added_refunds(), snapshot, &targets);
  __int128 named = 0;
  for (const auto& [part_id, target] : targets) {
    if (part_id.first == ORDER_PART_PAYMENT) named += target.amount;
  }
  if (snapshot.paid().minor() > named) {
    // Ids are never empty, so this one is nobody else's.
    targets[{ORDER_PART_PAYMENT, ""}] = {
        .amount = snapshot.paid().minor() - static_cast<int64_t>(named),
        .method = MoneyMethod(snapshot.method()),
        .label = snapshot.method_label(),
        .date = snapshot.paid_date()};
  }
  LimitGoods(&targets);
  return targets;
}

bool NeedsAnew(const OrderPosted& posted, const Target& target, const OrderRow& row) {
  return posted.record() != row.record() || posted.unit() != row.unit() ||
         posted.method() != target.method;
}

// Takes back the newest vouchers until what stands may stay; says what stands then.
std::pair<int64_t, int64_t> Shrink(const OrderPosted& posted, const Target& target, bool all,
                                   OrderPlan* plan) {
  int64_t amount = posted.amount();
  int64_t tax = posted.tax();
  const auto may_stay = [&] {
    if (all || amount > target.amount || tax > target.tax) return false;
    return target.tax - tax <= target.amount - amount;
  };
  for (int i = posted.vouchers_size() - 1; i >= 0 && !may_stay(); --i) {
    const OrderPostedVoucher& voucher = posted.vouchers(i);
    plan->reversals.push_back({voucher.number(), posted.part(), posted.id(), voucher.amount()});
    amount -= voucher.amount();
    tax -= voucher.tax();
  }
  return {amount, tax};
}

OrderPosted* Find(OrderPart part, std::string_view id, OrderRow* row) {
  for (OrderPosted& posted : *row->mutable_posted()) {
    if (posted.part() == part && posted.id() == id) return &posted;
  }
  return nullptr;
}

}  // namespace

TenderMethod MoneyMethod(TenderMethod method) {
  switch (method) {
    case carnet::v1::TENDER_METHOD_CASH_ON_DELIVERY:
      return carnet::v1::TENDER_METHOD_CASH;
    case carnet::v1::TENDER_METHOD_CASH:
    case carnet::v1::TENDER_METHOD_CARD:
    case carnet::v1::TENDER_METHOD_CHEQUE:
    case carnet::v1::TENDER_METHOD_DIRECT_DEBIT:
    case carnet::v1::TENDER_METHOD_WALLET:
      return method;
    default:
      return carnet::v1::TENDER_METHOD_TRANSFER;
  }
}

OrderMerge MergeOrder(const OrderObserved& observed, std::string_view record, OrderRow* row) {
  if (!observed.has_snapshot()) {
    if (row->unit().empty()) row->set_unit(observed.unit());
    bool changed = AddAll(observed.payments(), row->mutable_added_payments());
    changed |= AddAll(observed.refunds(), row->mutable_added_refunds());
    return changed ? OrderMerge::kChanged : OrderMerge::kUnchanged;
  }
  const OrderSnapshot& snapshot = observed.snapshot();
  if (!row->has_snapshot() || snapshot.version() > row->snapshot().version()) {
    TakeSnapshot(observed, record, row);
    row->clear_payments();
    row->clear_refunds();
    AddAll(observed.payments(), row->mutable_payments());
    AddAll(observed.refunds(), row->mutable_refunds());
    return OrderMerge::kChanged;
  }
  if (snapshot.version() < row->snapshot().version()) return OrderMerge::kOlder;
  bool changed = AddAll(observed.payments(), row->mutable_payments());
  changed |= AddAll(observed.refunds(), row->mutable_refunds());
  if (RankOf(snapshot, record) > RankOf(row->snapshot(), row->record())) {
    TakeSnapshot(observed, record, row);
    changed = true;
  }
  return changed ? OrderMerge::kChanged : OrderMerge::kUnchanged;
}

OrderPlan PlanOrder(const OrderRow& row) {
  OrderPlan plan;
  if (!row.has_snapshot()) return plan;
  Targets targets = TargetsOf(row);
  for (const OrderPosted& posted : row.posted()) {
    const PartId part_id(posted.part(), posted.id());
    const auto found = targets.find(part_id);
    const Target target = found == targets.end() ? Target() : found->second;
    const auto [amount, tax] = Shrink(posted, target, NeedsAnew(posted, target, row), &plan);
    if (found == targets.end()) continue;
    found->second.amount -= amount;
    found->second.tax -= tax;
  }
  for (auto& [part_id, target] : targets) {
    if (target.amount <= 0) continue;
    plan.posts.push_back({.part = part_id.first,
                          .id = part_id.second,
                          .amount = target.amount,
                          .tax = target.tax,
                          .method = target.method,
                          .label = std::move(target.label),
                          .date = std::move(target.date)});
  }
  return plan;
}

void NoteReversal(const OrderReversal& reversal, OrderRow* row) {
  OrderPosted* const posted = Find(reversal.part, reversal.id, row);
  if (posted == nullptr) return;
  auto* vouchers = posted->mutable_vouchers();
  for (int i = vouchers->size() - 1; i >= 0; --i) {
    if (vouchers->Get(i).number() != reversal.voucher) continue;
    posted->set_amount(posted->amount() - vouchers->Get(i).amount());
    posted->set_tax(posted->tax() - vouchers->Get(i).tax());
    vouchers->DeleteSubrange(i, 1);
    break;
  }
  if (!vouchers->empty()) return;
  auto* all = row->mutable_posted();
  for (int i = 0; i < all->size(); ++i) {
    if (&all->Get(i) == posted) return all->DeleteSubrange(i, 1);
  }
}

void NotePost(const OrderPost& post, uint64_t voucher, OrderRow* row) {
  OrderPosted* posted = Find(post.part, post.id, row);
  if (posted == nullptr) {
    auto* all = row->mutable_posted();
    int place = 0;
    while (place < all->size() && std::pair(all->Get(place).part(), all->Get(place).id()) <
                                      std::pair(post.part, post.id)) {
      ++place;
    }
    all->Add();
    for (int i = all->size() - 1; i > place; --i) all->SwapElements(i, i - 1);
    posted = all->Mutable(place);
    posted->set_part(post.part);
    posted->set_id(post.id);
    posted->set_method(post.method);
    posted->set_record(row->record());
    posted->set_unit(row->unit());
  }
  posted->set_amount(posted->amount() + post.amount);
  posted->set_tax(posted->tax() + post.tax);
  OrderPostedVoucher* const entry = posted->add_vouchers();
  entry->set_number(voucher);
  entry->set_amount(post.amount);
  entry->set_tax(post.tax);
}

int64_t PostedAmount(const OrderRow& row, OrderPart part) {
  int64_t sum = 0;
  for (const OrderPosted& posted : row.posted()) {
    if (posted.part() != part || posted.unit() != row.unit()) continue;
    sum = CheckedAdd(sum, posted.amount()).value_or(std::numeric_limits<int64_t>::max());
  }
  return sum;
}

}  // namespace carnet::domain
