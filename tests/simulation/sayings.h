// What a source says: bodies of all kinds, drawn at random, well formed.
#pragma once

#include <string>
#include <vector>

#include "carnet/log/v1/log.pb.h"
#include "tests/simulation/seeded_random.h"

namespace carnet::simulation {

// A till, a web shop, a page, a desk: with what it remembers of its own.
struct Source {
  std::string channel;
  std::string name;
  // Codes of its vouchers.
  std::vector<std::string> codes;
  // Codes it voided before it used them.
  std::vector<std::string> voided_early;
};

// Fills in body, intent and preconditions of one kind.
void SayContact(Random* random, carnet::log::v1::Change* change);
// Of all kinds that are published as postings; sometimes with what the document says of its buyer.
void SayPosting(Random* random, Source* source, carnet::log::v1::Change* change);
void SaySetDebt(Random* random, Source* source, carnet::log::v1::Change* change);
// Of one of the source's own codes, of one that is still to come, or of nothing; never of a
// generated code.
void SayReversal(Random* random, Source* source, carnet::log::v1::Change* change);

// Of one of the source's own codes: mostly nothing that an unknown debtor owes.
void SayAssignment(Random* random, Source* source, carnet::log::v1::Change* change);
// Closes the books some days before `today`, now and then after it, or opens them again.
void SayBookDates(Random* random, int32_t today, carnet::log::v1::Change* change);

// An external id as sources have them; few, so that they meet again. Empty for a walk-in.
std::string DrawExternalId(Random* random);

// 16 bytes by which two publications of one change are told to be equal.
std::string ContentHashOf(const carnet::log::v1::Change& change);

}  // namespace carnet::simulation
