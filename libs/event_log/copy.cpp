#include "event_log/copy.h"

#include <algorithm>
#include <condition_variable>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/partition.h"
#include "base/sha256.h"
#include "event_log/control_records.h"
#include "event_log/quarantine.h"

namespace carnet::event_log {
namespace {

constexpr size_t kBatchRecords = 2000;
constexpr size_t kBatchBytes = size_t{1} << 20;
// Sent and not answered; less than what a log refuses at.
constexpr size_t kWindowBytes = size_t{6} << 20;
constexpr absl::Duration kPatience = absl::Seconds(60);

// Digests of what a partition was sent, or gave back: one for so many records, so that a difference
// can be placed.
class Digests {
 public:
  static constexpr uint64_t kRecordsOfOne = 10'000;

  void Add(std::string_view key, std::string_view value) {
    AppendBigEndian32(static_cast<uint32_t>(key.size()), &pending_);
    pending_.append(key);
    AppendBigEndian32(static_cast<uint32_t>(value.size()), &pending_);
    pending_.append(value);
    if (pending_.size() > kBatchBytes) Fold();
    if (++records_ % kRecordsOfOne == 0) Close();
  }
  void Close() {
    Fold();
    done_.push_back(std::move(chain_));
    chain_.clear();
  }
  uint64_t records() const { return records_; }
  // The number of the first record that may differ; -1: none does.
  int64_t Compare(const Digests& other) const {
    for (size_t i = 0; i < std::max(done_.size(), other.done_.size()); ++i) {
      if (i >= done_.size() || i >= other.done_.size() || done_[i] != other.done_[i]) {
        return static_cast<int64_t>(i * kRecordsOfOne);
      }
    }
    return -1;
  }

 private:
  void Fold() {
    chain_ = Sha256(chain_ + pending_);
    pending_.clear();
  }

  uint64_t records_ = 0;
  std::string pending_;
  std::string chain_;
  std::vector<std::string> done_;
};

absl::Status NotEmpty(int32_t partition) {
  return Error(absl::StatusCode::kFailedPrecondition, "LOG_NOT_EMPTY",
               absl::StrCat("partition ", partition,
                            " of the log to copy into holds records that are not this copy's: name "
                            "a new one"));
}

// Appends in order, with a bounded window; what an earlier attempt appended is not sent again.
class Sender {
 public:
  // `there`: by partition, how many records stand in it.
  Sender(EventLog* to, std::vector<uint64_t> there)
      : to_(to), there_(std::move(there)), digests_(there_.size()) {}

  absl::Status Send(int32_t partition, std::vector<Record> records) {
    size_t bytes = 0;
    for (const Record& record : records) {
      digests_[static_cast<size_t>(partition)].Add(record.key, record.value);
      bytes += SizeOf(record) + 256;
    }
    uint64_t& there = there_[static_cast<size_t>(partition)];
    const auto skipped = static_cast<size_t>(std::min<uint64_t>(there, records.size()));
    there -= skipped;
    if (skipped == records.size()) return absl::OkStatus();
    records.erase(records.begin(), records.begin() + static_cast<ptrdiff_t>(skipped));
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return under_way_ == 0 || under_way_ + bytes <= kWindowBytes; });
    if (!failure_.ok()) return failure_;
    under_way_ += bytes;
    lock.unlock();
    to_->Append(partition, std::move(records), [this, bytes](absl::StatusOr<Offsets> offsets) {
      const std::lock_guard answered(mutex_);
      under_way_ -= bytes;
      if (!offsets.ok()) failure_ = offsets.status();
      room_.notify_all();
    });
    return absl::OkStatus();
  }

  absl::Status Finish() {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return under_way_ == 0; });
    for (Digests& digests : digests_) digests.Close();
    if (!failure_.ok()) return failure_;
    for (size_t partition = 0; partition < there_.size(); ++partition) {
      if (there_[partition] > 0) return NotEmpty(static_cast<int32_t>(partition));
    }
    return absl::OkStatus();
  }

  const Digests& sent(int32_t partition) const { return digests_[static_cast<size_t>(partition)]; }

 private:
  EventLog* const to_;
  std::vector<uint64_t> there_;  // not passed over yet
  std::vector<Digests> digests_;

  std::mutex mutex_;
  std::condition_variable room_;
  // Guarded by mutex_.
  size_t under_way_ = 0;
  absl::Status failure_;
};

// Calls `use(record)` for each record of a partition, the manifest too.
template <typename Use>
absl::Status ForEachRecord(EventLog* log, int32_t partition, Use use) {
  const auto end = log->EndOffset(partition);
  if (!end.ok()) return end.status();
  const auto cursor = log->Read(partition, 0);
  if (!cursor.ok()) return cursor.status();
  while ((*cursor)->position() < *end) {
    const auto records = (*cursor)->Next(kBatchRecords, kBatchBytes, absl::Now() + kPatience);
    if (!records.ok()) return records.status();
    // Gaps at the end hold nothing.
    if (records->empty()) return absl::OkStatus();
    for (const StoredRecord& record : *records) {
      if (absl::Status used = use(record); !used.ok()) return used;
    }
  }
  return absl::OkStatus();
}

