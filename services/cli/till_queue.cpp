#include "cli/till_queue.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/descriptor.h"
#include "base/error.h"
#include "cli/json.h"
#include "domain/reasons.h"
#include "runtime/grpc_status.h"
#include "runtime/json_lines.h"

namespace carnet::cli {
namespace {

using log::v1::TillQueueLine;

// Lines that are read at once.
constexpr size_t kLinesAtOnce = 500;

absl::Status Unusable(const std::string& path, std::string_view what) {
  return Error(absl::StatusCode::kUnavailable, "QUEUE_UNUSABLE",
               absl::StrCat("the queue ", path, " can't be ", std::string(what), ": ",
                            std::strerror(errno)));
}

// What is new in a folder, or renamed, is durable afterwards.
bool SyncFolderOf(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const Descriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.ok() && fsync(fd.get()) == 0;
}

// The file, opened and locked: nobody else reads or writes it meanwhile.
class LockedFile {
 public:
  static absl::StatusOr<LockedFile> Open(const std::string& path, bool create) {
    while (true) {
      struct stat before = {};
      const bool is_new = create && stat(path.c_str(), &before) != 0;
      LockedFile file(
          path, open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | (create ? O_CREAT : 0), 0600));
      if (!file.fd_.ok()) {
        if (errno == ENOENT && !create) return absl::NotFoundError("there is no queue");
        return Unusable(path, "opened");
      }
      while (flock(file.fd_.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return Unusable(path, "locked");
      }
      // Whoever shortened it meanwhile has put another file in its place.
      struct stat own = {};
      struct stat now = {};
      if (fstat(file.fd_.get(), &own) != 0 || stat(path.c_str(), &now) != 0 ||
          own.st_ino != now.st_ino) {
        continue;
      }
      if (is_new && !SyncFolderOf(path)) return Unusable(path, "made");
      return file;
    }
  }

  absl::StatusOr<std::string> Read() const {
    std::string content;
    char bytes[1 << 16];
    for (off_t at = 0;;) {
      const ssize_t count = pread(fd_.get(), bytes, sizeof bytes, at);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return Unusable(path_, "read");
      if (count == 0) return content;
      content.append(bytes, static_cast<size_t>(count));
      at += count;
    }
  }

  // A line behind the last whole one.
  absl::Status Append(std::string_view line) {
    const auto end = EndOfLastLine();
    if (!end.ok()) return end.status();
    if (ftruncate(fd_.get(), *end) != 0) return Unusable(path_, "written");
    if (WriteAll(fd_.get(), line) && fdatasync(fd_.get()) == 0) return absl::OkStatus();
    absl::Status failed = Unusable(path_, "written");
    // Half a line says nothing; a whole one that is not durable must not stay either.
    if (ftruncate(fd_.get(), *end) != 0) return Unusable(path_, "cut back to what it was");
    return failed;
  }

  absl::Status Replace(std::string_view content) {
    const std::string temporary = path_ + ".new";
    {
      const Descriptor fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
      if (!fd.ok() || !WriteAll(fd.get(), content) || fsync(fd.get()) != 0)
        return Unusable(temporary, "written");
    }
    if (rename(temporary.c_str(), path_.c_str()) != 0 || !SyncFolderOf(path_))
      return Unusable(path_, "replaced");
    return absl::OkStatus();
  }

 private:
  LockedFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  absl::StatusOr<off_t> EndOfLastLine() const {
    struct stat own = {};
    if (fstat(fd_.get(), &own) != 0) return Unusable(path_, "read");
    char bytes[4096];
    for (off_t end = own.st_size; end > 0;) {
      const off_t start = std::max<off_t>(0, end - static_cast<off_t>(sizeof bytes));
      const ssize_t count = pread(fd_.get(), bytes, static_cast<size_t>(end - start), start);
      if (count != end - start) return Unusable(path_, "read");
      for (ssize_t i = count; i > 0; --i) {
        if (bytes[i - 1] == '\n') return start + i;
      }
      end = start;
    }
    return 0;
  }

  std::string path_;
  Descriptor fd_;
};

// What all lines together say.
class Queue {
 public:
  void Take(TillQueueLine* line) {
    for (v1::Change& change : *line->mutable_added()) Add(&change);
    for (log::v1::TillAnswer& answer : *line->mutable_answered()) {
      const auto found = places_.find(answer.id());
      if (found == places_.end()) continue;
      TillEntry& entry = *entries_[found->second];
      entry.state = StateAfter(answer.result());
      entry.result.Swap(answer.mutable_result());
    }
    for (const std::string& id : line->dropped()) Drop(id);
  }

  std::vector<TillEntry> Entries() {
    std::vector<TillEntry> entries;
    entries.reserve(entries_.size());
    for (auto& entry : entries_) {
      if (entry) entries.push_back(*std::move(entry));
    }
    return entries;
  }

 private:
  void Add(v1::Change* change) {
    const auto found = places_.find(change->id());
    if (found != places_.end()) {
      TillEntry& first = *entries_[found->second];
      const bool same = SameChange(first.change, *change);
      if (first.state == TillState::kRefused) {
        entries_[found->second].reset();  // corrected, or to be tried again
      } else if (same || IsKnownConflict(*change)) {
        return;
      } else {
        return AddConflict(change);
      }
    }
    places_[change->id()] = entries_.size();
    entries_.emplace_back(TillEntry())->change.Swap(change);
  }

