// Room on the disk: RocksDB on a full one ends in an error or an abort, so whoever opens a store
// looks first.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace carnet::view_store {

// A file of zeros in a store's folder that keeps as much room as a recovery may need, so that a
// store on a full disk can still be opened. Taken away before a recovery that lacks room, laid
// again after it.
class Reserve {
 public:
  Reserve(std::string folder, uint64_t bytes);

  // Makes sure that there is room for a recovery, giving up the file if need be.
  // UNAVAILABLE(DISK_FULL) if there is not, or if there would be none to go on afterwards; then
  // nothing was changed.
  absl::Status BeforeOpen();

  // Lays the file again where it is missing. UNAVAILABLE(DISK_FULL).
  absl::Status AfterOpen();

 private:
  std::string folder_;
  std::string file_;
  uint64_t bytes_;
};

}  // namespace carnet::view_store
