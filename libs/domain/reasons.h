// Every reason and flag, in one place. They are part of the contract: never rename one.
//
// Precedence. Where several reasons hold, the first in this list wins: form before id, id before
// customer, customer before voucher, voucher before balance; a dead letter before a rejection.
#pragma once

#include <string_view>

namespace carnet::domain::reason {

// Form: INVALID_ARGUMENT at the gateway, DEAD_LETTER where the caller can't see it.
inline constexpr std::string_view kUnparsable = "UNPARSABLE";     // no message of this kind
inline constexpr std::string_view kInvalidUtf8 = "INVALID_UTF8";  // a text field that is not UTF-8
inline constexpr std::string_view kUnknownField =
    "UNKNOWN_FIELD";  // a field this version does not know
inline constexpr std::string_view kRecordTooLarge = "RECORD_TOO_LARGE";  // over 4 MiB after sealing
inline constexpr std::string_view kWrongPartition =
    "WRONG_PARTITION";  // the merchant belongs elsewhere
inline constexpr std::string_view kMerchantMismatch =
    "MERCHANT_MISMATCH";  // the record's key is another merchant
inline constexpr std::string_view kIdMissing = "ID_MISSING";          // no id, or not a UUID
inline constexpr std::string_view kNameMalformed = "NAME_MALFORMED";  // merchant, channel or source
inline constexpr std::string_view kExternalIdMalformed = "EXTERNAL_ID_MALFORMED";
inline constexpr std::string_view kCustomerMalformed =
    "CUSTOMER_MALFORMED";  // not customers/{uuid}
inline constexpr std::string_view kTimeMalformed =
    "TIME_MALFORMED";  // a date or instant outside the calendar
inline constexpr std::string_view kIntentMissing = "INTENT_MISSING";
inline constexpr std::string_view kBodyMissing = "BODY_MISSING";
inline constexpr std::string_view kIntentNotAllowed =
    "INTENT_NOT_ALLOWED";  // FACT for a REQUEST-only body
inline constexpr std::string_view kPlainPersonalData = "PLAIN_PERSONAL_DATA";  // in the log
inline constexpr std::string_view kSealedNotAllowed = "SEALED_NOT_ALLOWED";    // at the API
inline constexpr std::string_view kTooManyValues = "TOO_MANY_VALUES";
inline constexpr std::string_view kValueTooLong = "VALUE_TOO_LONG";
inline constexpr std::string_view kKindNotAllowed =
    "KIND_NOT_ALLOWED";  // a kind that only Carnet itself posts
inline constexpr std::string_view kAmountMissing = "AMOUNT_MISSING";
inline constexpr std::string_view kAmountMalformed = "AMOUNT_MALFORMED";  // not decimal text
inline constexpr std::string_view kUnknownCurrency = "UNKNOWN_CURRENCY";
inline constexpr std::string_view kCurrencyMismatch = "CURRENCY_MISMATCH";
inline constexpr std::string_view kAmountPrecision =
    "AMOUNT_PRECISION";                                    // more decimals than the unit has
inline constexpr std::string_view kOverflow = "OVERFLOW";  // beyond 64 bits
inline constexpr std::string_view kAmountNotPositive = "AMOUNT_NOT_POSITIVE";
inline constexpr std::string_view kTenderMissing = "TENDER_MISSING";
inline constexpr std::string_view kTenderNotAllowed =
    "TENDER_NOT_ALLOWED";  // on account in a receipt, any in an opening
inline constexpr std::string_view kTaxNotAllowed =
    "TAX_NOT_ALLOWED";  // a receipt, payment or opening has none
inline constexpr std::string_view kAccountNotAllowed =
    "ACCOUNT_NOT_ALLOWED";  // a kind that says itself which account it is about
inline constexpr std::string_view kExchangedNotAllowed =
    "EXCHANGED_NOT_ALLOWED";  // a second amount, but no exchange
inline constexpr std::string_view kMethodMissing = "METHOD_MISSING";
inline constexpr std::string_view kUnbalanced =
    "UNBALANCED";  // total + rounding is not the sum of tenders
inline constexpr std::string_view kCodeMissing =
    "CODE_MISSING";  // a reversal that names no voucher
inline constexpr std::string_view kFieldUnknown =
    "FIELD_UNKNOWN";  // no field has that name; REQUEST: nor has a custom field, FACT: flag
inline constexpr std::string_view kPolicyMalformed =
    "POLICY_MALFORMED";  // a rule that makes no sense
inline constexpr std::string_view kConsentTargetMissing =
    "CONSENT_TARGET_MISSING";  // no valid e-mail or phone
inline constexpr std::string_view kConsentStateMissing = "CONSENT_STATE_MISSING";

// Id.
inline constexpr std::string_view kIdReused = "ID_REUSED";  // other content under a used id

// REQUESTs refused for a business reason. (The same ticket again is DUPLICATE, whatever else would
// hold of it.)
//
// Who and what: the customer, then the voucher that is named.
inline constexpr std::string_view kNotFound = "NOT_FOUND";  // a customer or voucher nobody knows
inline constexpr std::string_view kNoCustomer = "NO_CUSTOMER";  // REQUEST: refused; FACT: flag
inline constexpr std::string_view kCustomerErased =
    "CUSTOMER_ERASED";  // REQUEST: refused; FACT: flag
inline constexpr std::string_view kCodeTaken = "CODE_TAKEN";
inline constexpr std::string_view kNotReversible = "NOT_REVERSIBLE";
inline constexpr std::string_view kAlreadyReversed = "ALREADY_REVERSED";
inline constexpr std::string_view kNothingToAssign =
    "NOTHING_TO_ASSIGN";  // the unknown debtor owes nothing by it
inline constexpr std::string_view kAlreadyAssigned = "ALREADY_ASSIGNED";
// When.
inline constexpr std::string_view kDateInFuture =
    "DATE_IN_FUTURE";  // books closed beyond the recorded date
inline constexpr std::string_view kPeriodClosed =
    "PERIOD_CLOSED";  // REQUEST: refused; FACT: the first open day, and a flag
inline constexpr std::string_view kAlreadyOpened = "ALREADY_OPENED";
inline constexpr std::string_view kBeforeOpening =
    "BEFORE_OPENING";  // REQUEST: refused; FACT: flag
// How much.
inline constexpr std::string_view kBalanceChanged = "BALANCE_CHANGED";
inline constexpr std::string_view kOverOpenAmount = "OVER_OPEN_AMOUNT";  // more than there is
// Links.
inline constexpr std::string_view kTooManyMembers =
    "TOO_MANY_MEMBERS";                                           // over 40 records in one customer
inline constexpr std::string_view kEtagChanged = "ETAG_CHANGED";  // not what its author saw
inline constexpr std::string_view kRequiredField =
    "REQUIRED_FIELD";  // left out of a new card, or cleared
inline constexpr std::string_view kCustomValueMalformed =
    "CUSTOM_VALUE_MALFORMED";  // REQUEST: refused; FACT: flag
inline constexpr std::string_view kNotAChoice =
    "NOT_A_CHOICE";  // not of the merchant's list; FACT: flag
inline constexpr std::string_view kValueTaken =
    "VALUE_TAKEN";  // another customer's e-mail or phone; FACT: flag
inline constexpr std::string_view kFieldTypeChanged =
    "FIELD_TYPE_CHANGED";  // a custom field's key keeps its type for ever
inline constexpr std::string_view kHasBalance = "HAS_BALANCE";
inline constexpr std::string_view kDistinguished =
    "DISTINGUISHED";  // a pair that the link would bring together was said not to be the same
inline constexpr std::string_view kLinkedByPerson =
    "LINKED_BY_PERSON";  // people's other links hold the two together

// Operators.
inline constexpr std::string_view kQuarantined = "QUARANTINED";

}  // namespace carnet::domain::reason

