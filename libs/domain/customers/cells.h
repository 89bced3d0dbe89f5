// Cells: the fields of a source record, each with where it came from, merged by rules that commute.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/uuid.h"
#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/contact.pb.h"
#include "domain/customers/catalogue.h"
#include "domain/step.h"

namespace carnet::domain {

// Where a cell stands among several for the same field, of one source record or of many. The
// greater wins: what the customer's own record says before what a document said in passing, then
// the higher-ranked channel, then the later by the channels' clocks; between source records ties go
// by channel, source and external id, so that the order of arrival is without influence. (Inside
// one source record a tie goes to the later in the log.)
struct CellRank {
  bool own = false;
  int32_t channel_rank = 0;
  int64_t as_of_micros = 0;
  std::string_view channel;
  std::string_view source;
  std::string_view external_id;

  auto operator<=>(const CellRank&) const = default;
};
CellRank RankOf(const carnet::log::v1::Cell& cell, const carnet::log::v1::RecordRow& record);

// Whether the record's channel deleted what the cell says.
bool IsDeleted(const carnet::log::v1::Cell& cell, const carnet::log::v1::RecordRow& record);

// A cell that may be the one on the card.
struct Contender {
  const carnet::log::v1::Cell* cell;
  const carnet::log::v1::RecordRow* record;
};

// The place of the cell that is on the card among all that the members of a customer have for one
// field; -1: none. A field that somebody put back beats everything up to that time, whatever its
// rank; among what is left CellRank decides. A winner that is `cleared` means that the field is
// empty.
template <typename Contenders>
ptrdiff_t WinnerOf(const Contenders& contenders);

// How a channel's words count in each field; asked once for each field that is said.
using FieldRankOf = std::function<int32_t(uint32_t field, std::string_view key)>;

// What a change says of a contact, ready to be merged.
struct ContactSaid {
  const carnet::v1::Contact& contact;
  std::vector<CardField> cleared;   // sorted
  std::vector<CardField> reverted;  // sorted; of those said or cleared
  bool observed = false;            // said in passing by a document
  FieldRankOf rank_of;              // none: all channels are equal
};

// Merges it into the record, whose row is `row` (and is stored here), keeps the lookup rows of
// e-mails and phones in step, and what is replaced or came too late in the history. False: nothing
// changed, not even where a value comes from.
bool MergeContact(Step* step, const Uuid& record, const ContactSaid& said,
                  carnet::log::v1::RecordRow* row);

// Takes the record's cells out of the lookup rows from here on: they are deleted up to a time.
void DropLookups(Step* step, const Uuid& record, const carnet::log::v1::RecordRow& before,
                 const carnet::log::v1::RecordRow& after);

// Changes whenever the card of a customer does. `customer`: an oldest member.
std::string CardEtag(const Reader& state, std::string_view merchant, const Uuid& customer);

// ETAG_CHANGED where the change was meant for a card that looked otherwise. `customer`: none, for a
// card that is not there.
Verdict CheckEtag(const Step& step, const std::optional<Uuid>& customer);

// The same, over rows that are at hand.
class CardEtagBuilder {
 public:
  void Add(const Uuid& member, const carnet::log::v1::RecordRow& row);
  std::string Finish() const;

 private:
  std::string text_;
};

// --- implementation ---

namespace internal {
bool BeatenByRevert(const carnet::log::v1::Cell& cell, int64_t reverted_as_of);
}

template <typename Contenders>
ptrdiff_t WinnerOf(const Contenders& contenders) {
  bool any_reverted = false;
  int64_t reverted = 0;
  for (const Contender& each : contenders) {
    if (!each.cell->has_reverted_as_of_micros() || IsDeleted(*each.cell, *each.record)) continue;
    if (!any_reverted || each.cell->reverted_as_of_micros() > reverted) {
      reverted = each.cell->reverted_as_of_micros();
    }
    any_reverted = true;
  }
  ptrdiff_t winner = -1;
  ptrdiff_t place = 0;
  const Contender* best = nullptr;
  for (const Contender& each : contenders) {
    const bool out = IsDeleted(*each.cell, *each.record) ||
                     (any_reverted && internal::BeatenByRevert(*each.cell, reverted));
    if (!out && (best == nullptr ||
                 RankOf(*each.cell, *each.record) > RankOf(*best->cell, *best->record))) {
      best = &each;
      winner = place;
    }
    ++place;
  }
  return winner;
}

}  // namespace carnet::domain
