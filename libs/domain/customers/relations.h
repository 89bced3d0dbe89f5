// Who brought whom, and who is a contact of which company.
#pragma once

#include <string>
#include <vector>

#include "base/uuid.h"
#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/contact.pb.h"
#include "domain/customers/catalogue.h"
#include "domain/step.h"

namespace carnet::domain {

// A REQUEST that names a referrer or company nobody knows is refused: NOT_FOUND. A FACT is flagged
// UNKNOWN_CUSTOMER and kept, without effect.
Verdict CheckRelations(Step* step, const carnet::v1::Contact& contact);

// Whom the record's referrer cell names: a customer's id or a phone's token; empty: nobody.
std::string ReferrerNamed(const carnet::log::v1::RecordRow& row);

// After `contact` was merged into a record and `cleared` taken out: brings what follows from its
// referrer (who was `named_before`), its company and its phones up to date. A phone is looked up
// once: who was found stays the referrer for as long as the same phone is said. Stores `row` where
// it changes it.
void UpdateRelations(Step* step, const Uuid& record, const carnet::v1::Contact& contact,
                     const std::vector<CardField>& cleared, const std::string& named_before,
                     carnet::log::v1::RecordRow* row);

// After the record was deleted by its channel. `row` is stored by the caller.
void UpdateRelationsAfterDelete(Step* step, const Uuid& record, carnet::log::v1::RecordRow* row);

// The record, whose row is `row`, is forgotten: it waits for nobody, was brought by nobody, and is
// no contact. Contacts of its own have no company any more. Whom it brought stays brought by it.
void ForgetRelations(Step* step, const Uuid& record, const carnet::log::v1::RecordRow& row);

}  // namespace carnet::domain
