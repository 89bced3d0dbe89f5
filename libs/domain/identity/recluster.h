// Links kept in step with what is known: after a change, only the neighbourhood that it touches is
// divided again, and what that changes is written and told.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "base/uuid.h"
#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/contact.pb.h"
#include "domain/identity/stored_records.h"
#include "domain/step.h"

namespace carnet::domain::identity {

// What a contact, sealed by a gateway, says of a record that is stored, and which fields of it are
// cleared. Nothing is read or written but the record's own row where that is nothing new.
void LearnContact(Step* step, const Uuid& record, const carnet::log::v1::RecordRow& row,
                  const carnet::v1::Contact& contact, const std::vector<uint32_t>& cleared);

// What is known of a record is forgotten, but for what people said of it.
void ForgetFacts(Step* step, const Uuid& record);

// The records of a customer are forgotten: whatever is known of them, and what people said of them
// and others. They stay linked as they are; nobody is compared with them any more.
void EraseFacts(Step* step, const std::vector<Uuid>& members);

// What a person said last of two records that exist: the same, not the same, or (nothing) neither
// any more. Nothing is divided again yet.
void Decide(Step* step, const Uuid& a, const Uuid& b, std::optional<bool> same);

// Divides the neighbourhoods of some records again.
void Recluster(Step* step, const std::set<Uuid>& seeds);

}  // namespace carnet::domain::identity
