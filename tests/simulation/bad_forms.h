// One thing wrong with a change.
#pragma once

#include "carnet/log/v1/log.pb.h"
#include "tests/simulation/seeded_random.h"

namespace carnet::simulation {

// Spoils a well formed change so that every fold must keep it aside as a dead letter, whatever the
// state. Merchant and key stay as they are.
void SpoilForm(Random* random, carnet::log::v1::Change* change);

}  // namespace carnet::simulation
