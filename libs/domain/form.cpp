#include "domain/form.h"

#include <algorithm>

#include "base/civil_date.h"
#include "base/money.h"
#include "domain/form_path.h"
#include "domain/ledger/posting_table.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::v1::Body;
using carnet::v1::Money;

constexpr int kMaxTenders = 1000;
constexpr size_t kMaxEtagBytes = 64;

// In the log, and after canonicalising: minor units; a unit where there must be one.
MaybeError CheckAmount(const Money& money, bool needs_unit, const Path& field) {
  if (needs_unit && !CurrencyExponent(money.unit())) {
    return Fail(reason::kUnknownCurrency, field / "unit", "this is no ISO 4217 currency");
  }
  if (!needs_unit && !money.unit().empty()) {
    return Fail(reason::kCurrencyMismatch, field / "unit",
                "inside a posting amounts have its unit");
  }
  if (money.value_case() != Money::kMinor)
    return Fail(reason::kAmountMissing, field, "there is no amount in minor units");
  return std::nullopt;
}

MaybeError CheckDate(const std::string& date, const Path& field) {
  if (date.empty() || ParseCivilDay(date)) return std::nullopt;
  return Fail(reason::kTimeMalformed, field,
              "a date is written YYYY-MM-DD and must be in the calendar");
}

MaybeError CheckTenders(const PostingRule& rule, const carnet::v1::Posting& posting) {
  if (rule.tenders == Tenders::kNone) {
    if (posting.tenders().empty()) return std::nullopt;
    return Fail(reason::kTenderNotAllowed, Path("posting") / "tenders",
                "this kind moves no money: leave tenders out");
  }
  if (posting.tenders().empty()) {
    return Fail(reason::kTenderMissing, Path("posting") / "tenders",
                "say how it was paid, or that it is on account");
  }
  if (auto e = CheckCount(posting.tenders_size(), kMaxTenders, Path("posting") / "tenders"))
    return e;
  __int128 sum = 0;
  for (int i = 0; i < posting.tenders_size(); ++i) {
    const auto& tender = posting.tenders(i);
    const Path at = Path("posting") / "tenders" / i;
    if (!carnet::v1::TenderMethod_IsValid(tender.method()) ||
        tender.method() == carnet::v1::TENDER_METHOD_UNSPECIFIED) {
      return Fail(reason::kMethodMissing, at / "method", "say how it was paid");
    }
    if (rule.tenders == Tenders::kMoney &&
        AccountOfMethod(tender.method()) == carnet::log::v1::LEDGER_ACCOUNT_RECEIVABLE) {
      return Fail(reason::kTenderNotAllowed, at / "method",
                  "money that is received or paid out can't be on account");
    }
    if (auto e = CheckText(tender.label(), at / "label")) return e;
    if (auto e = CheckAmount(tender.amount(), /*needs_unit=*/false, at / "amount")) return e;
    if (tender.amount().minor() < 0) {
      return Fail(reason::kAmountNotPositive, at / "amount",
                  "a tender is not negative: the kind gives the sign");
    }
    sum += tender.amount().minor();
  }
  const __int128 expected =
      static_cast<__int128>(posting.total().minor()) + posting.rounding().minor();
  if (sum == expected) return std::nullopt;
  return Fail(reason::kUnbalanced, Path("posting") / "tenders",
              "total and rounding are not the sum of the tenders");
}

MaybeError CheckAccountNamed(const PostingRule& rule, const carnet::v1::Posting& posting) {
  if (!carnet::v1::CustomerAccount_IsValid(posting.account())) {
    return Fail(reason::kAccountNotAllowed, Path("posting") / "account",
                "a customer has a receivable and a payable");
  }
  if (posting.account() == carnet::v1::CUSTOMER_ACCOUNT_UNSPECIFIED || rule.has(kNamesAccount))
    return std::nullopt;
  return Fail(reason::kAccountNotAllowed, Path("posting") / "account",
              "this kind says itself which account it is about: leave it out");
}

