#include "access/durable_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"

#include "base/descriptor.h"
#include "base/error.h"
#include "base/uuid.h"

namespace carnet::access {
namespace {

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

absl::Status NotWritten(const std::string& path) {
  return Error(absl::StatusCode::kUnavailable, "FILE_NOT_WRITTEN",
               absl::StrCat("can't write ", path, ": ", std::strerror(errno)));
}

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

absl::Status ReadFile(const std::string& path, std::string* content, struct stat* info) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 || fstat(file.get(), info) != 0) {
    if (errno == ENOENT) return absl::NotFoundError("no such file");
    return absl::UnavailableError(std::strerror(errno));
  }
  content->clear();
  char buffer[4096];
  while (true) {
    const ssize_t got = read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::UnavailableError(std::strerror(errno));
    if (got == 0) break;
    content->append(buffer, static_cast<size_t>(got));
  }
  explicit_bzero(buffer, sizeof buffer);
  return absl::OkStatus();
}

absl::Status WriteFileDurably(const std::string& path, std::string_view content, mode_t mode) {
  const std::string draft = absl::StrCat(path, ".", Uuid::Random().ToString(), ".tmp");
  bool done = false;
  {
    const Descriptor file(open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    done = file.get() >= 0 && WriteAll(file.get(), content) && fsync(file.get()) == 0 &&
           rename(draft.c_str(), path.c_str()) == 0;
  }
  if (!done) {
    absl::Status status = NotWritten(path);
    unlink(draft.c_str());
    return status;
  }
  const Descriptor folder(open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder.get() >= 0 && fsync(folder.get()) == 0 ? absl::OkStatus() : NotWritten(path);
}

absl::StatusOr<FolderLock> FolderLock::TakeFor(const std::string& path) {
  const int fd = open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || flock(fd, LOCK_EX) != 0) {
    absl::Status status = NotWritten(path);
    if (fd >= 0) close(fd);
    return status;
  }
  return FolderLock(fd);
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) close(fd_);
}

FileVersion VersionOf(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return {};
  return {.inode = status.st_ino,
          .size = status.st_size,
          .modified_ns = Nanoseconds(status.st_mtim),
          .changed_ns = Nanoseconds(status.st_ctim)};
}

}  // namespace carnet::access
