#include "tests/bench/synced_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/bench/check.h"

namespace carnet::bench {

SyncedFile::SyncedFile(const std::string& path)
    : fd_(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
  Check(fd_ >= 0, path + ": " + std::strerror(errno));
  thread_ = std::thread([this] { Run(); });
}

SyncedFile::~SyncedFile() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  close(fd_);
}

void SyncedFile::Append(std::function<void(std::string*)> bytes, std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    queue_.emplace_back(std::move(bytes), std::move(done));
  }
  wake_.notify_one();
}

void SyncedFile::Run() {
  while (true) {
    Queue group;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      group.swap(queue_);
    }
    std::string all;
    for (const auto& [bytes, done] : group) bytes(&all);
    Check(write(fd_, all.data(), all.size()) == static_cast<ssize_t>(all.size()),
          std::string("write: ") + std::strerror(errno));
    Check(fdatasync(fd_) == 0, std::string("fdatasync: ") + std::strerror(errno));
    for (const auto& [bytes, done] : group) done();
  }
}

}  // namespace carnet::bench
