// Who stands at the door of every call: asks for credentials, refuses, counts and logs what it
// refused, and ends streams whose credentials hold no more.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "access/credentials.h"
#include "access/grant.h"
#include "access/rules.h"
#include "runtime/metrics.h"
#include "runtime/open_streams.h"

namespace grpc {
class ByteBuffer;
class CallbackServerContext;
}  // namespace grpc
namespace google::protobuf {
class Message;
}

namespace carnet::runtime {

// Made before the services, which hand it to StartUnary() and its like; must outlive the server.
// All functions may be called from any thread.
class Guard {
 public:
  // Lets everybody do everything: for loopback.
  Guard() = default;
  // Both must outlive this.
  Guard(access::Credentials* credentials, Metrics* metrics)
      : credentials_(credentials), metrics_(metrics) {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // Null: everybody may do everything.
  access::Credentials* credentials() const { return credentials_; }

  // For any way in. `method` names it in metrics and logs and must be one of few; `peer` is asked
  // only when it is refused.
  using Peer = absl::FunctionRef<std::string()>;

  // Whose credential this is: what follows "Bearer " in a header, or all of a signed URL's.
  // Errors: UNAUTHENTICATED(CREDENTIALS_MISSING, CREDENTIALS_REFUSED); the same for a wrong, an
  // expired and a revoked one.
  absl::StatusOr<access::Caller> Authenticate(std::string_view credential, std::string_view method,
                                              Peer peer);
  // The same for a whole header "authorization"; empty: there was none.
  absl::StatusOr<access::Caller> AuthenticateHeader(std::string_view header,
                                                    std::string_view method, Peer peer);
  // Whether they may do it. Error: PERMISSION_DENIED(ACCESS_DENIED), the same whether what was
  // asked for exists or not.
  absl::Status Authorize(const access::Grant& grant, const access::Facts& facts,
                         std::string_view method, Peer peer);

  // The same for gRPC: first who it is, from the metadata, before the request is even parsed …
  absl::Status Admit(const grpc::CallbackServerContext& context, const access::Rule* rule,
                     access::Caller* caller);
  // … then whether the request is theirs to make.
  absl::Status Authorize(const grpc::CallbackServerContext& context, const access::Rule* rule,
                         const access::Grant& grant, const google::protobuf::Message* request);

  // For a stream of requests of which the first one names the merchant, and others may: whether
  // this one is theirs to make. `named`: whether one before it did; kept here.
  absl::Status AuthorizeNext(const grpc::CallbackServerContext& context, const access::Rule* rule,
                             const access::Grant& grant, const grpc::ByteBuffer& request,
                             bool* named);

  // Streams that are open, with whose they are.
  OpenStreams& streams() { return streams_; }

  // To be called about once a second, from one thread: reads files of credentials that changed, and
  // ends streams whose credentials hold no more with UNAUTHENTICATED(CREDENTIALS_REFUSED).
  void Look();

 private:
  absl::Status Refuse(absl::Status status, std::string_view method, std::string_view why,
                      std::string_view who, Peer peer);

  access::Credentials* const credentials_ = nullptr;
  Metrics* const metrics_ = nullptr;
  OpenStreams streams_;

  // What was refused is counted; of its lines, only so many are written a second.
  std::mutex log_mutex_;
  absl::Time log_second_;
  int64_t lines_in_second_ = 0;
};

}  // namespace carnet::runtime
