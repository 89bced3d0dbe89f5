// Orders out of payloads: small steps that every channel shares.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "carnet/v1/order.pb.h"
#include "channels/meaning.h"

namespace carnet::channels {

inline void SetMinor(int64_t minor, v1::Money* money) { money->set_minor(minor); }

// At most 128 bytes, cut between characters.
void SetLabel(std::string_view text, std::string* label);

void AddRefund(std::string_view id, int64_t credit, int64_t payout, const std::string& date,
               v1::OrderObserved* order);
// Goods that went off the order without money: see OrderRefund.goods_only.
void AddGoodsRefund(std::string_view id, int64_t credit, const std::string& date,
                    v1::OrderObserved* order);
v1::OrderPayment* AddPayment(std::string_view id, int64_t amount, const std::string& date,
                             v1::OrderObserved* order);

// Who bought, as an order says it: a customer whom the channel knows under an id, or somebody of
// whom only this order tells.
ContactMeaning BuyerOf(std::string_view customer_id, std::string_view order_id);
// A buyer of whom nothing is said is a reference.
void SetBuyer(ContactMeaning buyer, Item* item);

struct LineText {
  std::string_view sku, name, quantity;
};
void AddLine(const LineText& text, int64_t total, v1::OrderSnapshot* snapshot);

}  // namespace carnet::channels
