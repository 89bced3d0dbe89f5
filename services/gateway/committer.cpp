#include "gateway/committer.h"

#include <pthread.h>

#include <atomic>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/error.h"

namespace carnet::gateway {
namespace {

// What the log says of an append, as a caller should hear it.
absl::Status ForCaller(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  const bool unknown = (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) &&
                       reason != "LOG_BUSY" && reason != "DISK_FULL";
  if (!unknown) return status;
  return Error(absl::StatusCode::kUnavailable, "OUTCOME_UNKNOWN",
               absl::StrCat("the log did not say whether it has the change (", status.message(),
                            "): send it again with the same id"));
}

}  // namespace

// Commits that are appended together: one append for each partition among them.
struct Committer::Group {
  struct Part {
    int32_t partition = 0;
    std::vector<event_log::Record> records;
    std::vector<Commit::Change*> changes;        // in the order of their records
    absl::StatusOr<event_log::Offsets> offsets;  // of the records
  };
  std::vector<std::unique_ptr<Commit>> commits;
  std::vector<Part> parts;
  std::atomic<size_t> unanswered{0};
  size_t bytes = 0;

  Part& PartOf(int32_t partition) {
    for (Part& part : parts) {
      if (part.partition == partition) return part;
    }
    parts.emplace_back().partition = partition;
    return parts.back();
  }
};

Committer::Committer(event_log::EventLog* log, vault::KeyRing* keys, size_t max_log_bytes)
    : log_(log), keys_(keys), max_log_bytes_(max_log_bytes) {
  append_thread_ = std::thread([this] { RunAppends(); });
  answer_thread_ = std::thread([this] { RunAnswers(); });
}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  to_append_.notify_one();
  append_thread_.join();
  {
    const std::lock_guard lock(mutex_);
    appends_done_ = true;
  }
  to_answer_.notify_one();
  answer_thread_.join();
}

void Committer::Submit(std::unique_ptr<Commit> commit) {
  commit->bytes_ = 0;
  for (const Commit::Change& change : commit->changes) {
    const event_log::Record& record = change.prepared.record;
    // The log counts some bytes of its own for each.
    commit->bytes_ += record.key.size() + record.value.size() + 256;
  }
  std::unique_ptr<Group> alone;
  {
    const std::lock_guard lock(mutex_);
    if (submitted_.empty() && !appending_ && commit->new_keys.empty() && Fits(commit->bytes_)) {
      log_bytes_ += commit->bytes_;
      ++groups_in_log_;
      alone = std::make_unique<Group>();
      alone->bytes = commit->bytes_;
      alone->commits.push_back(std::move(commit));
    } else {
      submitted_.push_back(std::move(commit));
    }
  }
  if (alone == nullptr) return to_append_.notify_one();
  // Nothing to wait for: handing it to another thread would take longer than to append it here.
  Divide(absl::OkStatus(), alone.get());
  Append(std::move(alone));
}

bool Committer::Fits(size_t bytes) const {
  return log_bytes_ == 0 || log_bytes_ + bytes <= max_log_bytes_;
}

std::vector<std::unique_ptr<Commit>> Committer::Collect() {
  std::vector<std::unique_ptr<Commit>> commits;
  std::unique_lock lock(mutex_);
  appending_ = false;
  to_append_.wait(
      lock, [this] { return submitted_.empty() ? stopping_ : Fits(submitted_.front()->bytes_); });
  while (!submitted_.empty() && Fits(submitted_.front()->bytes_)) {
    log_bytes_ += submitted_.front()->bytes_;
    commits.push_back(std::move(submitted_.front()));
    submitted_.pop_front();
  }
  if (!commits.empty()) {
    ++groups_in_log_;
    appending_ = true;
  }
  return commits;
}

void Committer::RunAppends() {
  pthread_setname_np(pthread_self(), "gateway-append");
  while (true) {
    auto group = std::make_unique<Group>();
    group->commits = Collect();
    if (group->commits.empty()) return;
    for (const auto& commit : group->commits) group->bytes += commit->bytes_;
    PersistKeys(group.get());
    Append(std::move(group));
  }
}

// No value may be readable in the log before its key is safe.
void Committer::PersistKeys(Group* group) {
  vault::NewKeys keys;
  for (const auto& commit : group->commits) {
    keys.insert(keys.end(), commit->new_keys.begin(), commit->new_keys.end());
  }
  Divide(keys.empty() ? absl::OkStatus() : keys_->Persist(keys), group);
}

void Committer::Divide(const absl::Status& persisted, Group* group) {
  for (const auto& commit : group->commits) {
    const bool failed = !persisted.ok() && !commit->new_keys.empty();
    for (Commit::Change& change : commit->changes) {
      if (change.refused) continue;
      if (failed) {
        change.offset = persisted;
        continue;
      }
      Group::Part& part = group->PartOf(change.prepared.partition);
      part.records.push_back(std::move(change.prepared.record));
      part.changes.push_back(&change);
    }
  }
}

void Committer::Append(std::unique_ptr<Group> owned) {
  // From here on the group belongs to the last callback; `parts` does not move any more.
  Group* const group = owned.release();
  const size_t parts = group->parts.size();
  group->unanswered = parts + 1;
  for (size_t i = 0; i < parts; ++i) {
    Group::Part& part = group->parts[i];
    log_->Append(part.partition, std::move(part.records),
                 [this, group, i](absl::StatusOr<event_log::Offsets> offsets) {
                   Appended(group, i, std::move(offsets));
                 });
  }
  // One for this function itself: `parts` was still in use.
  if (group->unanswered.fetch_sub(1) == 1) Answerable(std::unique_ptr<Group>(group));
}

// In the log's thread: no more than a note for our own.
void Committer::Appended(Group* group, size_t part, absl::StatusOr<event_log::Offsets> offsets) {
  group->parts[part].offsets = std::move(offsets);
  if (group->unanswered.fetch_sub(1) == 1) Answerable(std::unique_ptr<Group>(group));
}

void Committer::Answerable(std::unique_ptr<Group> group) {
  {
    const std::lock_guard lock(mutex_);
    log_bytes_ -= group->bytes;
    --groups_in_log_;
    appended_.push_back(std::move(group));
    // Under the lock: once the last group is counted off, the destructor may go on.
    if (!submitted_.empty()) to_append_.notify_one();
    to_answer_.notify_one();
  }
}

void Committer::RunAnswers() {
  pthread_setname_np(pthread_self(), "gateway-answer");
  while (true) {
    std::unique_ptr<Group> group;
    {
      std::unique_lock lock(mutex_);
      to_answer_.wait(
          lock, [this] { return !appended_.empty() || (appends_done_ && groups_in_log_ == 0); });
      if (appended_.empty()) return;
      group = std::move(appended_.front());
      appended_.pop_front();
    }
    for (const Group::Part& part : group->parts) {
      const absl::Status failure =
          part.offsets.ok() ? absl::OkStatus() : ForCaller(part.offsets.status());
      for (size_t i = 0; i < part.changes.size(); ++i) {
        if (failure.ok()) {
          part.changes[i]->offset = part.offsets->of(i);
        } else {
          part.changes[i]->offset = failure;
        }
      }
    }
    for (auto& commit : group->commits) {
      Commit* const whom = commit.get();
      whom->Committed(std::move(commit));
    }
  }
}

}  // namespace carnet::gateway
