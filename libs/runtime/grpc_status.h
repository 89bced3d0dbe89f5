// Errors on their way over the wire and back.
#pragma once

#include "absl/status/status.h"
#include <grpcpp/support/status.h>

namespace google::rpc {
class Status;
}

namespace carnet::runtime {

// ErrorInfo.domain of every error of this contract.
inline constexpr char kErrorDomain[] = "carnet.v1";

// The code and the sentence of `status`; as details always an ErrorInfo (reason: what Error() was
// given, else the code's name; metadata: what AddErrorMetadata() added), and a BadRequest where
// Error() was given a field.
grpc::Status ToGrpcStatus(const absl::Status& status);

// The same for an error that stands in a message.
void ToRpcStatus(const absl::Status& status, google::rpc::Status* out);

// Back again, for clients: ReasonOf(), FieldOf() and ForEachErrorMetadata() of the result give what
// the server said. Details of another domain, or none (gRPC's own errors have none), leave code and
// sentence alone.
absl::Status FromGrpcStatus(const grpc::Status& status);
absl::Status FromRpcStatus(const google::rpc::Status& status);

}  // namespace carnet::runtime
