#include "view_store/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"

#include "base/error.h"

namespace carnet::view_store {
namespace {

absl::Status NotWritable(const std::string& what, int error) {
  return Error(absl::StatusCode::kFailedPrecondition, "FOLDER_NOT_WRITABLE",
               absl::StrCat(what, " can't be written to: ", std::strerror(error),
                            ". Mount it writable, or give another folder"));
}

}  // namespace

absl::Status CannotWrite(const std::string& file, int error) {
  if (error == ENOSPC || error == EDQUOT) {
    return Error(absl::StatusCode::kUnavailable, "DISK_FULL",
                 absl::StrCat("no room on the disk for ", file, ". Make room, then start again"));
  }
  return NotWritable(file, error);
}

absl::Status MakeWritableFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return CannotWrite(folder, error.value());
  if (access(folder.c_str(), W_OK | X_OK) != 0) return NotWritable(folder, errno);
  return absl::OkStatus();
}

absl::Status WriteFileAtomically(const std::string& folder, const std::string& name,
                                 const std::string& content) {
  const std::string file = folder + "/" + name;
  const std::string temporary = file + ".tmp";
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return CannotWrite(temporary, errno);
  int error = 0;
  const ssize_t written = write(fd, content.data(), content.size());
  if (written < 0) {
    error = errno;
  } else if (static_cast<size_t>(written) < content.size()) {
    error = ENOSPC;
  } else if (fsync(fd) != 0) {
    error = errno;
  }
  close(fd);
  if (error != 0) {
    unlink(temporary.c_str());
    return CannotWrite(temporary, error);
  }
  if (rename(temporary.c_str(), file.c_str()) != 0) return CannotWrite(file, errno);
  // The rename itself is durable only with its folder.
  const int folder_fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd < 0) return CannotWrite(folder, errno);
  const int synced = fsync(folder_fd);
  if (synced != 0) error = errno;
  close(folder_fd);
  return synced == 0 ? absl::OkStatus() : CannotWrite(folder, error);
}

std::optional<std::string> ReadFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

}  // namespace carnet::view_store