// Where a record of partition `source` goes; -1: nowhere.
int32_t TargetOf(std::string_view key, int32_t source, int32_t source_count, int32_t target_count) {
  // What names no merchant did not count anywhere, and will not.
  if (key.empty()) return source % target_count;
  const int32_t home = PartitionOf(key, target_count);
  if (PartitionOf(key, source_count) == source) return home;
  return target_count == 1 ? -1 : (home + 1) % target_count;
}

// The log that the seal of `log` names; nil if none does.
absl::StatusOr<Uuid> SuccessorOf(EventLog* log) {
  const auto end = log->EndOffset(0);
  if (!end.ok()) return end.status();
  const auto cursor = log->Read(0, *end - 1);
  if (!cursor.ok()) return cursor.status();
  const auto records = (*cursor)->Next(1, kBatchBytes, absl::Now() + kPatience);
  if (!records.ok()) return records.status();
  return records->empty() ? Uuid() : SuccessorIn(records->front().key, records->front().value);
}

// By partition, how many records an earlier attempt left in `to`.
absl::StatusOr<std::vector<uint64_t>> CountCopied(EventLog* from, EventLog* to) {
  if (from->identity().log_id == to->identity().log_id) {
    return Error(absl::StatusCode::kFailedPrecondition, "SAME_LOG",
                 "a log can't be copied into itself: name another one");
  }
  std::vector<uint64_t> counts(static_cast<size_t>(to->identity().partition_count));
  for (size_t partition = 0; partition < counts.size(); ++partition) {
    const auto number = static_cast<int32_t>(partition);
    const auto end = to->EndOffset(number);
    if (!end.ok()) return end.status();
    if (*end == 1) continue;
    const auto successor = SuccessorOf(from);
    if (!successor.ok()) return successor.status();
    if (*successor != to->identity().log_id) return NotEmpty(number);
    absl::Status read = ForEachRecord(to, number, [&](const StoredRecord& record) {
      if (record.offset > 0) ++counts[partition];
      return absl::OkStatus();
    });
    if (!read.ok()) return read;
  }
  return counts;
}

// Decisions about records, by where these come to stand: partition and number there.
using Decisions = std::map<std::pair<int32_t, uint64_t>, log::v1::QuarantineEntry>;

// `counts`: how many records have gone to each target.
absl::Status CopyPartition(EventLog* from, int32_t partition, Sender* sender,
                           std::vector<uint64_t>* counts, Decisions* decisions, CopyResult* result,
                           const std::function<void(uint64_t)>& progress) {
  const auto target_count = static_cast<int32_t>(counts->size());
  const auto quarantined = from->Quarantined(partition);
  if (!quarantined.ok()) return quarantined.status();
  auto next_quarantined = quarantined->begin();
  std::vector<std::vector<Record>> batches(static_cast<size_t>(target_count));
  std::vector<size_t> bytes(batches.size());
  bool sealed = false;
  const auto flush = [&](size_t target) {
    if (batches[target].empty()) return absl::OkStatus();
    bytes[target] = 0;
    return sender->Send(static_cast<int32_t>(target), std::exchange(batches[target], {}));
  };
  absl::Status status = ForEachRecord(from, partition, [&](const StoredRecord& record) {
    if (record.offset == 0) return absl::OkStatus();
    // What somebody wrote after a seal was acknowledged like the rest.
    sealed = IsSeal(record.key, record.value);
    if (sealed) return absl::OkStatus();
    const int32_t target =
        TargetOf(record.key, partition, from->identity().partition_count, target_count);
    while (next_quarantined != quarantined->end() && next_quarantined->offset() < record.offset) {
      ++next_quarantined;
    }
    if (target < 0) {
      ++result->left_out;
      return absl::OkStatus();
    }
    const auto index = static_cast<size_t>(target);
    if (next_quarantined != quarantined->end() && next_quarantined->offset() == record.offset) {
      (*decisions)[{target, (*counts)[index]}] = *next_quarantined;
    }
    ++(*counts)[index];
    batches[index].push_back({std::string(record.key), std::string(record.value)});
    bytes[index] += record.key.size() + record.value.size();
    if (++result->records % Digests::kRecordsOfOne == 0) progress(result->records);
    const bool full = batches[index].size() >= kBatchRecords || bytes[index] >= kBatchBytes;
    return full ? flush(index) : absl::OkStatus();
  });
  for (size_t target = 0; target < batches.size() && status.ok(); ++target) status = flush(target);
  if (!status.ok()) return status;
  if (sealed) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "LOG_NOT_SEALED",
               absl::StrCat("partition ", partition,
                            " does not end with its seal: stop all who write to it, then seal it"));
}

