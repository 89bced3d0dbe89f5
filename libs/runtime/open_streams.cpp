#include "runtime/open_streams.h"

#include <utility>
#include <vector>

#include "base/error.h"

namespace carnet::runtime {

bool OpenStreams::Add(const std::shared_ptr<Stream>& stream, access::Caller caller) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return false;
  streams_[stream.get()] = {.stream = stream, .caller = std::move(caller)};
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
    for (const auto& [key, entry] : streams_) {
      if (auto alive = entry.stream.lock()) open.push_back(std::move(alive));
    }
  }
  for (const auto& stream : open) stream->Stop(ShuttingDown());
}

void OpenStreams::StopUnless(const std::function<bool(const access::Grant&)>& holds,
                             const absl::Status& why) {
  std::vector<std::shared_ptr<Stream>> ended;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, entry] : streams_) {
      if (holds(*entry.caller)) continue;
      if (auto alive = entry.stream.lock()) ended.push_back(std::move(alive));
    }
  }
  for (const auto& stream : ended) stream->Stop(why);
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
