#include "tests/bench/load.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include "tests/bench/check.h"
#include "tests/bench/clocks.h"

namespace carnet::bench {
namespace {

using Stub = grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer>;

class Load {
 public:
  Load(const Server& server, const std::string& method,
       const std::vector<grpc::ByteBuffer>& requests, double seconds, const std::string& credential)
      : method_(method),
        authorization_(credential.empty() ? "" : "Bearer " + credential),
        requests_(requests),
        seconds_(seconds),
        channel_(grpc::CreateChannel(server.address(), grpc::InsecureChannelCredentials())),
        stub_(channel_) {
    Check(channel_->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10)),
          "no connection to " + server.address());
  }

  LoadResult Run(const Server& server) {
    const double server_cpu = server.cpu();
    const double client_cpu = ProcessCpu();
    const double begin = Now();
    end_ = seconds_ == 0 ? 0 : begin + seconds_;
    for (Slot& slot : slots_) Next(&slot);
    {
      std::unique_lock lock(mutex_);
      ended_.wait(lock, [&] { return running_ == 0; });
    }
    const double took = Now() - begin;
    std::vector<double> times;
    for (const Slot& slot : slots_) {
      times.insert(times.end(), slot.milliseconds.begin(), slot.milliseconds.end());
    }
    const auto calls = static_cast<double>(times.size());
    return {.calls = static_cast<int64_t>(times.size()),
            .per_second = calls / took,
            .server_us = (server.cpu() - server_cpu) / calls * 1e6,
            .client_us = (ProcessCpu() - client_cpu) / calls * 1e6,
            .p50_ms = Percentile(&times, 0.5),
            .p99_ms = Percentile(&times, 0.99)};
  }

 private:
  struct Slot {
    std::unique_ptr<grpc::ClientContext> context;
    grpc::ByteBuffer response;
    double begin = 0;
    std::vector<double> milliseconds;
  };

  void Next(Slot* slot) {
    const double now = Now();
    const uint64_t index = next_.fetch_add(1, std::memory_order_relaxed);
    if (end_ == 0 ? index >= requests_.size() : now >= end_) {
      const std::lock_guard lock(mutex_);
      if (--running_ == 0) ended_.notify_one();
      return;
    }
    slot->context = std::make_unique<grpc::ClientContext>();
    if (!authorization_.empty()) slot->context->AddMetadata("authorization", authorization_);
    slot->begin = now;
    stub_.UnaryCall(slot->context.get(), method_, grpc::StubOptions(),
                    &requests_[index % requests_.size()], &slot->response,
                    [this, slot](const grpc::Status& status) {
                      Check(status.ok(), method_ + ": " + status.error_message());
                      slot->milliseconds.push_back((Now() - slot->begin) * 1e3);
                      Next(slot);
                    });
  }

  const std::string method_;
  const std::string authorization_;
  const std::vector<grpc::ByteBuffer>& requests_;
  const double seconds_;
  const std::shared_ptr<grpc::Channel> channel_;
  Stub stub_;
  double end_ = 0;  // 0: when all were sent
  std::atomic<uint64_t> next_{0};
  std::vector<Slot> slots_ = std::vector<Slot>(kInFlight);

  std::mutex mutex_;
  std::condition_variable ended_;
  int running_ = kInFlight;
};

}  // namespace

grpc::ByteBuffer Encode(const google::protobuf::MessageLite& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

LoadResult RunLoad(const Server& server, const std::string& method,
                   const std::vector<grpc::ByteBuffer>& requests, double seconds,
                   const std::string& credential) {
  return Load(server, method, requests, seconds, credential).Run(server);
}

double Percentile(std::vector<double>* values, double p) {
  if (values->empty()) return 0;
  const auto at = static_cast<size_t>(p * static_cast<double>(values->size() - 1) + 0.5);
  std::nth_element(values->begin(), values->begin() + static_cast<ptrdiff_t>(at), values->end());
  return (*values)[at];
}

}  // namespace carnet::bench
