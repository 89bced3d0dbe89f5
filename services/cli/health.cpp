#include "cli/health.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

namespace carnet::cli {
namespace {

// Debian ships no generated code for grpc.health.v1. A HealthCheckResponse has one field, the
// status: 08 01 is SERVING.
bool SaysServing(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return false;
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes == std::string("\x08\x01", 2);
}

// One Health/Watch call, driven step by step.
class Watch {
 public:
  Watch(const Session& session, absl::Time deadline) : stub_(session.channel()) {
    context_.set_wait_for_ready(true);
    context_.set_deadline(absl::ToChronoTime(deadline));
    stream_ = stub_.PrepareCall(&context_, "/grpc.health.v1.Health/Watch", &queue_);
  }
  ~Watch() {
    context_.TryCancel();
    grpc::Status ignored;
    stream_->Finish(&ignored, nullptr);
    Step();
    queue_.Shutdown();
    while (Step()) {
    }
  }

  bool UntilServing() {
    stream_->StartCall(nullptr);
    if (!Step()) return false;
    stream_->WriteLast(grpc::ByteBuffer(nullptr, 0), grpc::WriteOptions(), nullptr);
    if (!Step()) return false;
    while (true) {
      grpc::ByteBuffer response;
      stream_->Read(&response, nullptr);
      if (!Step()) return false;
      if (SaysServing(response)) return true;
    }
  }

 private:
  bool Step() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::ClientContext context_;
  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
};

}  // namespace

absl::Status WaitUntilServing(const Session& session, absl::Time deadline) {
  if (Watch(session, deadline).UntilServing()) return absl::OkStatus();
  return absl::UnavailableError("it does not serve yet");
}

}  // namespace carnet::cli
