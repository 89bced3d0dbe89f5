// The streams that are open, so that a server that goes down can end them in order.
#pragma once

#include <memory>
#include <mutex>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

namespace carnet::runtime {

// Made before the services, which hand it to StartServerStream() and StartBidiStream();
// GrpcServer::Shutdown() calls StopAll(). All functions may be called from any thread.
class OpenStreams {
 public:
  class Stream {
   public:
    // Ends the stream soon, with UNAVAILABLE(SHUTTING_DOWN). Quick.
    virtual void Stop() = 0;

   protected:
    ~Stream() = default;
  };

  // False: too late, all are being stopped.
  bool Add(const std::shared_ptr<Stream>& stream);
  void Remove(Stream* stream);
  void StopAll();

  size_t count() const;

 private:
  mutable std::mutex mutex_;
  bool stopped_ = false;
  absl::flat_hash_map<Stream*, std::weak_ptr<Stream>> streams_;
};

// UNAVAILABLE(SHUTTING_DOWN).
absl::Status ShuttingDown();

}  // namespace carnet::runtime
