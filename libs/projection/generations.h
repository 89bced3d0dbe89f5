// Generations of one partition's views on disk: <views>/<partition>/gen-<n>, and CURRENT, which
// names the one that serves.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "view_store/view_store.h"

namespace carnet::projection {

// Holds a folder for this process alone; let go of by the destructor, or by the death of the
// process.
class FolderLock {
 public:
  // FAILED_PRECONDITION(VIEWS_IN_USE), or a folder that can't be written to.
  static absl::StatusOr<std::unique_ptr<FolderLock>> Take(const std::string& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  const int fd_;
};

// The serving generation of a partition. The store is closed before the lock is let go of.
struct ServingGeneration {
  std::unique_ptr<FolderLock> lock;
  uint32_t number = 0;
  std::string folder;
  std::unique_ptr<view_store::ViewStore> store;
};

// Opens what CURRENT names, or begins generation 1 where there is none. What a crashed attempt left
// (a generation newer than CURRENT, CURRENT.tmp) is deleted; older generations are kept. Errors as
// OpenViewStore, and DATA_LOSS(VIEWS_DAMAGED) if CURRENT names nothing.
absl::StatusOr<ServingGeneration> OpenServingGeneration(
    const std::string& views_folder, int32_t partition,
    const view_store::ViewStoreOptions& options);

// Makes `number` the one that serves, from the next open on; durable when it returns.
absl::Status MakeServing(const std::string& views_folder, int32_t partition, uint32_t number);

}  // namespace carnet::projection
