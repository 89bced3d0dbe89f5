// An open file by its number, closed at the end of its scope.
#pragma once

#include <string_view>

namespace carnet {

// Thread-compatible.
class Descriptor {
 public:
  // As open(2) answered: negative where it failed.
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  const int fd_;
};

// Writes all of it, however often the system asks to be called again; false with errno set where
// it can't.
bool WriteAll(int fd, std::string_view bytes);

}  // namespace carnet
