#include "event_log/simulated/simulated_log.h"

#include <algorithm>
#include <chrono>

#include "absl/time/clock.h"

#include "base/error.h"
#include "base/fatal.h"
#include "event_log/control_records.h"
#include "event_log/quarantine.h"
#include "event_log/simulated/simulated_cursor.h"

namespace carnet::event_log {
namespace {

constexpr int64_t kMadeAtMicros = 1'700'000'000'000'000;

Uuid RandomUuid(std::mt19937_64* random) {
  std::string bytes;
  while (bytes.size() < Uuid::kSize) bytes.push_back(static_cast<char>((*random)()));
  return *Uuid::FromBytes(bytes);
}

absl::Status Unknown(std::string_view why) {
  return Error(absl::StatusCode::kUnavailable, "SIMULATED", why);
}

size_t Index(int32_t partition) { return static_cast<size_t>(partition); }

}  // namespace

SimulatedDisk::SimulatedDisk(int32_t partition_count, uint64_t seed) : random_(seed) {
  identity_.partition_count = partition_count;
  WriteManifests();
}

void SimulatedDisk::WriteManifests() {
  identity_.log_id = RandomUuid(&random_);
  partitions_.assign(Index(identity_.partition_count), Partition());
  for (int32_t partition = 0; partition < identity_.partition_count; ++partition) {
    Partition& made = partitions_[Index(partition)];
    made.records.push_back(
        std::make_shared<Record>(MakeManifest(identity_, partition, kMadeAtMicros)));
    made.durable_end = 1;
  }
}

SimulatedLog::SimulatedLog(std::shared_ptr<SimulatedDisk> disk, Options options)
    : disk_(std::move(disk)),
      options_(options),
      identity_(disk_->identity_),
      queues_(disk_->partitions_.size()) {
  CARNET_ASSERT(!disk_->in_use_);
  disk_->in_use_ = true;
}

SimulatedLog::~SimulatedLog() {
  HoldSyncs(false);
  RunUntilIdle();
  disk_->in_use_ = false;
}

void SimulatedLog::Append(int32_t partition, std::vector<Record> records, AppendCallback done) {
  if (absl::Status refused = CheckAppend(identity_, partition, records); !refused.ok()) {
    done(std::move(refused));
    return;
  }
  {
    std::lock_guard lock(mutex_);
    queues_[Index(partition)].appended.push_back(
        {.records = std::move(records), .done = std::move(done)});
  }
  if (!options_.stepped) RunUntilIdle();
}

absl::StatusOr<std::unique_ptr<Cursor>> SimulatedLog::Read(int32_t partition, int64_t offset) {
  if (absl::Status status = CheckPartition(identity_, partition); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  const SimulatedDisk::Partition& stored = disk_->partitions_[Index(partition)];
  if (absl::Status status =
          CheckPosition(partition, offset, stored.first_offset, stored.durable_end);
      !status.ok()) {
    return status;
  }
  return std::make_unique<SimulatedCursor>(this, partition, offset);
}

absl::StatusOr<int64_t> SimulatedLog::FirstOffset(int32_t partition) {
  if (absl::Status status = CheckPartition(identity_, partition); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  return disk_->partitions_[Index(partition)].first_offset;
}

absl::StatusOr<int64_t> SimulatedLog::EndOffset(int32_t partition) {
  if (absl::Status status = CheckPartition(identity_, partition); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  return disk_->partitions_[Index(partition)].durable_end;
}

absl::Status SimulatedLog::AddToQuarantine(const log::v1::QuarantineEntry& entry) {
  if (absl::Status status = CheckQuarantineEntry(identity_, entry); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  disk_->quarantine_.emplace(QuarantineKey(entry), entry.SerializeAsString());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<log::v1::QuarantineEntry>> SimulatedLog::Quarantined(int32_t partition) {
  if (absl::Status status = CheckPartition(identity_, partition); !status.ok()) return status;
  QuarantineEntries entries(identity_);
  std::lock_guard lock(mutex_);
  for (const auto& [key, value] : disk_->quarantine_) entries.Add(key, value);
  return entries.Of(partition);
}

bool SimulatedLog::Step() {
  Answer answer;
  {
    std::lock_guard lock(mutex_);
    if (!StepLocked(&answer)) return false;
  }
  changed_.notify_all();
  if (answer.first) answer.first(std::move(answer.second));
  return true;
}

void SimulatedLog::RunUntilIdle() {
  while (Step()) {
  }
}

bool SimulatedLog::StepLocked(Answer* answer) {
  enum class Kind { kWrite, kWriteLate, kSync, kAnswer };
  struct Choice {
    Kind kind;
    size_t partition;
  };
  std::vector<Choice> choices;
  for (size_t p = 0; p < queues_.size(); ++p) {
    const Queues& queues = queues_[p];
    const SimulatedDisk::Partition& stored = disk_->partitions_[p];
    if (!queues.appended.empty()) choices.push_back({Kind::kWrite, p});
    if (!queues.late.empty()) choices.push_back({Kind::kWriteLate, p});
    if (!hold_syncs_ && stored.durable_end < stored.written_end()) {
      choices.push_back({Kind::kSync, p});
    }
    if (!queues.written.empty() && queues.written.front().durable_at <= stored.durable_end) {
      choices.push_back({Kind::kAnswer, p});
    }
  }
  if (choices.empty()) return false;
  const Choice choice = choices[Below(choices.size())];
  Queues& queues = queues_[choice.partition];
  switch (choice.kind) {
    case Kind::kWrite:
      WriteNext(choice.partition);
      break;
    case Kind::kWriteLate:
      WriteLate(choice.partition);
      break;
    case Kind::kSync:
      disk_->partitions_[choice.partition].durable_end =
          disk_->partitions_[choice.partition].written_end();
      break;
    case Kind::kAnswer:
      *answer = {std::move(queues.written.front().done), std::move(queues.written.front().answer)};
      queues.written.pop_front();
      break;
  }
  return true;
}

void SimulatedLog::WriteNext(size_t partition) {
  Queues& queues = queues_[partition];
  Pending append = std::move(queues.appended.front());
  queues.appended.pop_front();
  SimulatedDisk::Partition& stored = disk_->partitions_[partition];
  if (stored.sealed) {
    append.answer = SealedError(static_cast<int32_t>(partition));
  } else if (Chance(options_.faults.lost_appends)) {
    append.answer = Unknown("the append was lost");
  } else if (Chance(options_.faults.late_writes)) {
    queues.late.push_back({.records = std::move(append.records)});
    append.answer = Unknown("no answer in time; the append is still under way");
  } else {
    append.answer = stored.written_end();
    Store(partition, std::move(append.records));
    if (Chance(options_.faults.lost_answers)) append.answer = Unknown("the answer was lost");
    append.durable_at = stored.written_end();
  }
  queues.written.push_back(std::move(append));
}

void SimulatedLog::WriteLate(size_t partition) {
  std::deque<Pending>& late = queues_[partition].late;
  if (!disk_->partitions_[partition].sealed) Store(partition, std::move(late.front().records));
  late.pop_front();
}

void SimulatedLog::Store(size_t partition, std::vector<Record> records) {
  SimulatedDisk::Partition& stored = disk_->partitions_[partition];
  for (Record& record : records) {
    stored.sealed = IsSeal(record.key, record.value);
    stored.records.push_back(std::make_shared<const Record>(std::move(record)));
  }
}

void SimulatedLog::HoldSyncs(bool hold) {
  {
    std::lock_guard lock(mutex_);
    hold_syncs_ = hold;
  }
  if (!hold && !options_.stepped) RunUntilIdle();
}

void SimulatedLog::Crash() {
  std::vector<Answer> answers;
  {
    std::lock_guard lock(mutex_);
    for (size_t p = 0; p < queues_.size(); ++p) {
      SimulatedDisk::Partition& stored = disk_->partitions_[p];
      const auto torn = static_cast<uint64_t>(stored.written_end() - stored.durable_end);
      stored.records.resize(stored.records.size() - Below(torn + 1));
      stored.durable_end = stored.written_end();
      stored.sealed = !stored.records.empty() &&
                      IsSeal(stored.records.back()->key, stored.records.back()->value);
      for (std::deque<Pending>* queue : {&queues_[p].written, &queues_[p].appended}) {
        for (Pending& append : *queue) {
          answers.emplace_back(std::move(append.done), Unknown("the log crashed"));
        }
      }
      queues_[p] = Queues();
    }
  }
  changed_.notify_all();
  for (Answer& answer : answers) answer.first(std::move(answer.second));
}

void SimulatedLog::TruncateTo(int32_t partition, int64_t end) {
  {
    std::lock_guard lock(mutex_);
    SimulatedDisk::Partition& stored = disk_->partitions_[Index(partition)];
    CARNET_ASSERT(end >= stored.first_offset);
    if (end < stored.written_end()) {
      stored.records.resize(static_cast<size_t>(end - stored.first_offset));
    }
    stored.durable_end = std::min(stored.durable_end, end);
    stored.sealed = false;
    for (Pending& append : queues_[Index(partition)].written) {
      if (append.durable_at <= end) continue;
      append.answer = Unknown("the log was cut");
      append.durable_at = 0;
    }
  }
  changed_.notify_all();
}

void SimulatedLog::DropBefore(int32_t partition, int64_t first) {
  {
    std::lock_guard lock(mutex_);
    SimulatedDisk::Partition& stored = disk_->partitions_[Index(partition)];
    CARNET_ASSERT(first <= stored.durable_end);
    while (stored.first_offset < first) {
      stored.records.pop_front();
      ++stored.first_offset;
    }
  }
  changed_.notify_all();
}

void SimulatedLog::Replace() {
  Crash();
  {
    std::lock_guard lock(mutex_);
    disk_->WriteManifests();
  }
  changed_.notify_all();
}

bool SimulatedLog::Chance(int in_thousand) {
  return in_thousand > 0 && Below(1000) < static_cast<uint64_t>(in_thousand);
}

uint64_t SimulatedLog::Below(uint64_t bound) { return disk_->random_() % bound; }

}  // namespace carnet::event_log
