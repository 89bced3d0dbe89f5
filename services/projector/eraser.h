// What follows from an erasure outside the fold: keys are deleted, files that hold tokens
// rewritten.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "projection/projector.h"
#include "vault/key_ring.h"
#include "view_store/view_store.h"

namespace carnet::projector_service {

// The change in the log is the intent; the views say what it asks for, and hold that for ever. So
// it is done again until it is done, by whichever process comes first: after a crash between any
// two steps, after the views were folded anew, and after a key store was restored from a backup.
//
// May be used from any thread.
class Eraser {
 public:
  // Both must outlive the eraser.
  Eraser(projection::Projector* projector, vault::KeyRing* keys);
  // Ends the thread.
  ~Eraser();
  Eraser(const Eraser&) = delete;
  Eraser& operator=(const Eraser&) = delete;

  // Does what the views ask for now; then follows them in a thread of its own. Called once, after
  // the projector started and before anything is served.
  void Start();
  void Stop();

  // Does what one change asks for, as `snapshot` knows it; nothing where it asks for nothing.
  // Errors: vault::KeyStore's; it is tried again by the thread.
  absl::Status EraseNow(const view_store::Snapshot& snapshot, const std::string& merchant,
                        uint64_t change_number);

 private:
  void Run();
  // Deletes the keys that the views of a partition ask for and that are there still.
  absl::Status EraseAll(int32_t partition);
  // Rewrites files of the views, where something went since they were.
  void ScrubAll();

  projection::Projector* const projector_;
  vault::KeyRing* const keys_;
  std::vector<std::shared_ptr<void>> listening_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool advanced_ = false;  // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_

  // The thread's own.
  std::map<std::string, bool> done_;  // keys of the rows: whether the views never had any of it
  std::map<int32_t, uint64_t> row_count_;  // by partition

  std::thread thread_;
};

}  // namespace carnet::projector_service
