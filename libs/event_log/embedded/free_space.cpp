#include "event_log/embedded/free_space.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

#include "base/error.h"

namespace carnet::event_log {

absl::StatusOr<uint64_t> FreeBytes(const std::string& folder) {
  struct statvfs answer;
  while (statvfs(folder.c_str(), &answer) != 0) {
    if (errno == EINTR) continue;
    return Error(absl::StatusCode::kUnavailable, "DISK_UNKNOWN",
                 absl::StrCat("can't tell the free space of ", folder, ": ", strerror(errno)));
  }
  return static_cast<uint64_t>(answer.f_bavail) * answer.f_frsize;
}

absl::Status CheckFreeBytes(const std::string& folder, uint64_t needed,
                            const std::string& doing_what) {
  const absl::StatusOr<uint64_t> free = FreeBytes(folder);
  if (!free.ok()) return free.status();
  if (*free >= needed) return absl::OkStatus();
  return Error(absl::StatusCode::kUnavailable, "DISK_FULL",
               absl::StrCat("the disk of ", folder, " is full: there is not enough space to ",
                            doing_what, "; ", *free >> 20, " MiB are free, ", needed >> 20,
                            " MiB are needed: make room"));
}

}  // namespace carnet::event_log
