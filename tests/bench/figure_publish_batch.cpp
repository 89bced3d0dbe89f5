// PublishBatch, one stream, durable answers: 1,000 changes a message, at most 16 messages without
// an answer. Messages are encoded before. Time runs from the call's start to its end, which comes
// after the last answer; every change must be accepted. All roles are on, so the same process folds
// what it takes in as fast as it can, on the same cores: `cpu us` holds both.
//
// Then, when the views have caught up, the process's memory.
#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/security/credentials.h>

#include "carnet/v1/change_service.pb.h"
#include "tests/bench/bench.h"
#include "tests/bench/check.h"
#include "tests/bench/clocks.h"
#include "tests/bench/folded.h"
#include "tests/bench/load.h"
#include "tests/bench/published.h"

namespace carnet::bench {
namespace {

constexpr int64_t kChangesAMessage = 1000;
constexpr size_t kWindow = 16;

using Stub = grpc::TemplatedGenericStub<grpc::ByteBuffer, v1::PublishBatchResponse>;

class Stream final : public grpc::ClientBidiReactor<grpc::ByteBuffer, v1::PublishBatchResponse> {
 public:
  Stream(Stub* stub, const std::vector<grpc::ByteBuffer>& messages, int partitions,
         const std::string& credential = "")
      : messages_(messages), sent_at_(messages.size()), ends_(static_cast<size_t>(partitions)) {
    if (!credential.empty()) context_.AddMetadata("authorization", "Bearer " + credential);
    stub->PrepareBidiStreamingCall(&context_, "/carnet.v1.ChangeService/PublishBatch", {}, this);
  }

  void Run() {
    {
      const std::lock_guard lock(mutex_);
      StartRead(&response_);
      WriteMore();
    }
    StartCall();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
    Check(status_.ok(), "PublishBatch: " + status_.error_message());
    Check(answered_ == messages_.size(), "PublishBatch ended before its last answer");
  }

  // Of what was published, by partition.
  const std::vector<int64_t>& ends() const { return ends_; }
  const v1::Token& last() const { return last_; }
  std::vector<double> milliseconds;  // from each message to its answer

 private:
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (ok) WriteMore();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    for (const v1::PublishResult& result : response_.results()) {
      Check(result.has_token(), "a change was refused: " + result.error().message());
      int64_t& end = ends_.at(static_cast<size_t>(result.token().partition()));
      end = std::max(end, result.token().offset());
      last_ = result.token();
    }
    const std::lock_guard lock(mutex_);
    milliseconds.push_back((Now() - sent_at_[answered_]) * 1e3);
    ++answered_;
    StartRead(&response_);
    if (!writing_) WriteMore();
  }

  void OnDone(const grpc::Status& status) override {
    const std::lock_guard lock(mutex_);
    status_ = status;
    done_ = true;
    changed_.notify_one();
  }

  // Under the lock, while nothing is being written.
  void WriteMore() {
    if (sent_ == messages_.size()) {
      if (!std::exchange(half_closed_, true)) StartWritesDone();
    } else if (sent_ - answered_ < kWindow) {
      writing_ = true;
      sent_at_[sent_] = Now();
      StartWrite(&messages_[sent_++]);
    }
  }

  const std::vector<grpc::ByteBuffer>& messages_;
  grpc::ClientContext context_;
  v1::PublishBatchResponse response_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::vector<double> sent_at_;
  size_t sent_ = 0;
  size_t answered_ = 0;
  bool writing_ = false;
  bool half_closed_ = false;
  bool done_ = false;
  grpc::Status status_;

