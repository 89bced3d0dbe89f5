#include "projector/subscription.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/error.h"
#include "query/reasons.h"

namespace carnet::projector_service {

Subscription::Subscription(std::shared_ptr<Stream> stream, const query::Customers* customers,
                           Newest newest, Start start)
    : stream_(std::move(stream)),
      customers_(customers),
      newest_(std::move(newest)),
      merchant_(std::move(start.merchant)),
      kinds_(start.kinds),
      snapshot_(std::move(start.snapshot)),
      page_{.next_sequence = start.next_sequence},
      last_checkpoint_(start.next_sequence - 1) {}

void Subscription::Wake() {
  absl::StatusOr<bool> made = false;
  {
    const std::lock_guard lock(mutex_);
    if (writing_ || over_) return;  // what is on its way will look again when it has gone
    made = MakeNext();
    if (made.ok() && !*made) return;
    writing_ = made.ok();
    writing_since_ = absl::Now();
    over_ = !made.ok();
  }
  // Not under the lock: of a stream that is over, Write() calls back at once.
  if (made.ok()) {
    stream_->Write(message_, [self = shared_from_this()](bool ok) { self->Written(ok); });
  } else {
    stream_->Finish(made.status());
  }
}

void Subscription::Written(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    over_ = over_ || !ok;
    if (over_) snapshot_ = nullptr;
  }
  Wake();
}

void Subscription::EndIfStuckSince(absl::Time limit) {
  absl::Status status;
  {
    const std::lock_guard lock(mutex_);
    if (over_ || !writing_ || writing_since_ > limit) return;
    over_ = true;
    status = Error(absl::StatusCode::kResourceExhausted, query::reason::kSlowSubscriber,
                   "this subscriber did not take a message for too long: subscribe again from its "
                   "cursor, and read faster");
    if (!snapshot_) {
      AddErrorMetadata("epoch", std::to_string(query::kFeedEpoch), &status);
      AddErrorMetadata("sequence", std::to_string(Cursor()), &status);
    }
    snapshot_ = nullptr;
  }
  stream_->Finish(status);
}

bool Subscription::over() const {
  const std::lock_guard lock(mutex_);
  return over_ || stream_->over();
}

absl::StatusOr<bool> Subscription::MakeNext() {
  message_.Clear();
  return snapshot_ ? NextCustomer() : NextEvent();
}

absl::StatusOr<bool> Subscription::NextCustomer() {
  const auto found = customers_->Next(*snapshot_, merchant_, &last_customer_,
                                      message_.mutable_snapshot_customer());
  if (!found.ok() || *found) return found;
  snapshot_ = nullptr;
  MakeCheckpoint(message_.mutable_snapshot_end());
  return true;
}

absl::StatusOr<bool> Subscription::NextEvent() {
  while (next_in_page_ == page_.events.size()) {
    const uint64_t looked_at = page_.next_sequence - 1 - last_checkpoint_;
    if (looked_at < kEventsPerCheckpoint) {
      const auto newest = newest_();
      if (!newest.ok()) return newest.status();
      // Most of those who are woken find nothing: one small row tells.
      if (page_.next_sequence <= query::LastFeedSequence(**newest, merchant_)) {
        const uint64_t limit = std::min(kEventsPerPage, kEventsPerCheckpoint - looked_at);
        page_ = query::ReadFeed(**newest, merchant_, page_.next_sequence, limit, kinds_);
        next_in_page_ = 0;
        continue;
      }
      if (told_where_ && looked_at == 0) {
        page_.events = {};  // an idle subscriber holds nothing
        next_in_page_ = 0;
        return false;
      }
    }
    MakeCheckpoint(message_.mutable_checkpoint());
    return true;
  }
  *message_.mutable_event() = std::move(page_.events[next_in_page_++]);
  return true;
}

void Subscription::MakeCheckpoint(v1::Checkpoint* checkpoint) {
  last_checkpoint_ = page_.next_sequence - 1;
  told_where_ = true;
  checkpoint->set_epoch(query::kFeedEpoch);
  checkpoint->set_sequence(last_checkpoint_);
}

uint64_t Subscription::Cursor() const {
  return next_in_page_ == page_.events.size() ? page_.next_sequence - 1
                                              : page_.events[next_in_page_].sequence() - 1;
}

}  // namespace carnet::projector_service
