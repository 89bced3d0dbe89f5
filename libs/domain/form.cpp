#include "domain/form.h"

#include <algorithm>

#include "base/civil_date.h"
#include "base/money.h"
#include "base/uuid.h"
#include "domain/ledger/posting_table.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::v1::Body;
using carnet::v1::Money;

using MaybeError = std::optional<FormError>;

constexpr size_t kMaxTextBytes = 128;
constexpr int kMaxTenders = 1000;
constexpr int kMaxPhonesOrEmails = 500;
constexpr int kMaxAddresses = 100;
constexpr int kMaxCompanyNumbers = 20;
constexpr size_t kMaxLanguageBytes = 35;
constexpr size_t kMaxPersonalBytes = 4096;
// A seal adds a nonce, a tag and the normal form.
constexpr size_t kMaxBoxBytes = 2 * kMaxPersonalBytes + 64;

MaybeError Fail(std::string_view reason, std::string field, std::string detail) {
  return FormError{reason, std::move(field), std::move(detail)};
}

std::string Index(std::string_view list, int i) {
  return std::string(list) + "[" + std::to_string(i) + "]";
}

MaybeError CheckText(const std::string& text, std::string field, size_t most = kMaxTextBytes) {
  if (text.size() <= most) return std::nullopt;
  return Fail(
      reason::kValueTooLong, std::move(field),
      "it has " + std::to_string(text.size()) + " bytes; the most is " + std::to_string(most));
}

// --- amounts -------------------------------------------------------------------------------------

// One form for one amount: minor units, and no unit that only repeats `own_unit` (empty: the amount
// must have a unit).
MaybeError Canonicalize(Money* money, std::string_view own_unit, const std::string& field) {
  if (money->unit().empty() && own_unit.empty()) {
    return Fail(reason::kUnknownCurrency, field + ".unit",
                "give the currency as an ISO 4217 code, such as EUR");
  }
  const std::string unit = money->unit().empty() ? std::string(own_unit) : money->unit();
  const auto exponent = CurrencyExponent(unit);
  if (!exponent) {
    return Fail(reason::kUnknownCurrency, field + ".unit",
                "this is no ISO 4217 currency; codes are three capitals, such as EUR");
  }
  if (!own_unit.empty()) {
    if (unit != own_unit) {
      return Fail(reason::kCurrencyMismatch, field + ".unit",
                  "the voucher is in " + std::string(own_unit) + ", this in " + unit);
    }
    money->clear_unit();
  }
  switch (money->value_case()) {
    case Money::kMinor:
      return std::nullopt;
    case Money::kDecimal:
      break;
    default:
      return Fail(reason::kAmountMissing, field, "give `decimal` or `minor`");
  }
  const DecimalResult result = ParseDecimal(money->decimal(), *exponent);
  if (!result.error) {
    money->set_minor(result.minor);
    return std::nullopt;
  }
  switch (*result.error) {
    case DecimalError::kTooPrecise:
      return Fail(
          reason::kAmountPrecision, field + ".decimal",
          unit + " has " + std::to_string(*exponent) + " decimals: further digits must be zeros");
    case DecimalError::kOverflow:
      return Fail(reason::kOverflow, field + ".decimal",
                  "this is more than 64 bits of minor units hold");
    case DecimalError::kMalformed:
      break;
  }
  return Fail(reason::kAmountMalformed, field + ".decimal",
              "write digits with a point, such as 12.50; no spaces, no grouping");
}

// In the log, and after canonicalising: minor units; a unit where there must be one.
MaybeError CheckAmount(const Money& money, bool needs_unit, const std::string& field) {
  if (needs_unit && !CurrencyExponent(money.unit())) {
    return Fail(reason::kUnknownCurrency, field + ".unit", "this is no ISO 4217 currency");
  }
  if (!needs_unit && !money.unit().empty()) {
    return Fail(reason::kCurrencyMismatch, field + ".unit",
                "inside a posting amounts have its unit");
  }
  if (money.value_case() != Money::kMinor)
    return Fail(reason::kAmountMissing, field, "there is no amount in minor units");
  return std::nullopt;
}

