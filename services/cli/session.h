// One run of the command line: where the server is, whose booklet it is about, how to print.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/security/credentials.h>

#include "carnet/v1/token.pb.h"
#include "cli/arguments.h"

namespace carnet::cli {

class Session {
 public:
  // Errors: INVALID_ARGUMENT for a position that is none, for files of keys and certificates that
  // can't be read, and for a key that would go over the network in clear.
  static absl::StatusOr<Session> Make(const CommonOptions& options);

  const CommonOptions& options() const { return options_; }
  bool json() const { return options_.output == Output::kJson; }
  // Made when first asked for, with gRPC's threads: a command that minds signals has blocked them
  // by then.
  const std::shared_ptr<grpc::Channel>& channel() const;
  // Adds the key or token, where there is one: to be called for each call.
  void AddCredentials(grpc::ClientContext* context) const;
  // Not set: any state will do.
  const v1::Token* min_position() const { return has_position_ ? &position_ : nullptr; }

  // The merchant that was named. Error: INVALID_ARGUMENT that says how to name one.
  absl::StatusOr<std::string> Merchant() const;

  // merchants/{merchant}/customers/{id} of what a person types: that, customers/{id} or the id
  // alone. Error as above.
  absl::StatusOr<std::string> CustomerName(std::string_view typed) const;

  // To standard output.
  void Print(std::string_view text) const;
  void Flush() const;
  // To standard error, "carnet: " before it.
  void Say(std::string_view text) const;

 private:
  explicit Session(CommonOptions options);
  absl::Status ReadFiles();

  CommonOptions options_;
  std::string credential_;  // "Bearer …", or empty
  grpc::SslCredentialsOptions tls_;
  bool encrypted_ = false;
  v1::Token position_;
  bool has_position_ = false;
  mutable std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace carnet::cli
