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

Worth WorthOf(const Json& refund, const std::string& currency, bool taxes_included) {
  Worth worth;
  for (const Json& line : refund["refund_line_items"].items()) {
    AddWorth(line, "subtotal", currency, 1, &worth);
    if (!taxes_included) AddWorth(line, "total_tax", currency, 1, &worth);
  }
  // Shipping and discrepancies are negative where more was given back.
  bool has_shipping = false;
  for (const Json& adjustment : refund["order_adjustments"].items()) {
    AddWorth(adjustment, "amount", currency, -1, &worth);
    AddWorth(adjustment, "tax_amount", currency, -1, &worth);
    has_shipping |= LowerCase(adjustment["kind"].text()) == "shipping_refund";
  }
  // Newer versions of the API list shipping by itself.
  if (has_shipping) return worth;
  for (const Json& line : refund["refund_shipping_lines"].items())
    AddWorth(line, "subtotal_amount", currency, 1, &worth);
  return worth;
}

}  // namespace

OrderMoney OrderMoneyOf(const Json& order, const std::string& currency) {
  OrderMoney money{.taxes_included = order["taxes_included"].is_true()};
  const Json& set = order["total_price_set"];
  const std::string seen = CurrencyCode(set["presentment_money"]["currency_code"]);
  if (seen.empty() || seen == currency) return money;
  money.presentment_currency = seen;
  money.shop = RoughMinorUnits(set["shop_money"]["amount"], currency);
  money.presentment = RoughMinorUnits(set["presentment_money"]["amount"], seen);
  return money;
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
  if (body.has("currency")) return CurrencyCode(body["currency"]);
  for (const Json& transaction : body["transactions"].items()) {
    const std::string code = ShopCurrencyOf(transaction);
    if (!code.empty()) return code;
  }
  return {};
}

int64_t ShopAmountOf(const Json& transaction, const std::string& currency,
                     const OrderMoney& of_order, std::optional<Trouble>* trouble) {
  const Json& set = transaction["amount_set"]["shop_money"];
  if (set.has("amount")) return MinorUnits(set["amount"], currency, "amount_set", trouble);
  const std::string own = CurrencyCode(transaction["currency"]);
  if (own.empty() || own == currency)
    return MinorUnits(transaction["amount"], currency, "a transaction's amount", trouble);
  const int64_t seen = MinorUnits(transaction["amount"], own, "a transaction's amount", trouble);
  if (*trouble) return 0;
  if (own == of_order.presentment_currency) {
    if (const auto amount = MulDiv(seen, of_order.shop, of_order.presentment)) return *amount;
  }
  *trouble = Trouble{std::string(domain::reason::kCurrencyMismatch),
                     "a transaction in " + own + ", and nothing says what it is in " + currency};
  return 0;
}

Refunded AddRefundOf(const Json& refund, const std::string& currency, const OrderMoney& of_order,
                     v1::OrderObserved* order, std::optional<Trouble>* trouble) {
  const Worth worth = WorthOf(refund, currency, of_order.taxes_included);
  OrderMoney money = of_order;
  if (!worth.presentment_currency.empty() && worth.presentment_currency != currency &&
      worth.presentment != 0) {
    money = {worth.presentment_currency, worth.shop, worth.presentment};
  }
  std::optional<Instant> at = ParseInstant(refund["processed_at"].text());
  if (!at) at = ParseInstant(refund["created_at"].text());
  const std::string date = at ? at->date : std::string();

  Refunded refunded;
  bool has_money = false;
  for (const Json& transaction : refund["transactions"].items()) {
    const std::string id = IdOfGid(transaction["id"]);
    const std::string kind = LowerCase(transaction["kind"].text());
    const std::string status = LowerCase(transaction["status"].text());
    if (id.empty() || kind != "refund") continue;
    has_money = true;  // on its way, at least
    if (transaction["test"].is_true() || (!status.empty() && status != "success")) continue;
    const int64_t amount = ShopAmountOf(transaction, currency, money, trouble);
    if (*trouble || amount <= 0) continue;
    AddRefund("transaction:" + id, amount, amount, date, order);
    refunded.money = SaturatedAdd(refunded.money, amount);
  }
  const std::string id = IdOfGid(refund["id"]);
  if (has_money || worth.shop <= 0 || id.empty()) return refunded;
  AddGoodsRefund("refund:" + id, worth.shop, date, order);
  refunded.goods = worth.shop;
  return refunded;
}

}  // namespace carnet::channels::shopify