// --- contacts ------------------------------------------------------------------------------------

MaybeError CheckPersonal(const carnet::v1::Personal& value, const std::string& field) {
  if (value.has_sealed()) {
    if (value.sealed().key_id().size() != Uuid::kSize)
      return Fail(reason::kUnparsable, field, "the key id has not 16 bytes");
    return CheckText(value.sealed().box(), field, kMaxBoxBytes);
  }
  return CheckText(value.plain(), field, kMaxPersonalBytes);
}

template <typename List>
MaybeError CheckCount(const List& list, int most, std::string field) {
  if (list.size() <= most) return std::nullopt;
  return Fail(reason::kTooManyValues, std::move(field),
              "there are " + std::to_string(list.size()) + "; the most is " + std::to_string(most));
}

MaybeError CheckCountry(const std::string& country, std::string field) {
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (country.empty() || (country.size() == 2 && capital(country[0]) && capital(country[1])))
    return std::nullopt;
  return Fail(reason::kNameMalformed, std::move(field),
              "a country is two capitals of ISO 3166-1, such as FR");
}

MaybeError CheckAddress(const carnet::v1::Address& address, const std::string& field) {
  if (auto e = CheckPersonal(address.recipient(), field + ".recipient")) return e;
  if (auto e = CheckPersonal(address.street(), field + ".street")) return e;
  if (auto e = CheckPersonal(address.postcode(), field + ".postcode")) return e;
  if (auto e = CheckPersonal(address.town(), field + ".town")) return e;
  if (auto e = CheckText(address.region(), field + ".region")) return e;
  return CheckCountry(address.country(), field + ".country");
}

MaybeError CheckContact(const carnet::v1::Contact& contact, const std::string& field) {
  if (auto e = CheckPersonal(contact.name().full(), field + ".name.full")) return e;
  if (auto e = CheckPersonal(contact.name().given(), field + ".name.given")) return e;
  if (auto e = CheckPersonal(contact.name().family(), field + ".name.family")) return e;
  if (auto e = CheckPersonal(contact.company_name(), field + ".company_name")) return e;
  if (auto e = CheckPersonal(contact.birth_date(), field + ".birth_date")) return e;
  if (auto e = CheckCount(contact.emails(), kMaxPhonesOrEmails, field + ".emails")) return e;
  if (auto e = CheckCount(contact.phones(), kMaxPhonesOrEmails, field + ".phones")) return e;
  if (auto e = CheckCount(contact.addresses(), kMaxAddresses, field + ".addresses")) return e;
  if (auto e =
          CheckCount(contact.company_numbers(), kMaxCompanyNumbers, field + ".company_numbers"))
    return e;
  for (int i = 0; i < contact.emails_size(); ++i) {
    if (auto e = CheckPersonal(contact.emails(i), Index(field + ".emails", i))) return e;
  }
  for (int i = 0; i < contact.phones_size(); ++i) {
    if (auto e = CheckPersonal(contact.phones(i), Index(field + ".phones", i))) return e;
  }
  for (int i = 0; i < contact.addresses_size(); ++i) {
    if (auto e = CheckAddress(contact.addresses(i), Index(field + ".addresses", i))) return e;
  }
  for (int i = 0; i < contact.company_numbers_size(); ++i) {
    const std::string at = Index(field + ".company_numbers", i);
    if (auto e = CheckText(contact.company_numbers(i).scheme(), at + ".scheme")) return e;
    if (auto e = CheckPersonal(contact.company_numbers(i).number(), at + ".number")) return e;
  }
  if (auto e = CheckText(contact.language(), field + ".language", kMaxLanguageBytes)) return e;
  return CheckCountry(contact.country(), field + ".country");
}

