// Shopify's refunds: amounts in the shop's currency, whichever currency the buyer saw.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "carnet/v1/order.pb.h"
#include "channels/json.h"
#include "channels/values.h"

namespace carnet::channels::shopify {

// What the same sum is in the shop's currency and in the buyer's.
struct Rates {
  std::string presentment_currency;  // empty: only one currency
  int64_t shop = 0;
  int64_t presentment = 0;
};
Rates RatesOf(const Json& order, const std::string& currency);

// The shop's currency as a refund or transaction lets see it: that of its *_set amounts, else its
// own.
std::string ShopCurrencyOf(const Json& body);

// A transaction's amount in the shop's currency.
int64_t ShopAmountOf(const Json& transaction, const std::string& currency, const Rates& rates,
                     std::optional<Trouble>* trouble);

// Adds what a refund object says, each paid-out transaction under its own id, so that the topics
// that report it agree. Returns what was credited. `paid`: the order was; else goods that were
// taken off lower what is owed.
int64_t AddRefundOf(const Json& refund, const std::string& currency, const Rates& rates, bool paid,
                    v1::OrderObserved* order, std::optional<Trouble>* trouble);

}  // namespace carnet::channels::shopify
