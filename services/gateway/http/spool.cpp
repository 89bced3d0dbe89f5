#include "gateway/http/spool.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "access/durable_file.h"
#include "base/error.h"
#include "runtime/logging.h"
#include "vault/box.h"

namespace carnet::gateway {
namespace {

namespace fs = std::filesystem;

constexpr char kSuffix[] = ".delivery";

std::string PurposeOf(uint64_t number) {
  return vault::AssociatedData({"carnet spool", std::to_string(number)});
}

}  // namespace

Spool::Spool(std::string folder, const vault::Key& root_key, uint64_t max_bytes)
    : folder_(std::move(folder)), key_(root_key), max_bytes_(max_bytes) {}

absl::StatusOr<std::unique_ptr<Spool>> Spool::Open(const std::string& folder,
                                                   const vault::Key& root_key, uint64_t max_bytes) {
  std::unique_ptr<Spool> spool(new Spool(folder, root_key, max_bytes));
  std::error_code error;
  fs::create_directories(folder, error);
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    uint64_t number = 0;
    if (!name.ends_with(kSuffix) ||
        !absl::SimpleAtoi(name.substr(0, name.size() - (sizeof kSuffix - 1)), &number)) {
      continue;
    }
    spool->files_.push_back({number, at->file_size(error)});
    spool->bytes_ += spool->files_.back().bytes;
    spool->next_ = std::max(spool->next_, number + 1);
  }
  if (error) {
    return Error(absl::StatusCode::kUnavailable, "SPOOL_UNREADABLE",
                 absl::StrCat("the folder ", folder, " can't be read: ", error.message()));
  }
  std::sort(spool->files_.begin(), spool->files_.end(),
            [](const File& a, const File& b) { return a.number < b.number; });
  return spool;
}

std::string Spool::PathOf(uint64_t number) const {
  return absl::StrCat(folder_, "/", absl::StrFormat("%020d", number), kSuffix);
}

absl::StatusOr<uint64_t> Spool::Add(const std::string& content) {
  // Under the lock: files come into being in their order, so that none is passed over.
  const std::lock_guard lock(mutex_);
  const uint64_t number = next_;
  const std::string sealed = vault::SealBox(key_, PurposeOf(number), content);
  if (bytes_ + sealed.size() > max_bytes_) {
    return Error(absl::StatusCode::kResourceExhausted, "SPOOL_FULL",
                 "the spool holds as much as it may: bring the log back");
  }
  absl::Status status = access::WriteFileDurably(PathOf(number), sealed, 0600);
  if (!status.ok()) return status;
  ++next_;
  files_.push_back({number, sealed.size()});
  bytes_ += sealed.size();
  return number;
}

std::optional<Spool::Entry> Spool::OpenOrSetAside(const File& file) {
  std::string sealed;
  struct stat ignored = {};
  Entry entry{.number = file.number};
  if (access::ReadFile(PathOf(file.number), &sealed, &ignored).ok() &&
      vault::OpenBox(key_, PurposeOf(file.number), sealed, &entry.content)) {
    return entry;
  }
  RenameDamaged(file);
  return std::nullopt;
}

void Spool::RenameDamaged(const File& file) {
  runtime::Log(runtime::LogLevel::kError, "a spooled delivery can't be read and is set aside",
               {{"file", PathOf(file.number)}});
  std::error_code ignored;
  fs::rename(PathOf(file.number), PathOf(file.number) + ".damaged", ignored);
  bytes_ -= file.bytes;
}

std::vector<Spool::Entry> Spool::Oldest(size_t most, uint64_t max_bytes) {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> oldest;
  uint64_t bytes = 0;
  for (auto file = files_.begin(); file != files_.end() && oldest.size() < most;) {
    bytes += file->bytes;
    if (!oldest.empty() && bytes > max_bytes) break;
    auto entry = OpenOrSetAside(*file);
    if (entry) oldest.push_back(*std::move(entry));
    file = entry ? std::next(file) : files_.erase(file);
  }
  return oldest;
}

void Spool::Remove(uint64_t number) {
  const std::lock_guard lock(mutex_);
  std::remove(PathOf(number).c_str());
  for (auto file = files_.begin(); file != files_.end(); ++file) {
    if (file->number != number) continue;
    bytes_ -= file->bytes;
    files_.erase(file);
    return;
  }
}

void Spool::SetAside(uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto file = std::find_if(files_.begin(), files_.end(),
                                 [&](const File& one) { return one.number == number; });
  if (file == files_.end()) return;
  RenameDamaged(*file);
  files_.erase(file);
}

bool Spool::empty() const {
  const std::lock_guard lock(mutex_);
  return files_.empty();
}

size_t Spool::size() const {
  const std::lock_guard lock(mutex_);
  return files_.size();
}

}  // namespace carnet::gateway