// --- postings ------------------------------------------------------------------------------------

MaybeError CheckDate(const std::string& date, std::string field) {
  if (date.empty() || ParseCivilDay(date)) return std::nullopt;
  return Fail(reason::kTimeMalformed, std::move(field),
              "a date is written YYYY-MM-DD and must be in the calendar");
}

MaybeError CheckTenders(const PostingRule& rule, const carnet::v1::Posting& posting) {
  if (rule.tenders == Tenders::kNone) {
    if (posting.tenders().empty()) return std::nullopt;
    return Fail(reason::kTenderNotAllowed, "posting.tenders",
                "this kind moves no money: leave tenders out");
  }
  if (posting.tenders().empty()) {
    return Fail(reason::kTenderMissing, "posting.tenders",
                "say how it was paid, or that it is on account");
  }
  if (auto e = CheckCount(posting.tenders(), kMaxTenders, "posting.tenders")) return e;
  __int128 sum = 0;
  for (int i = 0; i < posting.tenders_size(); ++i) {
    const auto& tender = posting.tenders(i);
    const std::string at = Index("posting.tenders", i);
    if (!carnet::v1::TenderMethod_IsValid(tender.method()) ||
        tender.method() == carnet::v1::TENDER_METHOD_UNSPECIFIED) {
      return Fail(reason::kMethodMissing, at + ".method", "say how it was paid");
    }
    if (rule.tenders == Tenders::kMoney &&
        AccountOfMethod(tender.method()) == carnet::log::v1::LEDGER_ACCOUNT_RECEIVABLE) {
      return Fail(reason::kTenderNotAllowed, at + ".method",
                  "money that is received or paid out can't be on account");
    }
    if (auto e = CheckText(tender.label(), at + ".label")) return e;
    if (auto e = CheckAmount(tender.amount(), /*needs_unit=*/false, at + ".amount")) return e;
    if (tender.amount().minor() < 0) {
      return Fail(reason::kAmountNotPositive, at + ".amount",
                  "a tender is not negative: the kind gives the sign");
    }
    sum += tender.amount().minor();
  }
  const __int128 expected =
      static_cast<__int128>(posting.total().minor()) + posting.rounding().minor();
  if (sum == expected) return std::nullopt;
  return Fail(reason::kUnbalanced, "posting.tenders",
              "total and rounding are not the sum of the tenders");
}

MaybeError CheckPosting(const carnet::v1::Posting& posting, carnet::v1::Intent intent) {
  const PostingRule* rule = FindPostingRule(posting.kind());
  if (!rule || !rule->published) {
    return Fail(reason::kKindNotAllowed, "posting.kind", "this kind can't be published");
  }
  if (intent == carnet::v1::INTENT_FACT && !rule->fact) {
    return Fail(reason::kIntentNotAllowed, "intent",
                "a voucher of this kind can only be a REQUEST");
  }
  if (auto e = CheckText(posting.code(), "posting.code")) return e;
  if (auto e = CheckText(posting.of_code(), "posting.of_code")) return e;
  if (auto e = CheckText(posting.category(), "posting.category")) return e;
  if (auto e = CheckDate(posting.due_date(), "posting.due_date")) return e;
  if (auto e = CheckAmount(posting.total(), /*needs_unit=*/true, "posting.total")) return e;
  const int64_t total = posting.total().minor();
  if (total == 0 || (total < 0 && !rule->signed_total)) {
    return Fail(reason::kAmountNotPositive, "posting.total",
                rule->signed_total ? "it must not be zero"
                                   : "it must be positive: the kind gives the sign");
  }
  if (posting.has_tax()) {
    if (auto e = CheckAmount(posting.tax(), /*needs_unit=*/false, "posting.tax")) return e;
    if (!rule->takes_tax && posting.tax().minor() != 0) {
      return Fail(reason::kTaxNotAllowed, "posting.tax", "this kind carries no tax");
    }
    if (posting.tax().minor() < 0 || posting.tax().minor() > total) {
      return Fail(reason::kAmountNotPositive, "posting.tax",
                  "tax is part of the total: between zero and the total");
    }
  }
  if (posting.has_rounding()) {
    if (auto e = CheckAmount(posting.rounding(), /*needs_unit=*/false, "posting.rounding"))
      return e;
    if (rule->tenders == Tenders::kNone && posting.rounding().minor() != 0) {
      return Fail(reason::kUnbalanced, "posting.rounding",
                  "without tenders there is nothing to round");
    }
  }
  if (auto e = CheckTenders(*rule, posting)) return e;
  if (auto e = CheckPersonal(posting.note(), "posting.note")) return e;
  return CheckContact(posting.contact().contact(), "posting.contact.contact");
}

