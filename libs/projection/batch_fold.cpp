#include "projection/batch_fold.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/error.h"
#include "base/fatal.h"
#include "carnet/v1/change.pb.h"
#include "domain/fold.h"
#include "domain/reasons.h"
#include "event_log/quarantine.h"
#include "projection/record_check.h"

namespace carnet::projection {
namespace {

// Holds what one change of usual size takes, so that the arena asks for no other memory.
constexpr size_t kArenaBlockBytes = 64 << 10;

// The clock is looked at once in so many records.
constexpr size_t kClockStride = 16;

google::protobuf::ArenaOptions ArenaOptionsFor(std::vector<char>* block) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block->data();
  options.initial_block_size = block->size();
  return options;
}

absl::Status Replaced(const event_log::Identity& identity, int32_t partition) {
  return Error(
      absl::StatusCode::kFailedPrecondition, "LOG_REPLACED",
      absl::StrCat("the first record is not the manifest of log ", identity.log_id.ToString(),
                   ", partition ", partition, " of ", identity.partition_count));
}

}  // namespace

// A batch and what its fold stands on.
struct BatchFold::Slot {
  class Base : public domain::Reader {
   public:
    bool Get(domain::Family family, std::string_view key, std::string* value) const override {
      return below_->Get(family, key, value);
    }
    void Scan(domain::Family family, std::string_view prefix, const Visitor& visit) const override {
      below_->Scan(family, prefix, visit);
    }

    void StandOn(std::shared_ptr<const view_store::Snapshot> snapshot) {
      snapshot_ = std::move(snapshot);
      below_ = snapshot_.get();
    }
    void StandOn(const domain::Overlay& batch_before) {
      snapshot_ = nullptr;
      below_ = &batch_before;
    }

   private:
    std::shared_ptr<const view_store::Snapshot> snapshot_;
    const domain::Reader* below_ = nullptr;
  };

  Base base;
  FoldedBatch batch{base};
};

BatchFold::BatchFold(const event_log::Identity& identity, int32_t partition,
                     view_store::ViewStore* store, std::function<void(const FoldedBatch&)> written)
    : identity_(identity),
      partition_(partition),
      store_(store),
      position_(store->position().offset()),
      quarantined_(store->position().quarantined().begin(), store->position().quarantined().end()),
      next_quarantined_(std::numeric_limits<int64_t>::max()),
      arena_block_(kArenaBlockBytes),
      arena_(std::make_unique<google::protobuf::Arena>(ArenaOptionsFor(&arena_block_))),
      current_(std::make_unique<Slot>()),
      beside_(std::make_unique<Slot>()),
      retired_(std::make_unique<Slot>()),
      writer_(store, std::move(written)) {}

BatchFold::~BatchFold() = default;

absl::StatusOr<size_t> BatchFold::Fold(std::span<const event_log::StoredRecord> records,
                                       WriteMode mode, absl::Duration max_delay) {
  CARNET_ASSERT(!sealed_);
  if (records.empty()) return 0;
  CARNET_ASSERT(records.front().offset >= position_);
  if (writing_beside_) {
    current_->base.StandOn(beside_->batch.rows);
  } else {
    current_->base.StandOn(store_->snapshot());
  }

  const absl::Time end =
      max_delay == absl::InfiniteDuration() ? absl::InfiniteFuture() : absl::Now() + max_delay;
  absl::Status stop;
  size_t count = 0;
  while (count < records.size() && !sealed_) {
    stop = FoldOne(records[count], &current_->batch);
    arena_->Reset();
    if (!stop.ok()) break;
    ++count;
    if (count % kClockStride == 0 && end != absl::InfiniteFuture() && absl::Now() >= end) break;
  }
  if (count == 0) {
    current_->batch.Clear();
    return stop;
  }

  const event_log::StoredRecord& last = records[count - 1];
  carnet::log::v1::PositionRow& position = current_->batch.position;
  position.set_log_id(std::string(identity_.log_id.bytes()));
  position.set_offset(last.offset + 1);
  position.set_last_offset(last.offset);
  if (!quarantined_.empty()) {
    position.mutable_quarantined()->Assign(quarantined_.begin(), quarantined_.end());
  }
  position.set_last_record_hash(event_log::RecordHash(last.key, last.value));
  position_ = position.offset();
  current_->batch.counts = counts_;
  Write(mode);
  return count;
}

void BatchFold::Write(WriteMode mode) {
  if (mode == WriteMode::kHere) {
    Finish();
    writer_.Write(current_->batch);
    current_->batch.Clear();
    current_->base.StandOn(nullptr);
    return;
  }
  // What the next batch does not find in this one, it finds in the store as it is before this one:
  // the batch that this one stood on is written by now, and its slot will be used again.
  writer_.Wait();
  current_->base.StandOn(store_->snapshot());
  beside_->base.StandOn(nullptr);
  writer_.Begin(current_->batch, &beside_->batch);
  writing_beside_ = true;
  // The slot that is clean takes the next batch.
  std::swap(retired_, beside_);
  std::swap(current_, beside_);
}

