// The adapters over a real socket, behind services that do nothing of their own.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/subscription_service.grpc.pb.h"
#include "runtime/bidi_stream.h"
#include "runtime/grpc_server.h"
#include "runtime/server_stream.h"
#include "runtime/unary.h"

namespace carnet::runtime {
namespace {

// What became of calls, for tests that finish them from outside.
template <typename T>
class Box {
 public:
  void Put(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }
  T Take() {
    std::unique_lock lock(mutex_);
    const bool there =
        changed_.wait_for(lock, std::chrono::seconds(20), [&] { return !values_.empty(); });
    if (!there) {
      ADD_FAILURE() << "nothing came in 20 s";
      abort();
    }
    T value = std::move(values_.front());
    values_.pop_front();
    return value;
  }
  size_t size() {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> values_;
};

struct Waiting {
  std::string id;
  v1::PublishBatchResponse* response;
  Done done;
};

using ChangeBase = v1::ChangeService::WithRawCallbackMethod_Publish<
    v1::ChangeService::WithRawCallbackMethod_PublishBatch<v1::ChangeService::Service>>;

// Publish: "later" is put aside, "fail" fails, else the token's log is the id. PublishBatch: all
// are put aside.
class FakeChangeService final : public ChangeBase {
 public:
  explicit FakeChangeService(Guard* guard) : guard_(guard) {}

  grpc::ServerUnaryReactor* Publish(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* in, grpc::ByteBuffer* out) override {
    return StartUnary<v1::PublishRequest, v1::PublishResponse>(
        guard_, context, in, out,
        [this](const v1::PublishRequest& request, v1::PublishResponse* response,
               const CallInfo& call, std::function<void(absl::Status)> done) {
          deadline_left = call.deadline() - absl::Now();
          if (request.change().id() == "later") {
            later.Put({call, done});
            return;
          }
          if (request.change().id() == "fail") {
            absl::Status status =
                Error(absl::StatusCode::kResourceExhausted, "LAGGING", "try later", "change.id");
            AddErrorMetadata("position", "17", &status);
            done(status);
            return;
          }
          response->mutable_token()->set_log(request.change().id());
          done(absl::OkStatus());
        });
  }

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* PublishBatch(
      grpc::CallbackServerContext* context) override {
    return StartBidiStream<v1::PublishBatchResponse>(
        guard_, context, BidiWindow{.max_requests = 4, .budget = &budget},
        [this](const grpc::ByteBuffer& bytes, v1::PublishBatchResponse* response, const CallInfo&,
               Done done) {
          v1::PublishBatchRequest request;
          if (absl::Status status = ParseMessage(bytes, &request); !status.ok())
            return done(status);
          batches.Put({request.changes(0).id(), response, done});
        });
  }

  struct Later {
    CallInfo call;
    std::function<void(absl::Status)> done;
  };
  Guard* const guard_;
  Box<Later> later;
  Box<Waiting> batches;
  ByteBudget budget{1 << 20};
  std::atomic<absl::Duration> deadline_left{};
};

class FakeSubscriptionService final
    : public v1::SubscriptionService::WithRawCallbackMethod_Subscribe<
          v1::SubscriptionService::Service> {
 public:
  explicit FakeSubscriptionService(Guard* guard) : guard_(guard) {}
  using Stream = std::shared_ptr<ServerStream<v1::SubscribeResponse>>;

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Subscribe(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* in) override {
    return StartServerStream<v1::SubscribeRequest, v1::SubscribeResponse>(
        guard_, context, in, [this](const v1::SubscribeRequest&, const CallInfo&, Stream stream) {
          streams.Put(std::move(stream));
        });
  }
  Guard* const guard_;
  Box<Stream> streams;
};

class AdaptersTest : public testing::Test {
 protected:
  AdaptersTest() {
    auto started = GrpcServer::Start({"127.0.0.1:0"}, {&changes_, &subscriptions_}, &guard_);
    EXPECT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    channel_ =
        grpc::CreateChannel(server_->addresses().front(), grpc::InsecureChannelCredentials());
    change_stub_ = v1::ChangeService::NewStub(channel_);
    subscription_stub_ = v1::SubscriptionService::NewStub(channel_);
  }

  // Every Done must be called: a stream that is being cancelled may still have read a request that
  // the test did not wait for.
  ~AdaptersTest() override {
    server_->Shutdown();
    while (changes_.batches.size() > 0) Answer(changes_.batches.Take());
  }

