// Start after kill -9 with all changes stored: carnetd, which has folded all and not been told to
// stop, is killed and started again, several times. Time runs from before the process is made until
// health says SERVING and GetBalance has answered at the position behind the last change.
#include <chrono>

#include "absl/strings/str_cat.h"
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include "carnet/v1/ledger_service.grpc.pb.h"
#include "tests/bench/bench.h"
#include "tests/bench/check.h"
#include "tests/bench/clocks.h"
#include "tests/bench/load.h"

namespace carnet::bench {
namespace {

// Debian ships no generated code for grpc.health.v1: an empty request, and 08 01 for SERVING.
bool IsServing(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  grpc::CompletionQueue queue;
  const grpc::ByteBuffer request = Encode(v1::GetBalanceRequest());
  const auto call =
      stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
  grpc::ByteBuffer response;
  grpc::Status status;
  call->StartCall();
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  grpc::Slice slice;
  if (!status.ok() || !response.DumpToSingleSlice(&slice).ok()) return false;
  return slice.size() == 2 && slice.begin()[0] == 0x08 && slice.begin()[1] == 0x01;
}

void ReadLast(const Bench& bench, const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  v1::GetBalanceRequest request;
  request.set_customer(bench.last_customer);
  *request.mutable_min_position() = bench.last_position;
  v1::GetBalanceResponse response;
  const grpc::Status status =
      v1::LedgerService::NewStub(channel)->GetBalance(&context, request, &response);
  Check(status.ok(), "GetBalance: " + status.error_message());
}

}  // namespace

void MeasureRestart(Bench* bench) {
  std::vector<double> seconds;
  std::vector<double> serving;
  std::vector<double> cpu;
  for (int round = 0; round < bench->options.rounds; ++round) {
    bench->carnetd->Kill();
    bench->carnetd = bench->StartCarnetd();
    const Server& carnetd = *bench->carnetd;
    const auto channel = grpc::CreateChannel(carnetd.address(), grpc::InsecureChannelCredentials());
    Check(IsServing(channel), "health does not say SERVING");
    serving.push_back(Now() - carnetd.begun());
    ReadLast(*bench, channel);
    seconds.push_back(Now() - carnetd.begun());
    cpu.push_back(carnetd.cpu());
  }
  bench->report.Add(
      {.name = "start after kill -9",
       .number = Median(seconds),
       .unit = "s",
       .must = 3,
       .aim = 1,
       .at_most = true,
       .note = absl::StrCat("SERVING after ", Number(Median(serving)), " s; processor ",
                            Number(Median(cpu)), " s; median of ", seconds.size())});
}

}  // namespace carnet::bench