namespace carnet::domain::flag {

inline constexpr std::string_view kClockSuspect =
    "CLOCK_SUSPECT";  // effective date replaced by the recorded one
inline constexpr std::string_view kCodeReused = "CODE_REUSED";  // FACT: same code, other content
inline constexpr std::string_view kNaturalKey = "NATURAL_KEY";  // DUPLICATE under another id
inline constexpr std::string_view kNoChange = "NO_CHANGE";      // nothing to do
inline constexpr std::string_view kNoCustomer = "NO_CUSTOMER";  // posted to the unknown debtor
inline constexpr std::string_view kPeriodClosed =
    "PERIOD_CLOSED";  // FACT: counts for the first open day
inline constexpr std::string_view kBeforeOpening = "BEFORE_OPENING";
inline constexpr std::string_view kPendingTarget =
    "PENDING_TARGET";  // a void that waits for its voucher
inline constexpr std::string_view kReversedOnArrival = "REVERSED_ON_ARRIVAL";
inline constexpr std::string_view kAlreadyReversed =
    "ALREADY_REVERSED";  // FACT: a void of what is void already
inline constexpr std::string_view kNotReversible =
    "NOT_REVERSIBLE";  // FACT: a void of a reversal: nothing posted
inline constexpr std::string_view kCustomerErased =
    "CUSTOMER_ERASED";  // FACT: of somebody who was forgotten; kept for the books alone
inline constexpr std::string_view kUnknownCustomer =
    "UNKNOWN_CUSTOMER";  // FACT: names a customer id nobody knows
inline constexpr std::string_view kWalkIn =
    "WALK_IN";  // an external id that the merchant's policy says is nobody's
inline constexpr std::string_view kFieldSwitchedOff =
    "FIELD_SWITCHED_OFF";  // what it said of such a field was dropped
inline constexpr std::string_view kFieldUnknown =
    "FIELD_UNKNOWN";  // FACT: a custom field that policy does not have: kept, hidden
inline constexpr std::string_view kCustomValueMalformed = "CUSTOM_VALUE_MALFORMED";
inline constexpr std::string_view kNotAChoice = "NOT_A_CHOICE";
inline constexpr std::string_view kValueTaken = "VALUE_TAKEN";
inline constexpr std::string_view kOlderVersion =
    "OLDER_VERSION";  // an order's state older than the one known: nothing of it counts

}  // namespace carnet::domain::flag
