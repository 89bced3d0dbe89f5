#include "runtime/grpc_server.h"

#include <chrono>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include "access/rules.h"
#include "base/error.h"
#include "runtime/guard.h"

namespace carnet::runtime {
namespace {

// gRPC keeps these two in globals.
void EnableHealthAndReflection() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const std::vector<std::string>& addresses, const std::vector<grpc::Service*>& services,
    Guard* guard, const TlsFiles& tls, grpc::CallbackGenericService* others) {
  if (absl::Status rules = access::CheckRules(); !rules.ok()) return rules;
  if (absl::Status files = CheckTlsFiles(tls); !files.ok()) return files;
  EnableHealthAndReflection();
  grpc::ServerBuilder builder;
  // Two servers on one port would each get some of the calls: the second one has to fail.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(-1);
  // Only reflection is synchronous: one thread is plenty.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  const std::shared_ptr<grpc::ServerCredentials> credentials = ServerCredentialsOf(tls);
  std::vector<int> ports(addresses.size(), 0);
  for (size_t i = 0; i < addresses.size(); ++i) {
    builder.AddListeningPort(addresses[i], credentials, &ports[i]);
  }
  for (grpc::Service* service : services) builder.RegisterService(service);
  if (others != nullptr) builder.RegisterCallbackGenericService(others);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();

  std::vector<std::string> actual;
  for (size_t i = 0; i < addresses.size(); ++i) {
    if (server == nullptr || ports[i] == 0) {
      return Error(absl::StatusCode::kUnavailable, "ADDRESS_IN_USE",
                   absl::StrCat("can't listen on ", addresses[i],
                                ": is the port in use, by another carnetd perhaps?"));
    }
    actual.push_back(absl::StrCat(addresses[i].substr(0, addresses[i].rfind(':') + 1), ports[i]));
  }
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(server), std::move(actual), guard));
}

GrpcServer::GrpcServer(std::unique_ptr<grpc::Server> server, std::vector<std::string> addresses,
                       Guard* guard)
    : server_(std::move(server)), addresses_(std::move(addresses)), guard_(guard) {}

GrpcServer::~GrpcServer() { Shutdown(); }

void GrpcServer::SetServing(bool serving) {
  if (auto* health = server_->GetHealthCheckService()) health->SetServingStatus(serving);
}

void GrpcServer::Shutdown() {
  if (server_ == nullptr) return;
  if (auto* health = server_->GetHealthCheckService()) health->SetServingStatus(false);
  guard_->streams().StopAll();
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  server_->Wait();
  server_.reset();
}

}  // namespace carnet::runtime
