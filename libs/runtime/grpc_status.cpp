#include "runtime/grpc_status.h"

#include <string>
#include <string_view>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

#include "base/error.h"

namespace carnet::runtime {

void ToRpcStatus(const absl::Status& status, google::rpc::Status* out) {
  out->set_code(static_cast<int>(status.code()));
  out->set_message(std::string(status.message()));
  if (status.ok()) return;

  google::rpc::ErrorInfo info;
  std::string reason = ReasonOf(status);
  info.set_reason(reason.empty() ? absl::StatusCodeToString(status.code()) : std::move(reason));
  info.set_domain(kErrorDomain);
  ForEachErrorMetadata(status, [&](std::string_view key, std::string_view value) {
    (*info.mutable_metadata())[std::string(key)] = std::string(value);
  });
  out->add_details()->PackFrom(info);

  google::rpc::BadRequest bad_request;
  ForEachFieldViolation(status, [&](std::string_view field, std::string_view description) {
    auto* violation = bad_request.add_field_violations();
    violation->set_field(std::string(field));
    violation->set_description(std::string(description));
  });
  if (std::string field = FieldOf(status);
      !field.empty() && bad_request.field_violations().empty()) {
    auto* violation = bad_request.add_field_violations();
    violation->set_field(std::move(field));
    violation->set_description(std::string(status.message()));
  }
  if (!bad_request.field_violations().empty()) out->add_details()->PackFrom(bad_request);
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  google::rpc::Status rpc;
  ToRpcStatus(status, &rpc);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), rpc.message(),
                      rpc.SerializeAsString());
}

absl::Status FromRpcStatus(const google::rpc::Status& rpc) {
  const auto code = static_cast<absl::StatusCode>(rpc.code());
  if (code == absl::StatusCode::kOk) return absl::OkStatus();
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad_request;
  for (const google::protobuf::Any& detail : rpc.details()) {
    if (detail.Is<google::rpc::ErrorInfo>()) detail.UnpackTo(&info);
    if (detail.Is<google::rpc::BadRequest>()) detail.UnpackTo(&bad_request);
  }
  if (info.domain() != kErrorDomain) return absl::Status(code, rpc.message());
  const std::string field =
      bad_request.field_violations_size() > 0 ? bad_request.field_violations(0).field() : "";
  absl::Status status = Error(code, info.reason(), rpc.message(), field);
  for (const auto& [key, value] : info.metadata()) AddErrorMetadata(key, value, &status);
  if (bad_request.field_violations_size() > 1) {
    for (const auto& violation : bad_request.field_violations())
      AddFieldViolation(violation.field(), violation.description(), &status);
  }
  return status;
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status rpc;
  if (!status.error_details().empty() && !rpc.ParseFromString(status.error_details())) rpc.Clear();
  // The outer ones are what gRPC itself goes by.
  rpc.set_code(status.error_code());
  rpc.set_message(status.error_message());
  return FromRpcStatus(rpc);
}

}  // namespace carnet::runtime