  absl::Status Publish(const std::string& id, v1::PublishResponse* response,
                       absl::Duration deadline = absl::Seconds(20)) {
    v1::PublishRequest request;
    request.mutable_change()->set_id(id);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
    return FromGrpcStatus(change_stub_->Publish(&context, request, response));
  }

  static v1::PublishBatchRequest Batch(const std::string& id) {
    v1::PublishBatchRequest request;
    request.add_changes()->set_id(id);
    return request;
  }

  static void Answer(const Waiting& waiting) {
    waiting.response->add_results()->mutable_token()->set_log(waiting.id);
    waiting.done(absl::OkStatus());
  }

  Guard guard_;
  FakeChangeService changes_{&guard_};
  FakeSubscriptionService subscriptions_{&guard_};
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ChangeService::Stub> change_stub_;
  std::unique_ptr<v1::SubscriptionService::Stub> subscription_stub_;
};

TEST_F(AdaptersTest, UnaryAnswers) {
  v1::PublishResponse response;
  EXPECT_TRUE(Publish("a", &response).ok());
  EXPECT_EQ(response.token().log(), "a");
  EXPECT_EQ(server_->addresses().front().rfind("127.0.0.1:", 0), 0u);
}

TEST_F(AdaptersTest, UnaryTakesAMessageOfSeveralPieces) {
  v1::PublishResponse response;
  const std::string id(3 << 20, 'x');
  EXPECT_TRUE(Publish(id, &response).ok());
  EXPECT_EQ(response.token().log(), id);
}

TEST_F(AdaptersTest, ErrorsCarryReasonFieldAndMetadata) {
  v1::PublishResponse response;
  const absl::Status status = Publish("fail", &response);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "try later");
  EXPECT_EQ(ReasonOf(status), "LAGGING");
  EXPECT_EQ(FieldOf(status), "change.id");
  std::string metadata;
  ForEachErrorMetadata(status, [&](std::string_view key, std::string_view value) {
    absl::StrAppend(&metadata, std::string(key), "=", std::string(value));
  });
  EXPECT_EQ(metadata, "position=17");
}

// Sends bytes as they are, which the generated stub would refuse to make.
absl::Status PublishBytes(const std::shared_ptr<grpc::Channel>& channel, const std::string& bytes) {
  grpc::GenericStub stub(channel);
  grpc::Slice slice(bytes);
  grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::ClientContext context;
  Box<grpc::Status> answer;
  stub.UnaryCall(&context, "/carnet.v1.ChangeService/Publish", grpc::StubOptions(), &request,
                 &response, [&](grpc::Status status) { answer.Put(std::move(status)); });
  return FromGrpcStatus(answer.Take());
}

TEST_F(AdaptersTest, BadBytesAreRefusedByName) {
  v1::PublishRequest good;
  good.mutable_change()->set_id("a");
  good.mutable_change()->set_actor("ABC");
  std::string bytes = good.SerializeAsString();
  bytes[bytes.find("ABC")] = '\xff';
  absl::Status status = PublishBytes(channel_, bytes);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "INVALID_UTF8");
  EXPECT_EQ(FieldOf(status), "change.actor");

  good.Clear();
  auto* posting = good.mutable_change()->mutable_body()->mutable_posting();
  posting->add_tenders()->set_label("fine");
  posting->add_tenders()->set_label("ABC");
  bytes = good.SerializeAsString();
  bytes[bytes.find("ABC") + 1] = '\xc0';
  status = PublishBytes(channel_, bytes);
  EXPECT_EQ(FieldOf(status), "change.body.posting.tenders[1].label");

  status = PublishBytes(channel_, "\x0a\x7fnot as long as said");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "UNPARSABLE");
}

