// A folder that is gone with the test. In memory where there is room: what an fsync takes is not
// what is tested, and on a busy disk that is most of a test's time.
#pragma once

#include <string>

namespace carnet::simulation {

class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace carnet::simulation
