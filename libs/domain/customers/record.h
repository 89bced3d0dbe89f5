// Source records: what one channel knows of somebody under one external id.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/uuid.h"
#include "carnet/log/v1/rows.pb.h"
#include "domain/ledger/account.h"
#include "domain/step.h"

namespace carnet::domain {

// The id of a source record; known without the fold, so that a caller can be told it at once.
// `life` counts erasures: what comes under an erased external id begins a new record.
Uuid RecordId(std::string_view merchant, std::string_view channel, std::string_view source,
              std::string_view external_id, uint32_t life = 0);

// The record to which a change's contact goes. A change that names a customer by id does not write
// into that record, which another channel may own, but into a record of its own channel and source
// under the customer's id, linked to it.
Uuid ContactRecordId(std::string_view merchant, std::string_view channel, std::string_view source,
                     std::string_view external_id, const std::optional<Uuid>& customer_id,
                     uint32_t life = 0);

// For whom the personal values of a change are sealed, so that they can be forgotten with the
// customer: the record to which its contact goes, in the life that the gateway knew; or, where the
// change names nobody, the change itself.
Uuid SealedFor(const carnet::log::v1::Change& change);

// The source record to which a change is addressed, with its account. It is created if the change
// names an unknown external id. What is addressed to a contact of a company is posted to the
// company's account. No account: a walk-in, or (`unknown_customer`) a customer id that nobody
// knows. `erased`: the record was forgotten, and the change is about the time before that, or names
// it by its id.
struct Addressee {
  std::optional<Account> account;
  Uuid record;  // nil without an account; the contact's where the account is its company's
  bool unknown_customer = false;
  bool erased = false;
  bool created = false;         // by this change
  bool follows_erased = false;  // its external id was forgotten before
};
Addressee ResolveAddressee(Step* step);

// Makes the row of a new record and its event; the caller knows that there is none. What policy
// gives every new record is in it.
carnet::log::v1::RecordRow CreateRecord(Step* step, const Uuid& record,
                                        std::string_view external_id, bool derived);

// The row of a record that exists or is created here.
carnet::log::v1::RecordRow FindOrCreateRecord(Step* step, const Uuid& record,
                                              std::string_view external_id, bool derived);

// "customers/{id}" or the id alone.
std::optional<Uuid> ParseCustomerId(std::string_view text);

// The customer that a record belongs to; nothing if there is no such record.
std::optional<Uuid> CustomerOfRecord(const Reader& state, std::string_view merchant,
                                     const Uuid& record);

}  // namespace carnet::domain
