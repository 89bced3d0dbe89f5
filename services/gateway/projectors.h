// The projectors of other processes: who serves what, how far each is, and a way to ask them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "carnet/v1/admin_service.pb.h"
#include "carnet/v1/change_service.pb.h"
#include "carnet/v1/policy_service.pb.h"
#include "event_log/event_log.h"
#include "runtime/tls.h"

namespace grpc {
class Channel;
}

namespace carnet::gateway {

// Where they are, and how they are spoken to.
struct ProjectorAddresses {
  std::vector<std::string> addresses;  // host:port
  runtime::ClientTlsFiles tls;         // must have been checked
  // Holds the API key that this gateway's own questions carry; read again some
  // times a second. Empty: none is sent.
  std::string api_key_file;
};

// Each is asked for its status some times a second; what it serves is what it says it serves, so
// partitions can move without telling gateways. All functions may be called from any thread.
class Projectors {
 public:
  // `log` must outlive this.
  Projectors(event_log::EventLog* log, const ProjectorAddresses& where);
  ~Projectors();
  Projectors(const Projectors&) = delete;
  Projectors& operator=(const Projectors&) = delete;

  // Where to ask about a partition, the best first: those that fold it, and of them in turn those
  // that are about as far as the furthest; then those that stopped. Empty: nobody serves it.
  std::vector<std::shared_ptr<grpc::Channel>> For(int32_t partition);

  // How far the furthest projector of a partition was behind the log when last seen.
  int64_t Lag(int32_t partition) const;

  // One after the other until one of For() answers. `done` is called once.
  using Outcome = absl::StatusOr<v1::GetOutcomeResponse>;
  void GetOutcome(const v1::GetOutcomeRequest& request, absl::Time deadline,
                  std::function<void(Outcome)> done);

  // The same, about a merchant of that partition.
  using Policy = absl::StatusOr<v1::GetPolicyResponse>;
  void GetPolicy(const v1::GetPolicyRequest& request, int32_t partition, absl::Time deadline,
                 std::function<void(Policy)> done);
  // Waits in the calling thread, which may be one of gRPC's: no other of them is needed meanwhile.
  Policy GetPolicyNow(const v1::GetPolicyRequest& request, int32_t partition, absl::Time deadline);

  // Adds every projector's partitions, by partition, and those that do not answer.
  void FillStatus(v1::GetStatusResponse* status) const;

  // UNAVAILABLE(PARTITION_NOT_SERVED).
  static absl::Status NotServed(int32_t partition);

 private:
  struct Projector {
    std::string address;
    std::shared_ptr<grpc::Channel> channel;
    // Guarded by mutex_.
    v1::GetStatusResponse status;
    std::string unreachable = "not asked yet";  // empty: `status` is fresh
    std::thread asking;
  };

  void Ask(Projector* projector);
  void WatchEnds();
  void ReadApiKey();
  // "Bearer …", empty without a key.
  std::string Authorization() const;
  // False: told to stop.
  bool Pause();

  event_log::EventLog* const log_;
  const std::string log_id_;  // as text
  const std::string api_key_file_;

  mutable std::mutex mutex_;
  std::condition_variable stop_requested_;
  // Guarded by mutex_.
  bool stopping_ = false;
  uint64_t turn_ = 0;
  std::string authorization_;
  std::vector<int64_t> ends_;       // of the log, by partition
  std::vector<int64_t> positions_;  // the furthest ever seen

  std::vector<std::unique_ptr<Projector>> projectors_;
  std::thread watching_ends_;
};

}  // namespace carnet::gateway