TEST_F(AdaptersTest, HandlerMayFinishLaterAndIsToldToHurry) {
  v1::PublishResponse response;
  absl::Status status;
  std::thread client([&] { status = Publish("later", &response, absl::Seconds(10)); });
  const auto waiting = changes_.later.Take();
  EXPECT_LT(changes_.deadline_left.load(), absl::Seconds(10) - absl::Milliseconds(90));
  EXPECT_FALSE(waiting.call.cancelled());
  waiting.done(absl::OkStatus());
  client.join();
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(AdaptersTest, CancelEndsTheCallAndTheHandlerMayStillFinish) {
  v1::PublishResponse response;
  const absl::Status status = Publish("later", &response, absl::Milliseconds(50));
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  const auto waiting = changes_.later.Take();
  const absl::Time give_up = absl::Now() + absl::Seconds(20);
  while (!waiting.call.cancelled() && absl::Now() < give_up) std::this_thread::yield();
  EXPECT_TRUE(waiting.call.cancelled());
  waiting.done(absl::OkStatus());  // must neither crash nor leak (ASan looks)
  EXPECT_TRUE(Publish("b", &response).ok());
}

TEST_F(AdaptersTest, BidiAnswersInOrderWhateverFinishesFirst) {
  grpc::ClientContext context;
  auto stream = change_stub_->PublishBatch(&context);
  for (const char* id : {"0", "1", "2"}) ASSERT_TRUE(stream->Write(Batch(id)));
  const Waiting first = changes_.batches.Take();
  const Waiting second = changes_.batches.Take();
  const Waiting third = changes_.batches.Take();
  Answer(third);
  Answer(first);
  Answer(second);
  stream->WritesDone();
  v1::PublishBatchResponse response;
  for (const char* id : {"0", "1", "2"}) {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.results(0).token().log(), id);
  }
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(AdaptersTest, BidiReadsNoFurtherThanItsWindow) {
  grpc::ClientContext context;
  auto stream = change_stub_->PublishBatch(&context);
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(stream->Write(Batch(absl::StrCat(i))));
  std::vector<Waiting> waiting;
  for (int i = 0; i < 4; ++i) waiting.push_back(changes_.batches.Take());
  // A call that came after all six were sent is answered: had the fifth been read, it would have
  // shown.
  v1::PublishResponse unary;
  ASSERT_TRUE(Publish("a", &unary).ok());
  EXPECT_EQ(changes_.batches.size(), 0u);
  Answer(waiting[0]);
  waiting.push_back(changes_.batches.Take());
  EXPECT_EQ(waiting.back().id, "4");
  context.TryCancel();
  for (size_t i = 1; i < waiting.size(); ++i) Answer(waiting[i]);
}

TEST_F(AdaptersTest, BidiReadsNoFurtherThanTheBudgetOfAllStreams) {
  changes_.budget.Take(1 << 20);
  grpc::ClientContext context;
  auto stream = change_stub_->PublishBatch(&context);
  ASSERT_TRUE(stream->Write(Batch("0")));
  v1::PublishResponse unary;
  ASSERT_TRUE(Publish("a", &unary).ok());
  EXPECT_EQ(changes_.batches.size(), 0u);
  changes_.budget.Give(1 << 20);
  Answer(changes_.batches.Take());
  stream->WritesDone();
  v1::PublishBatchResponse response;
  EXPECT_TRUE(stream->Read(&response));
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
  const absl::Time give_up = absl::Now() + absl::Seconds(20);
  while (changes_.budget.used() > 0 && absl::Now() < give_up) std::this_thread::yield();
  EXPECT_EQ(changes_.budget.used(), 0u);
}

TEST_F(AdaptersTest, BidiErrorComesAfterTheAnswersBeforeIt) {
  grpc::ClientContext context;
  auto stream = change_stub_->PublishBatch(&context);
  ASSERT_TRUE(stream->Write(Batch("0")));
  ASSERT_TRUE(stream->Write(Batch("1")));
  const Waiting first = changes_.batches.Take();
  changes_.batches.Take().done(Error(absl::StatusCode::kUnavailable, "WHY", "because"));
  Answer(first);
  v1::PublishBatchResponse response;
  EXPECT_TRUE(stream->Read(&response));
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(ReasonOf(FromGrpcStatus(stream->Finish())), "WHY");
}

TEST_F(AdaptersTest, ServerStreamWritesOneAfterTheOtherAndFinishes) {
  grpc::ClientContext context;
  auto reader = subscription_stub_->Subscribe(&context, v1::SubscribeRequest());
  const auto stream = subscriptions_.streams.Take();
  std::function<void(int)> write = [&](int n) {
    if (n == 100) {
      stream->Finish(absl::OkStatus());
      return;
    }
    v1::SubscribeResponse response;
    response.mutable_event()->set_sequence(n);
    stream->Write(response, [&write, n](bool ok) {
      ASSERT_TRUE(ok);
      write(n + 1);
    });
  };
  write(0);
  v1::SubscribeResponse response;
  for (uint64_t n = 0; n < 100; ++n) {
    ASSERT_TRUE(reader->Read(&response));
    EXPECT_EQ(response.event().sequence(), n);
  }
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(AdaptersTest, ServerStreamWaitsForASlowReaderAndCanEndItMeanwhile) {
  grpc::ClientContext context;
  auto reader = subscription_stub_->Subscribe(&context, v1::SubscribeRequest());
  const auto stream = subscriptions_.streams.Take();
  v1::SubscribeResponse response;
  response.mutable_event()->set_merchant(std::string(1 << 20, 'x'));
  Box<bool> written;
  int sent = 0;
  // Writes until gRPC's window is full: then `written` does not come.
  for (bool room = true; room; ++sent) {
    ASSERT_LT(sent, 100);
    auto shared = std::make_shared<std::atomic<bool>>(false);
    stream->Write(response, [shared, &written](bool ok) {
      *shared = true;
      written.Put(ok);
    });
    const absl::Time give_up = absl::Now() + absl::Milliseconds(500);
    while (!*shared && absl::Now() < give_up) std::this_thread::yield();
    room = *shared;
    if (room) {
      EXPECT_TRUE(written.Take());
    }
  }
  stream->Finish(Error(absl::StatusCode::kResourceExhausted, "SLOW_SUBSCRIBER", "too slow"));
  int read = 0;
  while (reader->Read(&response)) ++read;
  EXPECT_EQ(ReasonOf(FromGrpcStatus(reader->Finish())), "SLOW_SUBSCRIBER");
  EXPECT_EQ(read, sent);
  EXPECT_FALSE(written.Take());  // told that the stream is over
  Box<bool> after;
  stream->Write(response, [&](bool ok) { after.Put(ok); });
  EXPECT_FALSE(after.Take());
}

TEST_F(AdaptersTest, ServerStreamIsOverWhenTheClientGoes) {
  auto context = std::make_unique<grpc::ClientContext>();
  auto reader = subscription_stub_->Subscribe(context.get(), v1::SubscribeRequest());
  const auto stream = subscriptions_.streams.Take();
  Box<bool> over;
  stream->WhenOver([&] { over.Put(true); });
  context->TryCancel();
  EXPECT_TRUE(over.Take());
  EXPECT_TRUE(stream->over());
  stream->WhenOver([&] { over.Put(true); });  // at once now
  EXPECT_TRUE(over.Take());
  reader->Finish();
}

TEST_F(AdaptersTest, ShutdownEndsEverythingWithinTwoSeconds) {
  grpc::ClientContext subscribe_context;
  auto reader = subscription_stub_->Subscribe(&subscribe_context, v1::SubscribeRequest());
  const auto subscription = subscriptions_.streams.Take();
  grpc::ClientContext batch_context;
  auto batch = change_stub_->PublishBatch(&batch_context);
  ASSERT_TRUE(batch->Write(Batch("0")));
  const Waiting waiting = changes_.batches.Take();
  grpc::ClientContext idle_context;
  auto idle = change_stub_->PublishBatch(&idle_context);
  ASSERT_TRUE(idle->Write(Batch("1")));
  Answer(changes_.batches.Take());
  absl::Status unary;
  v1::PublishResponse unary_response;
  std::thread client([&] { unary = Publish("later", &unary_response); });
  const auto stuck = changes_.later.Take();

  const absl::Time start = absl::Now();
  std::thread shutdown([&] { server_->Shutdown(); });
  v1::SubscribeResponse event;
  EXPECT_FALSE(reader->Read(&event));
  EXPECT_EQ(ReasonOf(FromGrpcStatus(reader->Finish())), "SHUTTING_DOWN");
  // What was taken is still answered; then the stream ends.
  Answer(waiting);
  v1::PublishBatchResponse response;
  EXPECT_TRUE(batch->Read(&response));
  EXPECT_FALSE(batch->Read(&response));
  EXPECT_EQ(ReasonOf(FromGrpcStatus(batch->Finish())), "SHUTTING_DOWN");
  shutdown.join();
  client.join();
  EXPECT_LT(absl::Now() - start, absl::Seconds(2));
  EXPECT_FALSE(unary.ok());
  stuck.done(absl::OkStatus());
  EXPECT_EQ(guard_.streams().count(), 0u);
}

TEST_F(AdaptersTest, TwoServersCantShareAPort) {
  Guard guard;
  const auto second = GrpcServer::Start(server_->addresses(), {}, &guard);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(ReasonOf(second.status()), "ADDRESS_IN_USE");
}

}  // namespace
}  // namespace carnet::runtime
