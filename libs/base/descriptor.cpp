#include "base/descriptor.h"

#include <unistd.h>

#include <cerrno>

namespace carnet {

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

bool IsPrivate(const struct stat& file) {
  const bool by_group = file.st_uid == 0 && geteuid() != 0;
  const mode_t others = by_group ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;
  return (file.st_mode & others) == 0;
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace carnet
