// Published changes from their form to their outcomes. Knows nothing of gRPC.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "access/grant.h"
#include "carnet/log/v1/log.pb.h"
#include "carnet/v1/change.pb.h"
#include "carnet/v1/token.pb.h"
#include "event_log/event_log.h"
#include "gateway/committer.h"
#include "gateway/lag_gate.h"
#include "gateway/preparer.h"
#include "projection/projector.h"
#include "runtime/guard.h"
#include "runtime/metrics.h"
#include "runtime/worker.h"

namespace carnet::gateway {

// How long a call without a deadline waits for outcomes and positions.
inline constexpr absl::Duration kDefaultWait = absl::Seconds(10);

class Projectors;
class Publisher;

// The changes of one call. Filled by Publisher::Add(), then handed to Publisher::Publish();
// Answer() is called once when all is known: then changes[i].offset says where change i stands or
// why not, and with `wait` outcomes[i] what became of it.
class Publication : public Commit {
 public:
  // From any thread, then deleted. Should not block.
  virtual void Answer() = 0;

  bool wait = false;
  absl::Time deadline =
      absl::InfiniteFuture();  // for outcomes; an append is waited for as long as it takes
  std::vector<v1::Outcome> outcomes;

  // What is appended.
  size_t bytes() const;

 private:
  friend class Publisher;
  void Committed(std::unique_ptr<Commit> self) final;

  Publisher* publisher_ = nullptr;
  absl::Time submitted_at_;
};

// May be used from any thread.
class Publisher {
 public:
  struct Parts {
    event_log::EventLog* log;
    // As Gateway::Parts has them.
    projection::Projector* projector;
    Projectors* projectors;
    const Preparer* preparer;
    Committer* committer;
    LagGate* lag_gate;
    runtime::Metrics* metrics;
    runtime::Guard* guard;
  };
  // All parts must outlive this, but for the committer: it must have answered all (its destructor
  // has).
  explicit Publisher(const Parts& parts);

  // Prepares a change, which is used up, as the next one of `publication`. A change that can't be
  // taken is refused: PERMISSION_DENIED if it is not the caller's to publish, whatever else is
  // wrong with it; INVALID_ARGUMENT, RESOURCE_EXHAUSTED(LAGGING), or the vault's errors. `keeping`:
  // for Keep() of the delivery that it was made of.
  void Add(const access::Grant& caller, v1::Change* change, Publication* publication,
           Keeping* keeping = nullptr);
  // Keeps the delivery that all changes of `publication` from `first` on were made of. Where it
  // can't be, though it should, they are refused: the vault's errors.
  void Keep(const log::v1::DeliveryContent& content, Keeping keeping, size_t first,
            Publication* publication) const;
  // Refuses the next one.
  void Refuse(absl::Status why, Publication* publication);

  void Publish(std::unique_ptr<Publication> publication);

  // Runs `read` in the thread where outcomes are read, which is not the one that folds.
  void PostRead(std::function<void()> read) { readers_.Post(std::move(read)); }

  void SetToken(int32_t partition, int64_t offset, v1::Token* token) const;

 private:
  friend class Publication;
  struct Waiting;

  void Committed(std::unique_ptr<Publication> publication);
  void Await(std::unique_ptr<Publication> publication);
  void ReadOutcomes(Waiting* waiting) const;
  // The same by asking other processes, change by change.
  void AskForOutcomes(std::unique_ptr<Publication> publication);
  absl::Status NoOutcome(const absl::Status& why, int32_t partition, int64_t offset) const;

  projection::Projector* const projector_;
  Projectors* const projectors_;
  const Preparer* const preparer_;
  Committer* const committer_;
  LagGate* const lag_gate_;
  runtime::Guard* const guard_;
  const std::string log_id_;  // as text
  const runtime::Counter appended_;
  const runtime::Counter refused_;
  const runtime::Counter shed_;
  const runtime::Counter failed_;
  const runtime::Histogram append_seconds_;
  runtime::Worker readers_;  // outcomes are read here, not where the views are folded
};

}  // namespace carnet::gateway
