#include "vault/root_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/descriptor.h"
#include "base/error.h"

namespace carnet::vault {
namespace {

absl::Status RootKeyError(const char* reason, const std::string& path, const std::string& what) {
  return Error(absl::StatusCode::kFailedPrecondition, reason, "root key " + path + ": " + what);
}

absl::Status Unreadable(const std::string& path, const std::string& doing) {
  return RootKeyError("ROOT_KEY_UNREADABLE", path, doing + ": " + std::strerror(errno));
}

// Makes the file whole or not at all: written under a name of this process's own, then linked into
// place, which fails where another process was first. Returns false with errno set.
bool MakeKeyFile(const std::string& path) {
  const std::string draft = path + "." + Uuid::Random().ToString() + ".tmp";
  bool linked = false;
  {
    const Descriptor file(open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.ok()) return false;
    linked = WriteAll(file.get(), Key::Random().bytes()) && fsync(file.get()) == 0 &&
             (link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  }
  const int error = errno;
  unlink(draft.c_str());
  errno = error;
  if (!linked) return false;
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const Descriptor directory(
      open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory.ok() && fsync(directory.get()) == 0;
}

}  // namespace

absl::StatusOr<Key> LoadRootKey(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) {
    if (errno == ENOENT) {
      return RootKeyError("ROOT_KEY_MISSING", path,
                          "no such file; put back the copy you keep apart from the data");
    }
    return Unreadable(path, "can't be opened");
  }
  struct stat status;
  if (fstat(file.get(), &status) != 0) return Unreadable(path, "can't be examined");
  if (!IsPrivate(status)) {
    return RootKeyError("ROOT_KEY_MODE", path, "others may use it; run: chmod 600 " + path);
  }
  // One byte more than there should be, to notice a longer file.
  char buffer[Key::kSize + 1];
  size_t length = 0;
  while (length < sizeof buffer) {
    const ssize_t got = read(file.get(), buffer + length, sizeof buffer - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unreadable(path, "can't be read");
    if (got == 0) break;
    length += static_cast<size_t>(got);
  }
  if (length != Key::kSize) {
    return RootKeyError("ROOT_KEY_LENGTH", path,
                        "must be exactly 32 bytes; put back the copy you keep apart from the data");
  }
  Key key(std::string_view(buffer, length));
  explicit_bzero(buffer, sizeof buffer);
  return key;
}

absl::StatusOr<Key> LoadOrMakeRootKey(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0 && errno == ENOENT && !MakeKeyFile(path)) {
    return Unreadable(path, "can't be made");
  }
  return LoadRootKey(path);
}

}  // namespace carnet::vault
