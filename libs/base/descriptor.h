// An open file by its number, closed at the end of its scope.
#pragma once

#include <sys/stat.h>

#include <string_view>
#include <utility>

namespace carnet {

// Thread-compatible.
class Descriptor {
 public:
  // As open(2) answered: negative where it failed.
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

// Whether a file of secrets, as fstat(2) tells of it, is its owner's alone. Where the owner is root
// and this process is not, the group may read it: so Kubernetes mounts Secrets for users of their
// own, and PostgreSQL has the same rule for its server's key.
bool IsPrivate(const struct stat& file);

// Writes all of it, however often the system asks to be called again; false with errno set where
// it can't.
bool WriteAll(int fd, std::string_view bytes);

}  // namespace carnet
