// What durability costs a server that does nothing else: one thread writes what came while the last
// fdatasync was under way, syncs it, and says so.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace carnet::bench {

class SyncedFile {
 public:
  explicit SyncedFile(const std::string& path);
  // Writes what is left.
  ~SyncedFile();
  SyncedFile(const SyncedFile&) = delete;
  SyncedFile& operator=(const SyncedFile&) = delete;

  // `bytes` adds what is to be written to a string; `done` is called when that is durable. Both in
  // the file's own thread.
  void Append(std::function<void(std::string*)> bytes, std::function<void()> done);

 private:
  using Queue = std::vector<std::pair<std::function<void(std::string*)>, std::function<void()>>>;

  void Run();

  const int fd_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Queue queue_;            // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // last
};

}  // namespace carnet::bench
