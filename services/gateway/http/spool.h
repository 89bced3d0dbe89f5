// What was answered with "taken" and is not in the log yet: deliveries of channels that never send
// again, while the log could not take them; leads that are still to be fetched. One sealed file
// each, in the order in which they came.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "vault/key.h"

namespace carnet::gateway {

// All functions may be called from any thread.
class Spool {
 public:
  // `folder` is made where it is missing; what lies in it from before comes first. `max_bytes`
  // bounds what lies on disk. Errors: UNAVAILABLE(SPOOL_UNREADABLE).
  static absl::StatusOr<std::unique_ptr<Spool>> Open(const std::string& folder,
                                                     const vault::Key& root_key,
                                                     uint64_t max_bytes = uint64_t{1} << 30);

  // Durable when this returns, with the entry's number. Errors: RESOURCE_EXHAUSTED(SPOOL_FULL),
  // UNAVAILABLE(FILE_NOT_WRITTEN).
  absl::StatusOr<uint64_t> Add(const std::string& content);

  struct Entry {
    uint64_t number = 0;
    std::string content;
  };
  // The oldest ones in their order: `most` at most, of `max_bytes` on disk at most, but one where
  // there is one. One that can't be opened any more (damaged, another root key) is renamed to
  // *.damaged and passed over.
  std::vector<Entry> Oldest(size_t most, uint64_t max_bytes);
  void Remove(uint64_t number);
  // Renames what nobody can make anything of to *.damaged, for people to look at: nothing is
  // thrown away.
  void SetAside(uint64_t number);

  bool empty() const;
  size_t size() const;

 private:
  Spool(std::string folder, const vault::Key& root_key, uint64_t max_bytes);
  std::string PathOf(uint64_t number) const;

  const std::string folder_;
  const vault::Key key_;
  const uint64_t max_bytes_;

  struct File {
    uint64_t number = 0;
    uint64_t bytes = 0;
  };
  // Under mutex_. Nothing: it was set aside.
  std::optional<Entry> OpenOrSetAside(const File& file);
  void RenameDamaged(const File& file);  // under mutex_

  mutable std::mutex mutex_;
  std::deque<File> files_;  // guarded by mutex_, oldest first
  uint64_t bytes_ = 0;      // guarded by mutex_
  uint64_t next_ = 1;       // guarded by mutex_
};

}  // namespace carnet::gateway
