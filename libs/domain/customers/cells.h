// Cells: the fields of a source record, each with where it came from, merged by rules that commute.
#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "base/uuid.h"
#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/contact.pb.h"
#include "domain/step.h"

namespace carnet::domain {

// Where a cell stands among several for the same field, of one source record or of many. The
// greater wins: what the customer's own record says before what a document said in passing, then
// the later by the channels' clocks; between source records ties go by channel, source and external
// id, so that the order of arrival is without influence. (Inside one source record a tie goes to
// the later in the log.)
struct CellRank {
  bool own = false;
  int64_t as_of_micros = 0;
  std::string_view channel;
  std::string_view source;
  std::string_view external_id;

  auto operator<=>(const CellRank&) const = default;
};
CellRank RankOf(const carnet::log::v1::Cell& cell, const carnet::log::v1::RecordRow& record);

// Merges what the change says of a contact into the record, which exists or is created, and keeps
// the lookup rows of e-mails and phones in step. `observed`: said in passing by a document.
void MergeContact(Step* step, const Uuid& record, std::string_view external_id, bool derived,
                  const carnet::v1::Contact& contact, bool observed);

}  // namespace carnet::domain