  // Two things under one id: the first keeps it. The second is not sent, so that whose answer an
  // answer is never is in doubt; a person must see it.
  void AddConflict(v1::Change* change) {
    TillEntry& entry = *entries_.emplace_back(TillEntry());
    entry.state = TillState::kRefused;
    entry.is_conflict = true;
    runtime::ToRpcStatus(
        Error(absl::StatusCode::kInvalidArgument, domain::reason::kIdReused,
              "another change stands under this id: queue this one again under a new id, and drop "
              "this id",
              "change.id"),
        entry.result.mutable_error());
    entry.change.Swap(change);
  }

  bool IsKnownConflict(const v1::Change& change) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) {
      return entry && entry->is_conflict && SameChange(entry->change, change);
    });
  }

  static bool SameChange(const v1::Change& one, const v1::Change& other) {
    return one.SerializeAsString() == other.SerializeAsString();
  }

  // What waits or counts is not a person's to give up.
  void Drop(const std::string& id) {
    for (auto& entry : entries_) {
      if (entry && entry->change.id() == id && entry->state == TillState::kRefused) entry.reset();
    }
    const auto found = places_.find(id);
    if (found != places_.end() && !entries_[found->second]) places_.erase(found);
  }

  std::vector<std::optional<TillEntry>> entries_;
  std::map<std::string, size_t> places_;  // of those that are no conflicts, by id
};

absl::StatusOr<std::vector<TillEntry>> EntriesOf(const std::string& path,
                                                 std::string_view content) {
  Queue queue;
  size_t number = 0;
  while (true) {
    std::vector<std::string_view> lines;
    while (lines.size() < kLinesAtOnce) {
      const size_t end = content.find('\n');
      if (end == std::string_view::npos) break;  // torn: it was never said to be there
      lines.push_back(content.substr(0, end));
      content.remove_prefix(end + 1);
    }
    if (lines.empty()) return queue.Entries();
    log::v1::TillQueue read;
    const auto statuses = runtime::ReadJsonLines(lines, &read);
    for (size_t i = 0; i < lines.size(); ++i) {
      ++number;
      if (!statuses[i].ok()) {
        return Error(absl::StatusCode::kDataLoss, "QUEUE_DAMAGED",
                     absl::StrCat(path, ":", number, ": ", std::string(statuses[i].message()),
                                  "; put the file aside, and look at that line"));
      }
      queue.Take(read.mutable_lines(static_cast<int>(i)));
    }
  }
}

std::string Text(const TillQueueLine& line) { return ToJson(line) + "\n"; }

}  // namespace

TillState StateAfter(const v1::PublishResult& result) {
  if (result.has_error()) {
    // The one error that stays: the change's form is bad.
    return result.error().code() == static_cast<int>(absl::StatusCode::kInvalidArgument)
               ? TillState::kRefused
               : TillState::kWaiting;
  }
  const v1::Outcome& outcome = result.outcome();
  // A duplicate ended as the first one did; of another id's (NATURAL_KEY), well.
  const auto status = outcome.first_status() == v1::OUTCOME_STATUS_UNSPECIFIED
                          ? outcome.status()
                          : outcome.first_status();
  switch (status) {
    case v1::OUTCOME_STATUS_APPLIED:
    case v1::OUTCOME_STATUS_DUPLICATE:
      return TillState::kCounted;
    case v1::OUTCOME_STATUS_REJECTED:
    case v1::OUTCOME_STATUS_DEAD_LETTER:
      return TillState::kRefused;
    default:
      return TillState::kWaiting;
  }
}

absl::Status AppendToTillQueue(const std::string& path, const TillQueueLine& line) {
  auto file = LockedFile::Open(path, /*create=*/true);
  if (!file.ok()) return file.status();
  return file->Append(Text(line));
}

absl::StatusOr<std::vector<TillEntry>> LoadTillQueue(const std::string& path) {
  absl::StatusOr<std::string> content;
  {
    const auto file = LockedFile::Open(path, /*create=*/false);
    if (absl::IsNotFound(file.status())) return std::vector<TillEntry>();
    if (!file.ok()) return file.status();
    content = file->Read();
  }
  if (!content.ok()) return content.status();
  return EntriesOf(path, *content);
}

absl::Status ShortenTillQueue(const std::string& path, size_t keep) {
  auto file = LockedFile::Open(path, /*create=*/false);
  if (absl::IsNotFound(file.status())) return absl::OkStatus();
  if (!file.ok()) return file.status();
  const auto content = file->Read();
  if (!content.ok()) return content.status();
  auto entries = EntriesOf(path, *content);
  if (!entries.ok()) return entries.status();
  const auto counted = [](const TillEntry& entry) { return entry.state == TillState::kCounted; };
  if (static_cast<size_t>(std::count_if(entries->begin(), entries->end(), counted)) <= keep)
    return absl::OkStatus();
  std::string rest;
  TillQueueLine line;
  const auto flush = [&] {
    if (line.added().empty()) return;
    rest += Text(line);
    line.Clear();
  };
  for (TillEntry& entry : *entries) {
    if (counted(entry)) continue;
    const bool was_answered = entry.result.result_case() != v1::PublishResult::RESULT_NOT_SET;
    if (was_answered && !entry.is_conflict) {
      auto* answer = line.add_answered();
      answer->set_id(entry.change.id());
      answer->mutable_result()->Swap(&entry.result);
    }
    line.add_added()->Swap(&entry.change);
    if (line.added_size() == static_cast<int>(kLinesAtOnce)) flush();
  }
  flush();
  return file->Replace(rest);
}

}  // namespace carnet::cli
