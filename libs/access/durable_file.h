// Small files that must be whole and that several programs change.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace carnet::access {

// All of a file, and what fstat(2) tells of it. Errors: NOT_FOUND; UNAVAILABLE for any other
// reason.
absl::Status ReadFile(const std::string& path, std::string* content, struct stat* info);

// Puts a file at `path`, durable when this returns; a reader sees all of it or what was there.
// Error: UNAVAILABLE(FILE_NOT_WRITTEN).
absl::Status WriteFileDurably(const std::string& path, std::string_view content, mode_t mode);

// Keeps other programs that take it too from changing files of the folder of `path`.
class FolderLock {
 public:
  // Waits for it. Error: UNAVAILABLE(FILE_NOT_WRITTEN): no such folder.
  static absl::StatusOr<FolderLock> TakeFor(const std::string& path);
  FolderLock(FolderLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

// Changes whenever the file is replaced or written to; all zeros: there is none.
struct FileVersion {
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;

  bool operator==(const FileVersion&) const = default;
};
FileVersion VersionOf(const std::string& path);

}  // namespace carnet::access