MaybeError CheckExchanged(const PostingRule& rule, const carnet::v1::Posting& posting) {
  const Path at = Path("posting") / "exchanged";
  if (!rule.has(kExchanged)) {
    if (!posting.has_exchanged()) return std::nullopt;
    return Fail(reason::kExchangedNotAllowed, at, "only an exchange has a second amount");
  }
  if (!posting.has_exchanged())
    return Fail(reason::kAmountMissing, at, "say what stands there instead, in which currency");
  if (auto e = CheckAmount(posting.exchanged(), /*needs_unit=*/true, at)) return e;
  if (posting.exchanged().unit() == posting.total().unit())
    return Fail(reason::kCurrencyMismatch, at / "unit", "an exchange is between two currencies");
  const int64_t exchanged = posting.exchanged().minor();
  if (exchanged != 0 && (exchanged < 0) == (posting.total().minor() < 0)) return std::nullopt;
  return Fail(reason::kAmountNotPositive, at, "it has the sign of the total and is not zero");
}

// A voucher that a body names: by its code and, where it is not the change's own, its source.
MaybeError CheckTarget(const std::string& code, const std::string& source, const Path& body) {
  if (code.empty())
    return Fail(reason::kCodeMissing, body / "target_code", "name the voucher by its code");
  if (auto e = CheckText(code, body / "target_code")) return e;
  if (source.empty() || IsName(source)) return std::nullopt;
  return Fail(reason::kNameMalformed, body / "target_source",
              "a source is [a-z0-9][a-z0-9._-]{0,62}");
}

MaybeError CheckDelivery(const carnet::v1::UnusableDelivery& delivery) {
  constexpr int kMaxPieces = 400;
  const Path root("unusable_delivery");
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; };
  if (delivery.reason().empty() ||
      !std::all_of(delivery.reason().begin(), delivery.reason().end(), is_letter)) {
    return Fail(reason::kNameMalformed, root / "reason", "a reason is written in CAPITALS");
  }
  if (auto e = CheckText(delivery.reason(), root / "reason", 64)) return e;
  if (auto e = CheckText(delivery.detail(), root / "detail", 512)) return e;
  if (auto e = CheckText(delivery.topic(), root / "topic")) return e;
  if (auto e = CheckCount(delivery.pieces_size(), kMaxPieces, root / "pieces")) return e;
  for (int i = 0; i < delivery.pieces_size(); ++i) {
    if (auto e = CheckPersonal(delivery.pieces(i), root / "pieces" / i)) return e;
  }
  return std::nullopt;
}

