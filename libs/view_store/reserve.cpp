#include "view_store/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "view_store/files.h"

namespace carnet::view_store {
namespace {

uint64_t Megabytes(uint64_t bytes) { return (bytes + (1 << 20) - 1) >> 20; }

uint64_t FreeBytes(const std::string& folder) {
  struct statvfs disk = {};
  // A file system that can't tell is taken to have room: the writes themselves will say otherwise.
  if (statvfs(folder.c_str(), &disk) != 0) return UINT64_MAX / 2;
  return uint64_t{disk.f_bavail} * disk.f_frsize;
}

// What the file holds on the disk, which is less than its size if it was cut short by a crash.
uint64_t AllocatedBytes(const std::string& file) {
  struct stat info = {};
  if (stat(file.c_str(), &info) != 0) return 0;
  return static_cast<uint64_t>(info.st_blocks) * 512;
}

}  // namespace

Reserve::Reserve(std::string folder, uint64_t bytes)
    : folder_(std::move(folder)), file_(folder_ + "/RESERVE"), bytes_(bytes) {}

absl::Status Reserve::BeforeOpen() {
  const uint64_t free = FreeBytes(folder_);
  const uint64_t kept = std::min(AllocatedBytes(file_), bytes_);
  // Once for the recovery, once for the reserve that is laid after it.
  const uint64_t needed = 2 * bytes_;
  if (free + kept < needed) {
    return Error(absl::StatusCode::kUnavailable, "DISK_FULL",
                 absl::StrCat("too little room on the disk of ", folder_, ": ", Megabytes(free),
                              " MB free, ", Megabytes(needed - kept),
                              " MB needed. Make room, then start again: nothing is lost"));
  }
  if (free < bytes_) unlink(file_.c_str());
  return absl::OkStatus();
}

absl::Status Reserve::AfterOpen() {
  if (AllocatedBytes(file_) >= bytes_) return absl::OkStatus();
  const int fd = open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return CannotWrite(file_, errno);
  const int error = posix_fallocate(fd, 0, static_cast<off_t>(bytes_));
  close(fd);
  if (error != 0) {
    unlink(file_.c_str());
    return CannotWrite(file_, error);
  }
  return absl::OkStatus();
}

}  // namespace carnet::view_store
