// The streams that are open, so that they can be ended in order: all when a server goes down,
// somebody's when they may not go on.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

#include "access/grant.h"

namespace carnet::runtime {

// Part of the Guard that the adapters get. GrpcServer::Shutdown() calls StopAll(). All functions
// may be called from any thread.
class OpenStreams {
 public:
  class Stream {
   public:
    // Ends the stream soon, with this error. Quick.
    virtual void Stop(const absl::Status& why) = 0;

   protected:
    ~Stream() = default;
  };

  // False: too late, all are being stopped.
  bool Add(const std::shared_ptr<Stream>& stream, access::Caller caller);
  void Remove(Stream* stream);
  // With UNAVAILABLE(SHUTTING_DOWN).
  void StopAll();
  // Those whose caller does not pass `holds`, with `why`.
  void StopUnless(const std::function<bool(const access::Grant&)>& holds, const absl::Status& why);

  size_t count() const;

 private:
  mutable std::mutex mutex_;
  bool stopped_ = false;
  struct Open {
    std::weak_ptr<Stream> stream;
    access::Caller caller;
  };
  absl::flat_hash_map<Stream*, Open> streams_;
};

// UNAVAILABLE(SHUTTING_DOWN).
absl::Status ShuttingDown();

}  // namespace carnet::runtime
