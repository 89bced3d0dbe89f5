// Shopify's refunds: amounts in the shop's currency, whichever currency the buyer saw.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "carnet/v1/order.pb.h"
#include "channels/json.h"
#include "channels/values.h"

namespace carnet::channels::shopify {

// What only the order says of the money of its refunds: what one sum is in the shop's currency and
// in the buyer's, and whether prices have their tax in them.
struct OrderMoney {
  std::string presentment_currency;  // empty: only one currency
  int64_t shop = 0;
  int64_t presentment = 0;
  bool taxes_included = false;
};
OrderMoney OrderMoneyOf(const Json& order, const std::string& currency);

// The shop's currency as a refund or transaction lets see it: that of its *_set amounts, else its
// own.
std::string ShopCurrencyOf(const Json& body);

// A transaction's amount in the shop's currency.
int64_t ShopAmountOf(const Json& transaction, const std::string& currency,
                     const OrderMoney& of_order, std::optional<Trouble>* trouble);

// What refunds came to.
struct Refunded {
  int64_t money = 0;  // went back
  int64_t goods = 0;  // went off the order without money
};

// Adds what a refund object says, each paid-out transaction under its own id, so that the topics
// that report it agree.
Refunded AddRefundOf(const Json& refund, const std::string& currency, const OrderMoney& of_order,
                     v1::OrderObserved* order, std::optional<Trouble>* trouble);

}  // namespace carnet::channels::shopify