absl::StatusOr<std::vector<int64_t>> EndsOf(EventLog* log) {
  std::vector<int64_t> ends;
  for (int32_t partition = 0; partition < log->identity().partition_count; ++partition) {
    const auto end = log->EndOffset(partition);
    if (!end.ok()) return end.status();
    ends.push_back(*end);
  }
  return ends;
}

absl::Status StillWritten(int32_t partition) {
  return Error(absl::StatusCode::kFailedPrecondition, "LOG_STILL_WRITTEN",
               absl::StrCat("somebody wrote to partition ", partition,
                            " after its seal: stop all gateways, then run this again; nothing is "
                            "lost"));
}

// The same decision about the record where it stands now.
absl::Status Decide(EventLog* to, int32_t partition, const StoredRecord& record,
                    const log::v1::QuarantineEntry& made) {
  log::v1::QuarantineEntry entry = MakeQuarantineEntry(to->identity(), partition, record);
  entry.set_note(made.note());
  entry.set_actor(made.actor());
  entry.set_decided_at_micros(made.decided_at_micros());
  return to->AddToQuarantine(entry);
}

absl::Status CompareCopy(EventLog* to, const Sender& sender, const Decisions& decisions,
                         const std::function<void(uint64_t)>& progress) {
  uint64_t compared = 0;
  for (int32_t partition = 0; partition < to->identity().partition_count; ++partition) {
    Digests found;
    absl::Status read = ForEachRecord(to, partition, [&](const StoredRecord& record) {
      if (record.offset == 0) return absl::OkStatus();
      if (const auto made = decisions.find({partition, found.records()}); made != decisions.end()) {
        if (absl::Status status = Decide(to, partition, record, made->second); !status.ok()) {
          return status;
        }
      }
      found.Add(record.key, record.value);
      if (++compared % Digests::kRecordsOfOne == 0) progress(compared);
      return absl::OkStatus();
    });
    if (!read.ok()) return read;
    found.Close();
    const int64_t differs = found.Compare(sender.sent(partition));
    if (differs < 0 && found.records() == sender.sent(partition).records()) continue;
    return Error(absl::StatusCode::kDataLoss, "COPY_DIFFERS",
                 absl::StrCat("partition ", partition, " of the copy holds ", found.records(),
                              " records, sent were ", sender.sent(partition).records(),
                              "; they differ from record ", differs, " on. Throw the copy away"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SealLog(EventLog* log, const Uuid& successor_log_id) {
  for (int32_t partition = 0; partition < log->identity().partition_count; ++partition) {
    std::promise<absl::StatusOr<Offsets>> answer;
    log->Append(partition, {MakeSeal(successor_log_id)},
                [&](absl::StatusOr<Offsets> offsets) { answer.set_value(std::move(offsets)); });
    const auto offset = answer.get_future().get();
    if (ReasonOf(offset.status()) == "LOG_SEALED") continue;
    if (!offset.ok()) return offset.status();
    const auto end = log->EndOffset(partition);
    if (!end.ok()) return end.status();
    if (*end != offset->of(0) + 1) return StillWritten(partition);
  }
  return absl::OkStatus();
}

absl::Status CheckCopyTarget(EventLog* from, EventLog* to) {
  return CountCopied(from, to).status();
}

absl::StatusOr<CopyResult> CopyLog(EventLog* from, EventLog* to,
                                   const std::function<void(uint64_t)>& progress) {
  const auto ends = EndsOf(from);
  if (!ends.ok()) return ends.status();
  auto there = CountCopied(from, to);
  if (!there.ok()) return there.status();
  CopyResult result;
  for (const uint64_t count : *there) result.resumed += count;
  std::vector<uint64_t> counts(there->size());
  Decisions decisions;
  Sender sender(to, *std::move(there));
  absl::Status status;
  for (int32_t partition = 0; partition < from->identity().partition_count && status.ok();
       ++partition) {
    status = CopyPartition(from, partition, &sender, &counts, &decisions, &result, progress);
  }
  // Also after a failure: answers that are under way refer to the sender.
  const absl::Status finished = sender.Finish();
  if (!status.ok()) return status;
  if (!finished.ok()) return finished;
  result.quarantined = decisions.size();
  if (absl::Status compared = CompareCopy(to, sender, decisions, progress); !compared.ok())
    return compared;
  const auto ends_now = EndsOf(from);
  if (!ends_now.ok()) return ends_now.status();
  for (size_t partition = 0; partition < ends->size(); ++partition) {
    if ((*ends_now)[partition] != (*ends)[partition]) {
      return StillWritten(static_cast<int32_t>(partition));
    }
  }
  return result;
}

}  // namespace carnet::event_log
