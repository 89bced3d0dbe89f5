#include "channels/shopify/refund.h"

#include <algorithm>

#include "channels/order_builder.h"
#include "domain/reasons.h"

namespace carnet::channels::shopify {
namespace {

// Of `<name>_set`, the shop's money, else `<name>`, which is the shop's too.
int64_t ShopMoney(const Json& object, const std::string& name, const std::string& currency) {
  const Json& money = object[name + "_set"]["shop_money"];
  return RoughMinorUnits(money.has("amount") ? money["amount"] : object[name], currency);
}

// What goods and shipping of a refund came to, in the shop's currency and in the buyer's.
struct Worth {
  int64_t shop = 0;
  int64_t presentment = 0;
  std::string presentment_currency;
};

void AddWorth(const Json& object, const std::string& name, const std::string& currency, int sign,
              Worth* worth) {
  worth->shop = SaturatedAdd(worth->shop, sign * ShopMoney(object, name, currency));
  const Json& seen = object[name + "_set"]["presentment_money"];
  if (!seen.has("amount")) return;
  worth->presentment_currency = seen["currency_code"].text();
  worth->presentment = SaturatedAdd(
      worth->presentment, sign * RoughMinorUnits(seen["amount"], worth->presentment_currency));
}

Worth WorthOf(const Json& refund, const std::string& currency) {
  Worth worth;
  for (const Json& line : refund["refund_line_items"].items()) {
    AddWorth(line, "subtotal", currency, 1, &worth);
    AddWorth(line, "total_tax", currency, 1, &worth);
  }
  // Shipping and discrepancies are negative where more was given back.
  for (const Json& adjustment : refund["order_adjustments"].items()) {
    AddWorth(adjustment, "amount", currency, -1, &worth);
    AddWorth(adjustment, "tax_amount", currency, -1, &worth);
  }
  return worth;
}

}  // namespace

Rates RatesOf(const Json& order, const std::string& currency) {
  const Json& set = order["total_price_set"];
  const std::string seen = set["presentment_money"]["currency_code"].text();
  if (seen.empty() || seen == currency) return {};
  return {.presentment_currency = seen,
          .shop = RoughMinorUnits(set["shop_money"]["amount"], currency),
          .presentment = RoughMinorUnits(set["presentment_money"]["amount"], seen)};
}

std::string ShopCurrencyOf(const Json& body) {
  for (const Json& line : body["refund_line_items"].items()) {
    const std::string& code = line["subtotal_set"]["shop_money"]["currency_code"].text();
    if (!code.empty()) return code;
  }
  for (const Json& adjustment : body["order_adjustments"].items()) {
    const std::string& code = adjustment["amount_set"]["shop_money"]["currency_code"].text();
    if (!code.empty()) return code;
  }
  for (const char* set : {"amount_set", "total_unsettled_set", "amount_rounding"}) {
    const Json& money = body[set]["shop_money"];
    const std::string& code =
        money.has("currency_code") ? money["currency_code"].text() : money["currency"].text();
    if (!code.empty()) return code;
  }
  if (body.has("currency")) return Trimmed(body["currency"].text());
  for (const Json& transaction : body["transactions"].items()) {
    const std::string code = ShopCurrencyOf(transaction);
    if (!code.empty()) return code;
  }
  return {};
}

int64_t ShopAmountOf(const Json& transaction, const std::string& currency, const Rates& rates,
                     std::optional<Trouble>* trouble) {
  const Json& set = transaction["amount_set"]["shop_money"];
  if (set.has("amount")) return MinorUnits(set["amount"], currency, "amount_set", trouble);
  const std::string own = Trimmed(transaction["currency"].text());
  if (own.empty() || own == currency)
    return MinorUnits(transaction["amount"], currency, "a transaction's amount", trouble);
  const int64_t seen = MinorUnits(transaction["amount"], own, "a transaction's amount", trouble);
  if (*trouble) return 0;
  if (own == rates.presentment_currency) {
    if (const auto amount = MulDiv(seen, rates.shop, rates.presentment)) return *amount;
  }
  *trouble = Trouble{std::string(domain::reason::kCurrencyMismatch),
                     "a transaction in " + own + ", and nothing says what it is in " + currency};
  return 0;
}

int64_t AddRefundOf(const Json& refund, const std::string& currency, const Rates& order_rates,
                    bool paid, v1::OrderObserved* order, std::optional<Trouble>* trouble) {
  const Worth worth = WorthOf(refund, currency);
  Rates rates = order_rates;
  if (!worth.presentment_currency.empty() && worth.presentment_currency != currency &&
      worth.presentment != 0) {
    rates = {worth.presentment_currency, worth.shop, worth.presentment};
  }
  std::optional<Instant> at = ParseInstant(refund["processed_at"].text());
  if (!at) at = ParseInstant(refund["created_at"].text());
  const std::string date = at ? at->date : std::string();

  int64_t paid_out = 0;
  for (const Json& transaction : refund["transactions"].items()) {
    const std::string id = IdOfGid(transaction["id"]);
    const std::string kind = LowerCase(transaction["kind"].text());
    const std::string status = LowerCase(transaction["status"].text());
    if (id.empty() || kind != "refund" || (!status.empty() && status != "success")) continue;
    const int64_t amount = ShopAmountOf(transaction, currency, rates, trouble);
    if (*trouble || amount <= 0) continue;
    AddRefund("transaction:" + id, amount, amount, date, order);
    paid_out = SaturatedAdd(paid_out, amount);
  }
  if (paid) return paid_out;
  // Nobody had paid: what was taken off the order is simply not owed.
  const int64_t rest = SaturatedAdd(worth.shop, -paid_out);
  const std::string id = IdOfGid(refund["id"]);
  if (rest <= 0 || id.empty()) return paid_out;
  AddRefund("refund:" + id, rest, 0, date, order);
  return SaturatedAdd(paid_out, rest);
}

}  // namespace carnet::channels::shopify
