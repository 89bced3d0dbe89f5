// Records → fold → one write to the views. The same code folds live, after a restart and again from
// the start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/arena.h"

#include "carnet/log/v1/log.pb.h"
#include "event_log/event_log.h"
#include "projection/batch_writer.h"
#include "view_store/view_store.h"

namespace carnet::projection {

// Who writes a batch: this thread, before Fold() returns; or another one, while the next batch is
// folded.
enum class WriteMode { kHere, kBeside };

// Folds one partition into its store. One thread.
class BatchFold {
 public:
  // `store` must outlive it, and be written by nobody else. `written` is called after each write,
  // by the thread that wrote, never twice at a time.
  BatchFold(const event_log::Identity& identity, int32_t partition, view_store::ViewStore* store,
            std::function<void(const FoldedBatch&)> written = nullptr);
  // Waits for the write under way.
  ~BatchFold();

  // Those records of this partition do not count: all that were decided so far, by offset. To be
  // called before the first Fold(), and again when there may be more. Error:
  // FAILED_PRECONDITION(QUARANTINED_LATE): one of them was folded before it was decided, so these
  // rows are not what others' are.
  absl::Status SetQuarantine(std::vector<carnet::log::v1::QuarantineEntry> entries);

  // Folds a prefix of `records`, which follow position() in order, and writes it with its position
  // as one batch: all of them unless `max_delay` passed meanwhile or one of them is a stop; then
  // those before it, if any. Returns how many. An error is a stop at the first record: nothing was
  // written of it, and a second try would end alike.
  //   FAILED_PRECONDITION(LOG_REPLACED)  the record at offset 0 is not the manifest of this log and
  //   partition.
  //   FAILED_PRECONDITION(QUARANTINE_DIFFERS)  a quarantined offset holds another record.
  //   And the errors of domain::FoldChange.
  absl::StatusOr<size_t> Fold(std::span<const event_log::StoredRecord> records,
                              WriteMode mode = WriteMode::kHere,
                              absl::Duration max_delay = absl::InfiniteDuration());

  // Until all that was folded is written.
  void Finish();

  // The next offset to fold, whether what is before it is written already or not.
  int64_t position() const { return position_; }

  // Whether the last record folded said that the log ends with it. Then Fold() must not be called
  // again.
  bool sealed() const { return sealed_; }

  const OutcomeCounts& counts() const { return counts_; }

 private:
  struct Slot;

  absl::Status FoldOne(const event_log::StoredRecord& stored, FoldedBatch* batch);
  // Checks that the record at next_quarantined_ is the one that was decided on, and goes on to the
  // next.
  absl::Status TakeQuarantined(const event_log::StoredRecord& stored);
  void SetNextQuarantined();
  // Writes the current slot's batch, once the one before is written.
  void Write(WriteMode mode);

  const event_log::Identity identity_;
  const int32_t partition_;
  view_store::ViewStore* const store_;

  int64_t position_;
  std::vector<carnet::log::v1::QuarantineEntry> quarantine_;  // by offset
  std::vector<int64_t> quarantined_;                          // offsets that were folded so
  int64_t next_quarantined_;  // the first entry that is not folded yet; the largest number: none
  OutcomeCounts counts_;
  bool sealed_ = false;
  std::vector<char> arena_block_;
  std::unique_ptr<google::protobuf::Arena> arena_;  // of one record
  std::unique_ptr<Slot> current_;                   // of the batch being folded
  std::unique_ptr<Slot> beside_;   // of the batch being written, if `writing_beside_`
  std::unique_ptr<Slot> retired_;  // of the one before, being cleared meanwhile
  bool writing_beside_ = false;
  BatchWriter writer_;  // last: ends first
};

}  // namespace carnet::projection