  // The reading side's.
  std::vector<int64_t> ends_;
  v1::Token last_;
};

struct Messages {
  std::vector<grpc::ByteBuffer> encoded;
  size_t bytes = 0;
  std::string last_customer;
};

Messages Encoded(Bench* bench) {
  Messages messages;
  std::set<uint32_t> customers;
  int64_t redelivered = 0;
  uint64_t newest = 0;
  v1::PublishBatchRequest request;
  const int64_t changes = bench->options.changes;
  for (int64_t i = 1; i <= changes; ++i) {
    const Change change = bench->day.Next();
    customers.insert(change.customer);
    if (change.ordinal <= newest) ++redelivered;
    newest = std::max(newest, change.ordinal);
    *request.add_changes() = ToPublished(change);
    if (i % kChangesAMessage != 0 && i != changes) continue;
    messages.encoded.push_back(Encode(request));
    messages.bytes += messages.encoded.back().Length();
    request.Clear();
    messages.last_customer = CustomerNameOf(change);
  }
  bench->report.AddFact(
      "data", absl::StrCat(Number(static_cast<double>(changes)), " changes, ",
                           Number(static_cast<double>(redelivered)), " of them again, ",
                           Number(static_cast<double>(customers.size())), " of ",
                           Number(kCustomers), " customers of ", kMerchants, " merchants; ",
                           messages.bytes / static_cast<size_t>(changes), " bytes each as sent"));
  return messages;
}

constexpr int kPartitions = 2;  // as shipped

std::shared_ptr<grpc::Channel> Connect(const Server& carnetd) {
  auto channel = grpc::CreateChannel(carnetd.address(), grpc::InsecureChannelCredentials());
  Check(channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10)),
        "no connection");
  return channel;
}

}  // namespace

double PublishAll(const Server& carnetd, const std::vector<v1::PublishBatchRequest>& messages,
                  std::vector<int64_t>* ends, const std::string& credential) {
  std::vector<grpc::ByteBuffer> encoded;
  encoded.reserve(messages.size());
  for (const auto& message : messages) encoded.push_back(Encode(message));
  Stub stub(Connect(carnetd));
  Stream stream(&stub, encoded, kPartitions, credential);
  const double begin = Now();
  stream.Run();
  const double seconds = Now() - begin;
  ends->resize(kPartitions);
  for (size_t i = 0; i < ends->size(); ++i) (*ends)[i] = std::max((*ends)[i], stream.ends()[i]);
  return seconds;
}

void MeasurePublishBatch(Bench* bench) {
  Messages messages = Encoded(bench);
  bench->carnetd = bench->StartCarnetd();
  Server& carnetd = *bench->carnetd;
  Stub stub(Connect(carnetd));
  Stream stream(&stub, messages.encoded, kPartitions);
  const auto changes = static_cast<double>(bench->options.changes);
  const double server_cpu = carnetd.cpu();
  const double client_cpu = ProcessCpu();
  const double begin = Now();
  stream.Run();
  const double published = Now() - begin;
  const double published_cpu = carnetd.cpu() - server_cpu;
  const double client_us = (ProcessCpu() - client_cpu) / changes * 1e6;
  bench->ends = stream.ends();
  bench->last_customer = messages.last_customer;
  bench->last_position = stream.last();
  messages.encoded.clear();

  const double visible = WaitUntilFolded(carnetd, bench->ends, bench->options.changes) - begin;
  // Its ratio is to PARSE, which reads this log: see figure_catch_up.cpp.
  bench->publish_batch = {
      .name = "PublishBatch",
      .number = changes / published,
      .unit = "changes/s",
      .must = 0.04,
      .aim = 0.10,
      .cpu_us = published_cpu / changes * 1e6,
      .note = absl::StrCat(
          "client ", Number(client_us), " us of processor a change; a message of ",
          kChangesAMessage, " answered in ", Number(Percentile(&stream.milliseconds, 0.5)),
          " ms (p99 ", Number(Percentile(&stream.milliseconds, 0.99)), "); all visible after ",
          Number(visible), " s, ", Number(visible - published), " s after the last answer")};

  const Server::Memory memory = carnetd.memory();
  bench->report.Add(
      {.name = "memory",
       .number = static_cast<double>(memory.resident) / 1e6,
       .unit = "MB",
       .must = 800,
       .aim = 400,
       .at_most = true,
       .note = absl::StrCat("resident after publishing and folding all in one "
                            "process; at most ",
                            Number(static_cast<double>(memory.highest) / 1e6), " MB meanwhile")});
}

}  // namespace carnet::bench
