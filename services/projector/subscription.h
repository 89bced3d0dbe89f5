// One subscriber: what it gets next, one message at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "base/uuid.h"
#include "carnet/v1/subscription_service.pb.h"
#include "query/customers.h"
#include "query/feed.h"
#include "runtime/server_stream.h"
#include "view_store/view_store.h"

namespace carnet::projector_service {

// Everything up to a checkpoint has been sent or filtered out; there is one after so many events
// looked at, at least.
inline constexpr uint64_t kEventsPerCheckpoint = 1000;
// How many events are read at once, so held for a subscriber beside the one on its way.
inline constexpr uint64_t kEventsPerPage = 200;

// A stream at a place in a merchant's feed. It gives, each exactly once and in order: if a snapshot
// was asked for, the customers of one snapshot of the views and a snapshot_end; then the events
// after it, and a checkpoint at the end of each burst (also where there was nothing at first: it
// tells that the reader is up to date). The next message is made when the one before has gone, so a
// slow reader costs memory for one page.
//
// All functions may be called from any thread. It lives as long as someone holds it; the stream
// does while a message is on its way.
class Subscription : public std::enable_shared_from_this<Subscription> {
 public:
  using Stream = runtime::ServerStream<v1::SubscribeResponse>;
  using SnapshotPtr = std::shared_ptr<const view_store::Snapshot>;
  // Gives the newest snapshot of the merchant's partition.
  using Newest = std::function<absl::StatusOr<SnapshotPtr>()>;

  struct Start {
    std::string merchant;
    uint64_t next_sequence = 1;  // the first one to send; with `snapshot` the one after it
    query::EventKinds kinds;
    SnapshotPtr snapshot;  // null: no customers first
  };

  // `customers` must outlive the subscription.
  Subscription(std::shared_ptr<Stream> stream, const query::Customers* customers, Newest newest,
               Start start);

  // Sends what there is to send, unless that goes on already. To be called once to begin, and
  // whenever the views advanced.
  void Wake();

  // Ends the stream with RESOURCE_EXHAUSTED(SLOW_SUBSCRIBER) if a message has been on its way since
  // before `limit`. The cursor is in its metadata ("epoch", "sequence"): up to and including the
  // message on its way, which the reader gets before the error. None while the snapshot is sent: it
  // can't be resumed.
  void EndIfStuckSince(absl::Time limit);

  // Whether nothing more will be sent.
  bool over() const;

 private:
  // Decides and makes the next message; false if there is none now. Under mutex_.
  absl::StatusOr<bool> MakeNext();
  absl::StatusOr<bool> NextCustomer();
  absl::StatusOr<bool> NextEvent();
  void MakeCheckpoint(v1::Checkpoint* checkpoint);
  // All up to this one have been sent or filtered out, if the message on its way is counted. Under
  // mutex_.
  uint64_t Cursor() const;
  void Written(bool ok);

  const std::shared_ptr<Stream> stream_;
  const query::Customers* const customers_;
  const Newest newest_;
  const std::string merchant_;
  const query::EventKinds kinds_;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  SnapshotPtr snapshot_;               // while its customers are being sent
  std::optional<Uuid> last_customer_;  // of those sent
  query::FeedPage page_;               // read, and sent up to next_in_page_
  size_t next_in_page_ = 0;
  uint64_t last_checkpoint_;       // its sequence; at first, where the subscription begins
  bool told_where_ = false;        // there was a checkpoint
  v1::SubscribeResponse message_;  // on its way, while writing_
  bool writing_ = false;
  absl::Time writing_since_;
  bool over_ = false;
};

}  // namespace carnet::projector_service