MaybeError CheckPosting(const carnet::v1::Posting& posting, carnet::v1::Intent intent) {
  const PostingRule* rule = FindPostingRule(posting.kind());
  if (!rule || !rule->published()) {
    return Fail(reason::kKindNotAllowed, Path("posting") / "kind", "this kind can't be published");
  }
  if (intent == carnet::v1::INTENT_FACT && rule->intents == Intents::kRequest) {
    return Fail(reason::kIntentNotAllowed, Path("intent"),
                "a voucher of this kind can only be a REQUEST");
  }
  if (auto e = CheckText(posting.code(), Path("posting") / "code")) return e;
  if (auto e = CheckText(posting.of_code(), Path("posting") / "of_code")) return e;
  if (auto e = CheckText(posting.category(), Path("posting") / "category")) return e;
  if (auto e = CheckDate(posting.due_date(), Path("posting") / "due_date")) return e;
  if (auto e = CheckAmount(posting.total(), /*needs_unit=*/true, Path("posting") / "total"))
    return e;
  const int64_t total = posting.total().minor();
  if (total == 0 || (total < 0 && !rule->has(kSigned))) {
    return Fail(reason::kAmountNotPositive, Path("posting") / "total",
                rule->has(kSigned) ? "it must not be zero"
                                   : "it must be positive: the kind gives the sign");
  }
  if (posting.has_tax()) {
    if (auto e = CheckAmount(posting.tax(), /*needs_unit=*/false, Path("posting") / "tax"))
      return e;
    if (!rule->has(kTax) && posting.tax().minor() != 0) {
      return Fail(reason::kTaxNotAllowed, Path("posting") / "tax", "this kind carries no tax");
    }
    if (posting.tax().minor() < 0 || posting.tax().minor() > total) {
      return Fail(reason::kAmountNotPositive, Path("posting") / "tax",
                  "tax is part of the total: between zero and the total");
    }
  }
  if (posting.has_rounding()) {
    if (auto e =
            CheckAmount(posting.rounding(), /*needs_unit=*/false, Path("posting") / "rounding"))
      return e;
    if (rule->tenders == Tenders::kNone && posting.rounding().minor() != 0) {
      return Fail(reason::kUnbalanced, Path("posting") / "rounding",
                  "without tenders there is nothing to round");
    }
  }
  if (auto e = CheckAccountNamed(*rule, posting)) return e;
  if (auto e = CheckExchanged(*rule, posting)) return e;
  if (auto e = CheckTenders(*rule, posting)) return e;
  if (auto e = CheckPersonal(posting.note(), Path("posting") / "note")) return e;
  if (!posting.has_contact()) return std::nullopt;
  return CheckContactObserved(posting.contact(), Path("posting") / "contact");
}

}  // namespace

