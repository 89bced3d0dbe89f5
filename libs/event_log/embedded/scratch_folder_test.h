// A folder that is gone with the test. In memory where there is room: no test here depends on what
// an fsync takes, and on a busy disk that is most of a test's time.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "base/fatal.h"

namespace carnet::event_log {

class ScratchFolder {
 public:
  ScratchFolder() : path_((Root() / "carnet-log-XXXXXX").string()) {
    CARNET_ASSERT(mkdtemp(path_.data()) != nullptr);
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  static std::filesystem::path Root() {
    const std::filesystem::path memory = "/dev/shm";
    std::error_code error;
    const auto space = std::filesystem::space(memory, error);
    const bool roomy = !error && space.available > (uintmax_t{2} << 30);
    return roomy ? memory : std::filesystem::temp_directory_path();
  }

  std::string path_;
};

}  // namespace carnet::event_log
