// The form of a change: what can be checked without any state. The gateway checks before it
// appends, so that a caller sees its mistake; the fold checks again, as what stands in a log may
// come from anybody.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <google/protobuf/message.h>

#include "carnet/v1/change.pb.h"

namespace carnet::domain {

// A reason of reasons.h, the field at fault as a path from the body ("posting.tenders[2].amount"),
// a sentence for people.
struct FormError {
  std::string_view reason;
  std::string field;
  std::string detail;
};

// Whether ids are of their form; they name merchants, channels and sources.
bool IsName(std::string_view text);        // [a-z0-9][a-z0-9._-]{0,62}
bool IsExternalId(std::string_view text);  // UTF-8, 1 to 128 bytes, no zero byte

// Where personal values stand: plain at the API, sealed in the log.
enum class PersonalForm { kPlain, kSealed };

// Looks through a whole message for fields this version does not know (UNKNOWN_FIELD) and for
// personal values in the wrong form (SEALED_NOT_ALLOWED, PLAIN_PERSONAL_DATA); at the API also for
// what only the gateway may write.
std::optional<FormError> CheckFields(const google::protobuf::Message& message, PersonalForm form);

// What a body says of a contact, by itself or with a voucher or an order; null: nothing.
const carnet::v1::ContactObserved* ContactSaidIn(const carnet::v1::Body& body);
inline carnet::v1::ContactObserved* ContactSaidIn(carnet::v1::Body* body) {
  return const_cast<carnet::v1::ContactObserved*>(ContactSaidIn(std::as_const(*body)));
}

// Whether a body says something of one source record, so that the change must name one.
bool IsAboutRecord(const carnet::v1::Body& body);

// Whether there is a sealed value anywhere in a body.
bool HoldsSealedValues(const google::protobuf::Message& body);

// Checks a body in which every amount is in minor units, its personal values plain or sealed.
std::optional<FormError> CheckBody(const carnet::v1::Body& body, carnet::v1::Intent intent,
                                   const carnet::v1::Preconditions& preconditions);

// Drops what an observation leaves empty: empty personal values, and lists and messages that hold
// nothing then. Empty never blanks a value.
void DropEmptyValues(carnet::v1::Body* body);

// Turns decimal text into minor units and drops units that only repeat the posting's own: one form
// for one meaning. Errors: AMOUNT_PRECISION, OVERFLOW, AMOUNT_MALFORMED, AMOUNT_MISSING,
// UNKNOWN_CURRENCY, CURRENCY_MISMATCH.
std::optional<FormError> CanonicalizeAmounts(carnet::v1::Body* body,
                                             carnet::v1::Preconditions* preconditions);

}  // namespace carnet::domain
