// Reading a merchant's feed.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "carnet/v1/feed.pb.h"
#include "domain/state.h"
#include "view_store/view_store.h"

namespace carnet::query {

// Raised when a merchant's history is deliberately re-interpreted. No view has been, yet.
inline constexpr uint32_t kFeedEpoch = 1;

// Which kinds of events are wanted.
class EventKinds {
 public:
  static EventKinds All();
  // By the names of FeedEvent.kind's fields; none means all. Errors:
  // INVALID_ARGUMENT(UNKNOWN_KIND).
  static absl::StatusOr<EventKinds> Parse(
      const google::protobuf::RepeatedPtrField<std::string>& names);

  bool Contains(carnet::v1::FeedEvent::KindCase kind) const {
    return wanted_[static_cast<size_t>(kind)];
  }

 private:
  std::bitset<128> wanted_;  // by field number
};

// Sequence of the newest event; 0 before the first one.
uint64_t LastFeedSequence(const domain::Reader& reader, std::string_view merchant);

// A piece of the feed.
struct FeedPage {
  std::vector<carnet::v1::FeedEvent> events;  // of the kinds wanted, in order
  uint64_t next_sequence = 0;                 // all before it were looked at
};

// Looks at up to `limit` events from `from_sequence` (at least 1) on. At the feed's end,
// next_sequence is the one that the next event will have (or from_sequence, where that lies
// beyond).
FeedPage ReadFeed(const view_store::Snapshot& snapshot, std::string_view merchant,
                  uint64_t from_sequence, size_t limit, const EventKinds& kinds);

}  // namespace carnet::query
