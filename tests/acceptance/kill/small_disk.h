// A disk of a few hundred megabytes that a test can fill or make read-only.
#pragma once

#include <cstdint>
#include <string>

namespace carnet::acceptance {

class SmallDisk {
 public:
  // A tmpfs at `path`, a folder that exists. Mounting takes rights: see is_mounted().
  SmallDisk(std::string path, uint64_t megabytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool is_mounted() const { return mounted_; }

  // Puts a file there that leaves so much free; or takes it away.
  void FillUpTo(uint64_t free_megabytes);
  void MakeRoom();

  // Nothing there may be open for writing.
  void SetReadOnly(bool read_only);

 private:
  const std::string path_;
  const uint64_t megabytes_;
  bool mounted_ = false;
};

}  // namespace carnet::acceptance