// --- emptiness -----------------------------------------------------------------------------------

bool IsEmpty(const carnet::v1::Personal& value) {
  return !value.has_sealed() && value.plain().empty();
}

template <typename List, typename Empty>
void DropEmpty(List* list, Empty empty) {
  list->erase(std::remove_if(list->begin(), list->end(), empty), list->end());
}

void DropEmptyAddressParts(carnet::v1::Address* address) {
  if (IsEmpty(address->recipient())) address->clear_recipient();
  if (IsEmpty(address->street())) address->clear_street();
  if (IsEmpty(address->postcode())) address->clear_postcode();
  if (IsEmpty(address->town())) address->clear_town();
}

bool SaysNothing(const carnet::v1::Address& address) {
  return !address.has_recipient() && !address.has_street() && !address.has_postcode() &&
         !address.has_town() && address.region().empty() && address.country().empty();
}

void DropEmptyValues(carnet::v1::Contact* contact) {
  if (contact->has_name()) {
    auto* name = contact->mutable_name();
    if (IsEmpty(name->full())) name->clear_full();
    if (IsEmpty(name->given())) name->clear_given();
    if (IsEmpty(name->family())) name->clear_family();
    if (!name->has_full() && !name->has_given() && !name->has_family()) contact->clear_name();
  }
  if (IsEmpty(contact->company_name())) contact->clear_company_name();
  if (IsEmpty(contact->birth_date())) contact->clear_birth_date();
  DropEmpty(contact->mutable_emails(), IsEmpty);
  DropEmpty(contact->mutable_phones(), IsEmpty);
  for (auto& address : *contact->mutable_addresses()) DropEmptyAddressParts(&address);
  DropEmpty(contact->mutable_addresses(), SaysNothing);
  DropEmpty(contact->mutable_company_numbers(),
            [](const carnet::v1::CompanyNumber& number) { return IsEmpty(number.number()); });
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

void DropEmptyValues(Body* body) {
  switch (body->kind_case()) {
    case Body::kContactObserved:
      DropEmptyValues(body->mutable_contact_observed()->mutable_contact());
      break;
    case Body::kPosting: {
      auto* posting = body->mutable_posting();
      if (IsEmpty(posting->note())) posting->clear_note();
      if (!posting->has_contact()) break;
      DropEmptyValues(posting->mutable_contact()->mutable_contact());
      if (posting->contact().contact().ByteSizeLong() == 0) posting->clear_contact();
      break;
    }
    case Body::kSetDebt:
      if (IsEmpty(body->set_debt().note())) body->mutable_set_debt()->clear_note();
      break;
    case Body::kReversal:
      if (IsEmpty(body->reversal().note())) body->mutable_reversal()->clear_note();
      break;
    default:
      break;
  }
}

std::optional<FormError> CanonicalizeAmounts(Body* body, carnet::v1::Preconditions* preconditions) {
  std::string unit;
  if (body->has_posting()) {
    auto* posting = body->mutable_posting();
    if (auto e = Canonicalize(posting->mutable_total(), {}, "posting.total")) return e;
    unit = posting->total().unit();
    for (int i = 0; i < posting->tenders_size(); ++i) {
      if (auto e = Canonicalize(posting->mutable_tenders(i)->mutable_amount(), unit,
                                Index("posting.tenders", i) + ".amount")) {
        return e;
      }
    }
    // Zero says no more than nothing does.
    if (posting->has_rounding()) {
      if (auto e = Canonicalize(posting->mutable_rounding(), unit, "posting.rounding")) return e;
      if (posting->rounding().minor() == 0) posting->clear_rounding();
    }
    if (posting->has_tax()) {
      if (auto e = Canonicalize(posting->mutable_tax(), unit, "posting.tax")) return e;
      if (posting->tax().minor() == 0) posting->clear_tax();
    }
  } else if (body->has_set_debt()) {
    if (auto e = Canonicalize(body->mutable_set_debt()->mutable_target(), {}, "set_debt.target"))
      return e;
    unit = body->set_debt().target().unit();
  }
  if (!preconditions->has_expected_balance()) return std::nullopt;
  if (unit.empty()) {
    return Fail(reason::kKindNotAllowed, "preconditions.expected_balance",
                "only set_debt has an expected balance");
  }
  return Canonicalize(preconditions->mutable_expected_balance(), unit,
                      "preconditions.expected_balance");
}

std::optional<FormError> CheckBody(const Body& body, carnet::v1::Intent intent,
                                   const carnet::v1::Preconditions& preconditions) {
  if (intent != carnet::v1::INTENT_FACT && intent != carnet::v1::INTENT_REQUEST) {
    return Fail(reason::kIntentMissing, "intent",
                "say FACT (it happened) or REQUEST (it is asked for)");
  }
  const auto request_only = [&]() -> MaybeError {
    if (intent == carnet::v1::INTENT_REQUEST) return std::nullopt;
    return Fail(reason::kIntentNotAllowed, "intent", "this can only be a REQUEST");
  };
  if (preconditions.has_expected_balance()) {
    if (!body.has_set_debt()) {
      return Fail(reason::kKindNotAllowed, "preconditions.expected_balance",
                  "only set_debt has an expected balance");
    }
    if (auto e = CheckAmount(preconditions.expected_balance(), /*needs_unit=*/false,
                             "preconditions.expected_balance")) {
      return e;
    }
  }
  switch (body.kind_case()) {
    case Body::kContactObserved:
      return CheckContact(body.contact_observed().contact(), "contact_observed.contact");
    case Body::kPosting:
      return CheckPosting(body.posting(), intent);
    case Body::kSetDebt:
      if (auto e = request_only()) return e;
      if (auto e = CheckText(body.set_debt().code(), "set_debt.code")) return e;
      if (auto e = CheckPersonal(body.set_debt().note(), "set_debt.note")) return e;
      return CheckAmount(body.set_debt().target(), /*needs_unit=*/true, "set_debt.target");
    case Body::kReversal: {
      const auto& reversal = body.reversal();
      if (reversal.target_code().empty()) {
        return Fail(reason::kCodeMissing, "reversal.target_code", "name the voucher by its code");
      }
      if (auto e = CheckText(reversal.target_code(), "reversal.target_code")) return e;
      if (auto e = CheckText(reversal.code(), "reversal.code")) return e;
      if (auto e = CheckPersonal(reversal.note(), "reversal.note")) return e;
      if (!reversal.target_source().empty() && !IsName(reversal.target_source())) {
        return Fail(reason::kNameMalformed, "reversal.target_source",
                    "a source is [a-z0-9][a-z0-9._-]{0,62}");
      }
      return std::nullopt;
    }
    case Body::kLinkCustomers:
    case Body::kUnlinkCustomers:
    case Body::kRulesVersionActivated:
      return request_only();
    case Body::KIND_NOT_SET:
      break;
  }
  return Fail(reason::kBodyMissing, "body", "say what happened: exactly one of the kinds");
}

}  // namespace carnet::domain