void BatchFold::Finish() {
  if (!writing_beside_) return;
  writer_.Wait();
  writing_beside_ = false;
  beside_->batch.Clear();
  beside_->base.StandOn(nullptr);
}

absl::Status BatchFold::SetQuarantine(std::vector<carnet::log::v1::QuarantineEntry> entries) {
  quarantine_ = std::move(entries);
  for (const auto& entry : quarantine_) {
    if (entry.offset() >= position_ ||
        std::binary_search(quarantined_.begin(), quarantined_.end(), entry.offset())) {
      continue;
    }
    return Error(absl::StatusCode::kFailedPrecondition, "QUARANTINED_LATE",
                 absl::StrCat("the record at offset ", entry.offset(),
                              " was quarantined after it was folded here. Remove the views of this "
                              "partition, they are made again from the log"));
  }
  SetNextQuarantined();
  return absl::OkStatus();
}

void BatchFold::SetNextQuarantined() {
  next_quarantined_ = std::numeric_limits<int64_t>::max();
  const int64_t after = quarantined_.empty() ? -1 : quarantined_.back();
  for (const auto& entry : quarantine_) {
    if (entry.offset() > after) next_quarantined_ = std::min(next_quarantined_, entry.offset());
  }
}

absl::Status BatchFold::TakeQuarantined(const event_log::StoredRecord& stored) {
  const auto entry = std::find_if(quarantine_.begin(), quarantine_.end(), [&](const auto& one) {
    return one.offset() == next_quarantined_;
  });
  if (stored.offset != next_quarantined_ ||
      entry->record_hash() != event_log::RecordHash(stored.key, stored.value)) {
    return Error(absl::StatusCode::kFailedPrecondition, "QUARANTINE_DIFFERS",
                 absl::StrCat("the record that was quarantined at offset ", next_quarantined_,
                              " is not there: these entries are of another log, or this one was "
                              "written anew"));
  }
  quarantined_.push_back(stored.offset);
  SetNextQuarantined();
  return absl::OkStatus();
}

absl::Status BatchFold::FoldOne(const event_log::StoredRecord& stored, FoldedBatch* batch) {
  const bool quarantined = stored.offset >= next_quarantined_;
  if (quarantined) {
    if (absl::Status status = TakeQuarantined(stored); !status.ok()) return status;
  }
  const CheckedRecord checked = CheckRecord(stored, identity_, partition_, arena_.get());
  if ((stored.offset == 0) != (checked.kind == RecordKind::kManifest))
    return Replaced(identity_, partition_);
  auto* outcome = google::protobuf::Arena::CreateMessage<carnet::v1::Outcome>(arena_.get());
  switch (checked.kind) {
    case RecordKind::kManifest: {
      const auto& manifest = checked.record->manifest();
      if (manifest.log_id() != identity_.log_id.bytes() || manifest.partition() != partition_ ||
          manifest.partition_count() != identity_.partition_count) {
        return Replaced(identity_, partition_);
      }
      return absl::OkStatus();
    }
    case RecordKind::kLogSealed:
      sealed_ = true;
      return absl::OkStatus();
    case RecordKind::kUntrusted: {
      view_store::UntrustedRecord& verdict = batch->untrusted.emplace_back();
      verdict.offset = stored.offset;
      verdict.row.set_reason(std::string(checked.reason));
      verdict.row.set_detail(checked.detail);
      ++counts_.dead_letters;
      return absl::OkStatus();
    }
    case RecordKind::kDeadLetter:
      domain::FoldDeadLetter(checked.record->change(), checked.reason, checked.detail, &batch->rows,
                             outcome);
      break;
    case RecordKind::kChange:
      if (quarantined) {
        domain::FoldDeadLetter(checked.record->change(), domain::reason::kQuarantined,
                               "an operator took this record out", &batch->rows, outcome);
        break;
      }
      if (absl::Status stop = domain::FoldChange(checked.record->change(), &batch->rows, outcome);
          !stop.ok())
        return stop;
      break;
  }
  switch (outcome->status()) {
    case carnet::v1::OUTCOME_STATUS_APPLIED:
      ++counts_.applied;
      break;
    case carnet::v1::OUTCOME_STATUS_DUPLICATE:
      ++counts_.duplicates;
      break;
    case carnet::v1::OUTCOME_STATUS_REJECTED:
      ++counts_.rejected;
      break;
    case carnet::v1::OUTCOME_STATUS_DEAD_LETTER:
      ++counts_.dead_letters;
      break;
    default:
      CARNET_ASSERT(!"every change has an outcome");
  }
  return absl::OkStatus();
}

}  // namespace carnet::projection
