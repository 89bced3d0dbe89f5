#include "channels/order_builder.h"

#include <utility>

namespace carnet::channels {
namespace {

constexpr int kMaxLines = 1000;

}  // namespace

void SetLabel(std::string_view text, std::string* label) { *label = CutUtf8(text, 128); }

void AddRefund(std::string_view id, int64_t credit, int64_t payout, const std::string& date,
               v1::OrderObserved* order) {
  auto* refund = order->add_refunds();
  refund->set_id(CutUtf8(id, 128));
  if (credit != 0) refund->mutable_credit()->set_minor(credit);
  if (payout != 0) refund->mutable_payout()->set_minor(payout);
  refund->set_date(date);
}

void AddGoodsRefund(std::string_view id, int64_t credit, const std::string& date,
                    v1::OrderObserved* order) {
  AddRefund(id, credit, 0, date, order);
  order->mutable_refunds(order->refunds_size() - 1)->set_goods_only(true);
}

v1::OrderPayment* AddPayment(std::string_view id, int64_t amount, const std::string& date,
                             v1::OrderObserved* order) {
  auto* payment = order->add_payments();
  payment->set_id(CutUtf8(id, 128));
  payment->mutable_amount()->set_minor(amount);
  payment->set_date(date);
  return payment;
}

void AddLine(const LineText& text, int64_t total, v1::OrderSnapshot* snapshot) {
  if (snapshot->lines_size() == kMaxLines) return;
  auto* line = snapshot->add_lines();
  line->set_sku(CutUtf8(text.sku, 128));
  line->set_name(CutUtf8(text.name, 512));
  line->set_quantity(CutUtf8(text.quantity, 32));
  if (total != 0) line->mutable_total()->set_minor(total);
}

ContactMeaning BuyerOf(std::string_view customer_id, std::string_view order_id) {
  ContactMeaning buyer;
  const bool is_guest = customer_id.empty();
  buyer.op = is_guest ? ContactOp::kUpsertGuest : ContactOp::kObserve;
  buyer.external_id =
      is_guest ? "guest-order:" + std::string(order_id) : "customer:" + std::string(customer_id);
  return buyer;
}

void SetBuyer(ContactMeaning buyer, Item* item) {
  if (buyer.contact.ByteSizeLong() == 0) buyer.op = ContactOp::kReference;
  item->contact = std::move(buyer);
}

}  // namespace carnet::channels
