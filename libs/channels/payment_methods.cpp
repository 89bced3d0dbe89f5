#include "channels/payment_methods.h"

#include "channels/values.h"

namespace carnet::channels {
namespace {

struct Known {
  std::string_view part;  // of the id as PartsOf has it
  v1::TenderMethod method;
};
// The first that is part of the id counts, so the longer ones come first.
constexpr Known kKnown[] = {
    {"_cod_", v1::TENDER_METHOD_CASH_ON_DELIVERY},
    {"cash_on_delivery", v1::TENDER_METHOD_CASH_ON_DELIVERY},
    {"khi_giao_hàng", v1::TENDER_METHOD_CASH_ON_DELIVERY},
    {"khi_nhận_hàng", v1::TENDER_METHOD_CASH_ON_DELIVERY},
    {"nachnahme", v1::TENDER_METHOD_CASH_ON_DELIVERY},
    {"contrareembolso", v1::TENDER_METHOD_CASH_ON_DELIVERY},
    {"sepay", v1::TENDER_METHOD_TRANSFER},
    {"sepa", v1::TENDER_METHOD_DIRECT_DEBIT},
    {"direct_debit", v1::TENDER_METHOD_DIRECT_DEBIT},
    {"gocardless", v1::TENDER_METHOD_DIRECT_DEBIT},
    {"gift", v1::TENDER_METHOD_WALLET},
    {"bankcard", v1::TENDER_METHOD_CARD},
    {"bank_card", v1::TENDER_METHOD_CARD},
    {"bacs", v1::TENDER_METHOD_TRANSFER},
    {"bank", v1::TENDER_METHOD_TRANSFER},
    {"transfer", v1::TENDER_METHOD_TRANSFER},
    {"chuyển_khoản", v1::TENDER_METHOD_TRANSFER},
    {"chuyen_khoan", v1::TENDER_METHOD_TRANSFER},
    {"vietqr", v1::TENDER_METHOD_TRANSFER},
    {"virement", v1::TENDER_METHOD_TRANSFER},
    {"vorkasse", v1::TENDER_METHOD_TRANSFER},
    {"wire", v1::TENDER_METHOD_TRANSFER},
    {"cheque", v1::TENDER_METHOD_CHEQUE},
    {"chèque", v1::TENDER_METHOD_CHEQUE},
    {"check_payment", v1::TENDER_METHOD_CHEQUE},
    {"rechnung", v1::TENDER_METHOD_ON_ACCOUNT},
    {"net_30", v1::TENDER_METHOD_ON_ACCOUNT},
    {"net30", v1::TENDER_METHOD_ON_ACCOUNT},
    {"invoice", v1::TENDER_METHOD_ON_ACCOUNT},
    {"purchase_order", v1::TENDER_METHOD_ON_ACCOUNT},
    {"on_account", v1::TENDER_METHOD_ON_ACCOUNT},
    {"net_terms", v1::TENDER_METHOD_ON_ACCOUNT},
    {"paypal", v1::TENDER_METHOD_WALLET},
    {"ppcp", v1::TENDER_METHOD_WALLET},
    {"momo", v1::TENDER_METHOD_WALLET},
    {"zalopay", v1::TENDER_METHOD_WALLET},
    {"vnpay", v1::TENDER_METHOD_WALLET},
    {"wallet", v1::TENDER_METHOD_WALLET},
    {"voucher", v1::TENDER_METHOD_WALLET},
    {"point", v1::TENDER_METHOD_WALLET},
    {"card", v1::TENDER_METHOD_CARD},
    {"stripe", v1::TENDER_METHOD_CARD},
    {"cash", v1::TENDER_METHOD_CASH},
    {"tiền_mặt", v1::TENDER_METHOD_CASH},
};

// The id in small letters with a line before, behind and between its words: "Cash on Delivery
// (COD)" to "_cash_on_delivery__cod__".
std::string PartsOf(std::string_view id) {
  std::string parts = "_" + LowerCase(Trimmed(id)) + "_";
  for (char& c : parts) {
    if (c == ' ' || c == '-' || c == '(' || c == ')' || c == '.' || c == '/') c = '_';
  }
  return parts;
}

}  // namespace

v1::TenderMethod MethodOf(std::string_view id, const SourceSettings& settings) {
  if (const auto own = settings.methods.find(std::string(id)); own != settings.methods.end())
    return own->second;
  const std::string text = PartsOf(id);
  if (text == "__") return v1::TENDER_METHOD_UNSPECIFIED;
  if (text == "_check_") return v1::TENDER_METHOD_CHEQUE;
  if (text == "_manual_") return v1::TENDER_METHOD_TRANSFER;
  for (const Known& known : kKnown) {
    if (text.find(known.part) != std::string::npos) return known.method;
  }
  return v1::TENDER_METHOD_CARD;
}

bool IsPayLater(std::string_view id, const SourceSettings& settings) {
  if (const auto own = settings.pay_later.find(std::string(id)); own != settings.pay_later.end())
    return own->second;
  switch (MethodOf(id, settings)) {
    case v1::TENDER_METHOD_TRANSFER:
    case v1::TENDER_METHOD_CHEQUE:
    case v1::TENDER_METHOD_CASH_ON_DELIVERY:
    case v1::TENDER_METHOD_ON_ACCOUNT:
      return true;
    default:
      return false;
  }
}

}  // namespace carnet::channels
