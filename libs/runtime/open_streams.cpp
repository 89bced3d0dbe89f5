#include "runtime/open_streams.h"

#include <vector>

#include "base/error.h"

namespace carnet::runtime {

bool OpenStreams::Add(const std::shared_ptr<Stream>& stream) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return false;
  streams_[stream.get()] = stream;
  return true;
}

void OpenStreams::Remove(Stream* stream) {
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
}

void OpenStreams::StopAll() {
  std::vector<std::shared_ptr<Stream>> open;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const auto& [key, stream] : streams_) {
      if (auto alive = stream.lock()) open.push_back(std::move(alive));
    }
  }
  for (const auto& stream : open) stream->Stop();
}

size_t OpenStreams::count() const {
  const std::lock_guard lock(mutex_);
  return streams_.size();
}

absl::Status ShuttingDown() {
  return Error(absl::StatusCode::kUnavailable, "SHUTTING_DOWN",
               "this server is going down: connect again");
}

}  // namespace carnet::runtime