bool IsName(std::string_view text) {
  if (text.empty() || text.size() > 63) return false;
  const auto is_letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return is_letter_or_digit(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
           return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

bool IsExternalId(std::string_view text) {
  // UTF-8 is protobuf's to check: strings that are not are not parsed.
  return !text.empty() && text.size() <= 128 && text.find('\0') == std::string_view::npos;
}

const carnet::v1::ContactObserved* ContactSaidIn(const Body& body) {
  if (body.has_contact_observed()) return &body.contact_observed();
  if (body.posting().has_contact()) return &body.posting().contact();
  if (body.order_observed().has_contact()) return &body.order_observed().contact();
  return nullptr;
}

bool IsAboutRecord(const Body& body) {
  return body.has_record_deleted() || body.has_customer_archived() || body.has_customer_erased() ||
         ContactSaidIn(body) != nullptr;
}

bool HoldsSealedValues(const google::protobuf::Message& body) {
  using google::protobuf::FieldDescriptor;
  if (body.GetDescriptor() == carnet::v1::Sealed::descriptor()) return true;
  const auto* const reflection = body.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(body, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const int count = field->is_repeated() ? reflection->FieldSize(body, field) : 1;
    for (int i = 0; i < count; ++i) {
      const auto& inside = field->is_repeated() ? reflection->GetRepeatedMessage(body, field, i)
                                                : reflection->GetMessage(body, field);
      if (HoldsSealedValues(inside)) return true;
    }
  }
  return false;
}

std::optional<FormError> CheckBody(const Body& body, carnet::v1::Intent intent,
                                   const carnet::v1::Preconditions& preconditions) {
  if (intent != carnet::v1::INTENT_FACT && intent != carnet::v1::INTENT_REQUEST) {
    return Fail(reason::kIntentMissing, Path("intent"),
                "say FACT (it happened) or REQUEST (it is asked for)");
  }
  const auto request_only = [&]() -> MaybeError {
    if (intent == carnet::v1::INTENT_REQUEST) return std::nullopt;
    return Fail(reason::kIntentNotAllowed, Path("intent"), "this can only be a REQUEST");
  };
  if (preconditions.has_expected_balance()) {
    if (!body.has_set_debt()) {
      return Fail(reason::kKindNotAllowed, Path("preconditions") / "expected_balance",
                  "only set_debt has an expected balance");
    }
    if (auto e = CheckAmount(preconditions.expected_balance(), /*needs_unit=*/false,
                             Path("preconditions") / "expected_balance")) {
      return e;
    }
  }
  if (!preconditions.etag().empty()) {
    if (!body.has_contact_observed() && !body.has_customer_archived() &&
        !body.has_customer_erased() && !body.has_policy_changed()) {
      return Fail(reason::kKindNotAllowed, Path("preconditions") / "etag",
                  "only cards and policies have an etag");
    }
    if (auto e = CheckText(preconditions.etag(), Path("preconditions") / "etag", kMaxEtagBytes))
      return e;
  }
  switch (body.kind_case()) {
    case Body::kContactObserved:
      if (!body.contact_observed().revert().empty()) {
        if (auto e = request_only()) return e;
      }
      return CheckContactObserved(body.contact_observed(), Path("contact_observed"));
    case Body::kPolicyChanged:
      if (auto e = request_only()) return e;
      return CheckPolicyChanged(body.policy_changed(), Path("policy_changed"));
    case Body::kConsentRecorded:
      return CheckConsent(body.consent_recorded(), Path("consent_recorded"));
    case Body::kRecordDeleted:
      return std::nullopt;
    case Body::kPosting:
      return CheckPosting(body.posting(), intent);
    case Body::kSetDebt:
      if (auto e = request_only()) return e;
      if (auto e = CheckText(body.set_debt().code(), Path("set_debt") / "code")) return e;
      if (auto e = CheckPersonal(body.set_debt().note(), Path("set_debt") / "note")) return e;
      return CheckAmount(body.set_debt().target(), /*needs_unit=*/true,
                         Path("set_debt") / "target");
    case Body::kReversal: {
      const auto& reversal = body.reversal();
      const Path at = Path("reversal");
      if (auto e = CheckTarget(reversal.target_code(), reversal.target_source(), at)) return e;
      if (auto e = CheckText(reversal.code(), at / "code")) return e;
      return CheckPersonal(reversal.note(), at / "note");
    }
    case Body::kAssignVoucher: {
      const auto& assign = body.assign_voucher();
      const Path at = Path("assign_voucher");
      if (auto e = request_only()) return e;
      if (auto e = CheckTarget(assign.target_code(), assign.target_source(), at)) return e;
      if (auto e = CheckText(assign.code(), at / "code")) return e;
      return CheckPersonal(assign.note(), at / "note");
    }
    case Body::kSetBookDates: {
      const auto& dates = body.set_book_dates();
      if (auto e = request_only()) return e;
      if (auto e = CheckDate(dates.closed_until(), Path("set_book_dates") / "closed_until"))
        return e;
      return CheckDate(dates.floor(), Path("set_book_dates") / "floor");
    }
    case Body::kLinkCustomers:
    case Body::kUnlinkCustomers:
    case Body::kDistinguishCustomers:
    case Body::kRulesVersionActivated:
    case Body::kCustomerArchived:
    case Body::kCustomerErased:
      return request_only();
    case Body::kOrderObserved:
      if (intent != carnet::v1::INTENT_FACT) {
        return Fail(reason::kIntentNotAllowed, Path("intent"),
                    "what a channel says of an order is a FACT");
      }
      return CheckOrder(body.order_observed());
    case Body::kDeliveriesDropped: {
      if (auto e = request_only()) return e;
      const Path at = Path("deliveries_dropped") / "before_date";
      if (body.deliveries_dropped().before_date().empty())
        return Fail(reason::kTimeMalformed, at, "say before which day");
      return CheckDate(body.deliveries_dropped().before_date(), at);
    }
    case Body::kUnusableDelivery:
      if (intent != carnet::v1::INTENT_FACT) {
        return Fail(reason::kIntentNotAllowed, Path("intent"), "what was delivered is a FACT");
      }
      return CheckDelivery(body.unusable_delivery());
    case Body::KIND_NOT_SET:
      break;
  }
  return Fail(reason::kBodyMissing, Path("body"), "say what happened: exactly one of the kinds");
}

}  // namespace carnet::domain
