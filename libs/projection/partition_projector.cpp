#include "projection/partition_projector.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/error.h"
#include "event_log/quarantine.h"
#include "projection/record_check.h"
#include "projection/resume_check.h"

namespace carnet::projection {
namespace {

// How often the last record folded is read again and compared.
constexpr absl::Duration kCheckEvery = absl::Seconds(30);
// How long a check may take before it counts as trouble with the log.
constexpr absl::Duration kCheckTimeout = absl::Seconds(10);
constexpr absl::Duration kRetryAfter = absl::Milliseconds(200);
// How often a partition that stopped at a record looks whether that was quarantined.
constexpr absl::Duration kLookEvery = absl::Seconds(1);
// What one read may bring into memory.
constexpr size_t kMaxReadBytes = size_t{8} << 20;

// Whether another try may end otherwise.
bool IsPassing(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsAborted(status);
}

std::string Describe(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  const absl::string_view message = status.message();
  return reason.empty() ? status.ToString() : absl::StrCat(reason, ": ", message);
}

absl::Status Sealed() {
  return Error(absl::StatusCode::kFailedPrecondition, "LOG_SEALED",
               "the log is sealed: it goes on under another id, and so do its views");
}

}  // namespace

PartitionProjector::PartitionProjector(event_log::EventLog* log, int32_t partition,
                                       const ProjectorOptions& options, ServingGeneration serving,
                                       SnapshotBoard* board)
    : log_(log),
      partition_(partition),
      options_(options),
      board_(board),
      serving_(std::move(serving)),
      fold_(log->identity(), partition, serving_.store.get(),
            [this](const FoldedBatch& batch) { Advanced(batch); }) {
  progress_.partition = partition_;
  progress_.generation = serving_.number;
  progress_.position = fold_.position();
  NoteEnd(log->EndOffset(partition).value_or(0));
  board_->Publish(partition_, serving_.store->snapshot());
}

PartitionProjector::~PartitionProjector() {
  RequestStop();
  Join();
}

absl::Status PartitionProjector::CheckSameLog() const {
  return projection::CheckSameLog(*log_, serving_.store->position());
}

void PartitionProjector::Start() {
  thread_ = std::thread([this] { Run(); });
}

void PartitionProjector::RequestStop() {
  stopping_ = true;
  const std::lock_guard lock(mutex_);
  if (cursor_ != nullptr) cursor_->Wake();
  stop_requested_.notify_all();
}

void PartitionProjector::Join() {
  if (thread_.joinable()) thread_.join();
}

PartitionProgress PartitionProjector::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

void PartitionProjector::Run() {
  pthread_setname_np(pthread_self(), "projector");
  while (!stopping()) {
    // From here on the store is this thread's own.
    fold_.Finish();
    const absl::Status status = CheckAndFollow();
    if (status.ok()) continue;
    if (!IsPassing(status)) {
      fold_.Finish();
      Halt(status);
      if (!WaitUntilResumed()) break;
      continue;
    }
    NoteTrouble(status);
    {
      const std::lock_guard lock(mutex_);
      cursor_ = nullptr;
    }
    WaitAwhile(kRetryAfter);
  }
  fold_.Finish();
  AnswerResumed(Error(absl::StatusCode::kUnavailable, "SHUTTING_DOWN",
                      "the server is shutting down: ask another, or later"));
}

absl::Status PartitionProjector::CheckAndFollow() {
  const absl::Time now = absl::Now();
  const auto resume =
      CheckResume(log_, partition_, serving_.store->position(), now + kCheckTimeout);
  if (!resume.ok()) return resume.status();
  if (resume->sealed) return Sealed();
  auto quarantine = log_->Quarantined(partition_);
  if (!quarantine.ok()) return quarantine.status();
  if (absl::Status status = fold_.SetQuarantine(*std::move(quarantine)); !status.ok()) {
    return status;
  }
  return Follow(now + kCheckEvery);
}

absl::Status PartitionProjector::Follow(absl::Time until) {
  if (cursor_ == nullptr) {
    auto cursor = log_->Read(partition_, fold_.position());
    if (!cursor.ok()) return cursor.status();
    const std::lock_guard lock(mutex_);
    cursor_ = *std::move(cursor);
  }
  if (IsAskedToResume()) {
    const auto end = log_->EndOffset(partition_);
    if (end.ok() && *end <= fold_.position()) AnswerResumed(absl::OkStatus());
  }
  while (!stopping()) {
    const auto records = cursor_->Next(options_.max_batch_records, kMaxReadBytes, until);
    if (!records.ok()) return records.status();
    NoteTrouble(absl::OkStatus());
    NoteEnd(cursor_->end());
    if (absl::Status status = FoldAll(*records); !status.ok()) return status;
    if (!records->empty()) AnswerResumed(absl::OkStatus());
    if (absl::Now() >= until) return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status PartitionProjector::FoldAll(std::span<const event_log::StoredRecord> records) {
  // With more to come at once, the next batch is folded while this one is written. Otherwise a
  // second thread would only add to the time until the batch is visible.
  const bool more_follows = records.size() >= options_.max_batch_records;
  while (!records.empty() && !stopping()) {
    const auto folded = fold_.Fold(records, more_follows ? WriteMode::kBeside : WriteMode::kHere,
                                   options_.max_batch_delay);
    if (!folded.ok()) {
      const absl::Status& status = folded.status();
      NoteStop(records.front());
      return Error(status.code(), ReasonOf(status),
                   absl::StrCat("at offset ", records.front().offset, ": ", status.message()));
    }
    records = records.subspan(*folded);
    if (fold_.sealed()) return Sealed();
  }
  return absl::OkStatus();
}

void PartitionProjector::Advanced(const FoldedBatch& batch) {
  auto snapshot = serving_.store->snapshot();
  {
    const std::lock_guard lock(mutex_);
    progress_.position = snapshot->position();
    progress_.end = std::max(progress_.end, progress_.position);
    progress_.applied = batch.counts.applied;
    progress_.duplicates = batch.counts.duplicates;
    progress_.rejected = batch.counts.rejected;
    progress_.dead_letters = batch.counts.dead_letters;
  }
  board_->Publish(partition_, std::move(snapshot));
  listeners_.CallAll();
}

void PartitionProjector::NoteEnd(int64_t end) {
  const std::lock_guard lock(mutex_);
  progress_.end = std::max(progress_.end, end);
}

void PartitionProjector::NoteTrouble(const absl::Status& status) {
  std::string trouble = status.ok() ? std::string() : Describe(status);
  const std::lock_guard lock(mutex_);
  progress_.log_trouble = std::move(trouble);
}

// Only a change of a merchant can be taken out: whatever else is in the way, the log is not right.
void PartitionProjector::NoteStop(const event_log::StoredRecord& stored) {
  google::protobuf::Arena arena;
  const CheckedRecord checked = CheckRecord(stored, log_->identity(), partition_, &arena);
  if (checked.kind != RecordKind::kChange) return;
  stopped_at_ = {.offset = stored.offset,
                 .record_hash = event_log::RecordHash(stored.key, stored.value),
                 .merchant = checked.record->change().merchant(),
                 .change_id = checked.record->change().id()};
}

void PartitionProjector::Halt(const absl::Status& why) {
  const std::string reason = Describe(why);
  {
    const std::lock_guard lock(mutex_);
    progress_.stopped_because = reason;
    progress_.stopped_at = std::exchange(stopped_at_, std::nullopt);
    progress_.log_trouble.clear();
    cursor_ = nullptr;
  }
  board_->Halt(partition_,
               Error(absl::StatusCode::kUnavailable, "PARTITION_STOPPED",
                     absl::StrCat("folding of partition ", partition_, " has stopped. ", reason)));
  listeners_.CallAll();
  AnswerResumed(Error(
      absl::StatusCode::kFailedPrecondition, ReasonOf(why),
      absl::StrCat("partition ", partition_, " stopped again: ", std::string(why.message()))));
}

bool PartitionProjector::WaitUntilResumed() {
  while (true) {
    std::optional<StoppedAt> record;
    {
      std::unique_lock lock(mutex_);
      stop_requested_.wait_for(lock, absl::ToChronoNanoseconds(kLookEvery),
                               [this] { return stopping() || resume_asked_; });
      if (stopping()) return false;
      if (!resume_asked_) record = progress_.stopped_at;
    }
    if (record && !IsQuarantined(*record)) continue;
    const std::lock_guard lock(mutex_);
    if (!record && !resume_asked_) continue;
    resume_asked_ = false;
    progress_.stopped_because.clear();
    progress_.stopped_at.reset();
    board_->Resume(partition_);
    return true;
  }
}

bool PartitionProjector::IsQuarantined(const StoppedAt& record) {
  const auto entries = log_->Quarantined(partition_);
  if (!entries.ok()) return false;  // asked again
  for (const auto& entry : *entries) {
    if (entry.offset() == record.offset && entry.record_hash() == record.record_hash) return true;
  }
  return false;
}

void PartitionProjector::Resume(std::function<void(absl::Status)> done) {
  {
    const std::lock_guard lock(mutex_);
    if (!progress_.stopped_because.empty() && !stopping()) {
      resuming_.push_back(std::move(done));
      resume_asked_ = true;
      stop_requested_.notify_all();
      return;
    }
  }
  done(absl::OkStatus());
}

void PartitionProjector::AnswerResumed(const absl::Status& status) {
  std::vector<std::function<void(absl::Status)>> answers;
  {
    const std::lock_guard lock(mutex_);
    // Who asked since is answered by what comes of it.
    if (resume_asked_ && !stopping()) return;
    answers.swap(resuming_);
  }
  for (const auto& answer : answers) answer(status);
}

bool PartitionProjector::IsAskedToResume() const {
  const std::lock_guard lock(mutex_);
  return !resuming_.empty();
}

void PartitionProjector::WaitAwhile(absl::Duration duration) {
  std::unique_lock lock(mutex_);
  stop_requested_.wait_for(lock, absl::ToChronoNanoseconds(duration),
                           [this] { return stopping(); });
}

}  // namespace carnet::projection
