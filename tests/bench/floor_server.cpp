// carnet_floor: what calls cost with nothing of Carnet behind them. The same server framework and
// the same messages; reads answer with an empty message, Publish does too once the request's bytes
// are safe on disk (synced_file.h).
//
//   carnet_floor FILE PORT_FILE
#include <string>
#include <vector>

#include <grpcpp/support/slice.h>

#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/customer_service.grpc.pb.h"
#include "carnet/v1/ledger_service.grpc.pb.h"
#include "runtime/grpc_server.h"
#include "runtime/guard.h"
#include "runtime/shutdown.h"
#include "runtime/unary.h"
#include "runtime/whole_file.h"
#include "tests/bench/check.h"
#include "tests/bench/synced_file.h"

namespace carnet::bench {
namespace {

using runtime::CallInfo;
using runtime::Done;

void AddTo(std::string* bytes, const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  Check(buffer.Dump(&slices).ok(), "a request without bytes");
  for (const grpc::Slice& slice : slices)
    bytes->append(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

class Changes final
    : public v1::ChangeService::WithRawCallbackMethod_Publish<v1::ChangeService::Service> {
 public:
  explicit Changes(SyncedFile* file) : file_(file) {}
  grpc::ServerUnaryReactor* Publish(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* in, grpc::ByteBuffer* out) override {
    return runtime::StartUnary<v1::PublishRequest, v1::PublishResponse>(
        &guard_, context, in, out,
        [this, in](const v1::PublishRequest&, v1::PublishResponse*, const CallInfo&, Done done) {
          file_->Append([in = *in](std::string* bytes) { AddTo(bytes, in); },
                        [done] { done(absl::OkStatus()); });
        });
  }

 private:
  SyncedFile* const file_;
  runtime::Guard guard_;
};

class Ledger final
    : public v1::LedgerService::WithRawCallbackMethod_GetBalance<v1::LedgerService::Service> {
 public:
  grpc::ServerUnaryReactor* GetBalance(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* in, grpc::ByteBuffer* out) override {
    return runtime::StartUnary<v1::GetBalanceRequest, v1::GetBalanceResponse>(
        &guard_, context, in, out,
        [](const v1::GetBalanceRequest&, v1::GetBalanceResponse*, const CallInfo&, Done done) {
          done(absl::OkStatus());
        });
  }

 private:
  runtime::Guard guard_;
};

class Customers final
    : public v1::CustomerService::WithRawCallbackMethod_GetCustomer<v1::CustomerService::Service> {
 public:
  grpc::ServerUnaryReactor* GetCustomer(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* in,
                                        grpc::ByteBuffer* out) override {
    return runtime::StartUnary<v1::GetCustomerRequest, v1::GetCustomerResponse>(
        &guard_, context, in, out,
        [](const v1::GetCustomerRequest&, v1::GetCustomerResponse*, const CallInfo&, Done done) {
          done(absl::OkStatus());
        });
  }

 private:
  runtime::Guard guard_;
};

void Serve(const std::string& file_path, const std::string& port_file) {
  runtime::ShutdownSignal shutdown;  // before any thread
  SyncedFile file(file_path);
  Changes changes(&file);
  Ledger ledger;
  Customers customers;
  runtime::Guard guard;
  auto server =
      Must(runtime::GrpcServer::Start({"127.0.0.1:0"}, {&changes, &ledger, &customers}, &guard),
           "starting");
  Check(runtime::WriteWholeFile(port_file, server->addresses().front() + "\n"), port_file);
  while (shutdown.WaitFor(std::chrono::seconds(1)) == 0) {
  }
  server->Shutdown();
}

}  // namespace
}  // namespace carnet::bench

int main(int argc, char** argv) {
  carnet::bench::Check(argc == 3, "give a file to write to, and one for the address");
  carnet::bench::Serve(argv[1], argv[2]);
}
