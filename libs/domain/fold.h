// The fold: a pure function from state and change to state. The same log gives the same state, byte
// for byte, on any machine and by any later release: no clock, no random numbers, no locale, no
// floating point, no hash order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "base/uuid.h"
#include "carnet/log/v1/log.pb.h"
#include "carnet/v1/change.pb.h"
#include "domain/state.h"

namespace carnet::domain {

// The newest rules this binary knows.
inline constexpr uint32_t kRulesVersion = 1;

// Folds one change into `state` and tells what became of it. A change that is refused, repeated or
// malformed leaves nothing but its outcome (and the counters of its merchant).
//
// The caller has checked that the change's merchant is well formed and belongs to this partition.
// Everything else is checked here, as whoever writes to the log need not be a gateway of ours.
//
// Errors are stops, not outcomes: nothing was written, this partition must not go on.
//   FAILED_PRECONDITION(RULES_TOO_NEW)   the change needs rules that this binary does not know:
//   upgrade it. INTERNAL(INVARIANT_FAILED)           the books would not balance, or a row can't be
//   read: a bug or a damaged store.
absl::Status FoldChange(const carnet::log::v1::Change& change, Overlay* state,
                        carnet::v1::Outcome* outcome);

// Keeps a record that is a change of a trusted merchant but can't be folded, with its reason.
void FoldDeadLetter(const carnet::log::v1::Change& change, std::string_view reason,
                    std::string_view detail, Overlay* state, carnet::v1::Outcome* outcome);

// The outcome of the first change under an id; false if the id was never seen.
bool ReadOutcome(const Reader& state, std::string_view merchant, const Uuid& change_id,
                 carnet::v1::Outcome* outcome);

// What became of one record of the log, from a state at or after it: as ReadOutcome, but DUPLICATE
// or ID_REUSED where the record was not the first under its id.
bool ReadOutcomeOf(const Reader& state, const carnet::log::v1::Change& change,
                   carnet::v1::Outcome* outcome);

}  // namespace carnet::domain
