// Why a read or a subscription is refused: ErrorInfo.reason of the reading services. Part of the
// contract: never rename one. (What the fold says of a change is in domain/reasons.h.)
#pragma once

#include <string_view>

namespace carnet::query::reason {

// INVALID_ARGUMENT: the request's form; the field at fault is named.
inline constexpr std::string_view kNameMalformed =
    "NAME_MALFORMED";                                       // no merchants/{m}/customers/{id}
inline constexpr std::string_view kPageSize = "PAGE_SIZE";  // below 0 or above 1000
inline constexpr std::string_view kPageTokenMalformed = "PAGE_TOKEN_MALFORMED";  // not of this list
inline constexpr std::string_view kUnknownCurrency = "UNKNOWN_CURRENCY";
inline constexpr std::string_view kLookupKeyMissing = "LOOKUP_KEY_MISSING";
inline constexpr std::string_view kExternalIdMalformed = "EXTERNAL_ID_MALFORMED";
inline constexpr std::string_view kAccountUnknown = "ACCOUNT_UNKNOWN";  // no account's name
inline constexpr std::string_view kUnitMissing = "UNIT_MISSING";        // there are several
inline constexpr std::string_view kTokenMalformed = "TOKEN_MALFORMED";  // min_position
inline constexpr std::string_view kTokenOfAnotherPartition = "TOKEN_OF_ANOTHER_PARTITION";
inline constexpr std::string_view kUnknownKind = "UNKNOWN_KIND";        // of feed events
inline constexpr std::string_view kFieldUnknown = "FIELD_UNKNOWN";      // no field of Contact
inline constexpr std::string_view kQueryMalformed = "QUERY_MALFORMED";  // too long, too many words
inline constexpr std::string_view kDateMalformed = "DATE_MALFORMED";    // not YYYY-MM-DD
inline constexpr std::string_view kSequenceWithSnapshot = "SEQUENCE_WITH_SNAPSHOT";

// FAILED_PRECONDITION
inline constexpr std::string_view kTokenOfAnotherLog = "TOKEN_OF_ANOTHER_LOG";
inline constexpr std::string_view kPageTokenExpired = "PAGE_TOKEN_EXPIRED";  // views were rebuilt

// NOT_FOUND
inline constexpr std::string_view kCustomerUnknown = "CUSTOMER_UNKNOWN";
inline constexpr std::string_view kOrderUnknown = "ORDER_UNKNOWN";
inline constexpr std::string_view kVoucherUnknown = "VOUCHER_UNKNOWN";

// OUT_OF_RANGE
inline constexpr std::string_view kOverflow = "OVERFLOW";  // a sum over members beyond 64 bits
inline constexpr std::string_view kTooManySums = "TOO_MANY_SUMS";
inline constexpr std::string_view kEpochChanged = "EPOCH_CHANGED";
inline constexpr std::string_view kBeyondFeed = "BEYOND_FEED";

// RESOURCE_EXHAUSTED
inline constexpr std::string_view kSlowSubscriber = "SLOW_SUBSCRIBER";

}  // namespace carnet::query::reason
