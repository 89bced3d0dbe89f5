// Rough timings of the gateway alone, by hand: build/<preset>/bin/gateway_bench [changes]. Nothing
// is folded. What is shipped is measured in tests/bench.
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include <grpcpp/grpcpp.h>

#include "base/uuid.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "event_log/embedded/embedded_log.h"
#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "gateway/preparer.h"
#include "runtime/grpc_server.h"
#include "runtime/guard.h"
#include "runtime/metrics.h"
#include "runtime/unary.h"
#include "vault/embedded_key_store.h"
#include "vault/key_ring.h"
#include "vault/normalize/phone.h"

namespace carnet::gateway {
namespace {

using SteadyClock = std::chrono::steady_clock;

// A till day's mix: 15 % contacts, 55 % sales, 25 % receipts, 5 % set-debt.
v1::Change MakeChange(std::mt19937* random) {
  v1::Change change;
  const auto customer = static_cast<unsigned>((*random)() % 200'000);
  change.set_id(Uuid::Random().ToString());
  change.set_merchant(absl::StrCat("shop-", (*random)() % 50));
  change.set_channel("pos");
  change.set_source("till-1");
  change.set_external_id(absl::StrCat("c-", customer));
  change.mutable_occurred_at()->set_seconds(1780000000);
  change.set_effective_date("2026-05-28");
  change.set_actor("cashier-7");
  change.set_intent(v1::INTENT_FACT);
  const auto kind = static_cast<unsigned>((*random)() % 100);
  if (kind < 15) {
    auto* contact = change.mutable_body()->mutable_contact_observed()->mutable_contact();
    contact->mutable_name()->mutable_given()->set_plain(absl::StrCat("Jeanne", customer % 1000));
    contact->mutable_name()->mutable_family()->set_plain(absl::StrCat("Dupont", customer / 1000));
    contact->add_emails()->set_plain(absl::StrCat("jeanne", customer, "@mail.example"));
    contact->add_phones()->set_plain(absl::StrCat("06", 10'000'000 + customer));
    return change;
  }
  if (kind >= 95) {
    change.set_intent(v1::INTENT_REQUEST);
    auto* target = change.mutable_body()->mutable_set_debt()->mutable_target();
    target->set_unit("EUR");
    target->set_decimal("12.50");
    return change;
  }
  auto* posting = change.mutable_body()->mutable_posting();
  posting->set_kind(kind < 70 ? v1::VOUCHER_KIND_SALE : v1::VOUCHER_KIND_RECEIPT);
  posting->set_code(absl::StrCat("S-", (*random)()));
  posting->mutable_total()->set_unit("EUR");
  posting->mutable_total()->set_decimal("25.50");
  auto* first = posting->add_tenders();
  first->set_method(v1::TENDER_METHOD_CASH);
  first->mutable_amount()->set_decimal("20");
  auto* second = posting->add_tenders();
  second->set_method(kind < 70 ? v1::TENDER_METHOD_ON_ACCOUNT : v1::TENDER_METHOD_CARD);
  second->mutable_amount()->set_decimal("5.50");
  return change;
}

double Seconds(SteadyClock::time_point since) {
  return std::chrono::duration<double>(SteadyClock::now() - since).count();
}

void Print(const char* what, int count, double seconds) {
  std::printf("%-44s %9.0f /s  (%d in %.2f s)\n", what, count / seconds, count, seconds);
  std::fflush(stdout);
}

// All of a gateway but the socket, in a folder of its own.
struct World {
  World() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    store = vault::OpenEmbeddedKeyStore(folder / "keys", vault::Key::Random(), true).value();
    keys = std::make_unique<vault::KeyRing>(store.get());
    event_log::InitEmbeddedLog(folder / "log", 2).value();
    log = event_log::OpenEmbeddedLog(folder / "log").value();
  }
  ~World() {
    log.reset();
    std::filesystem::remove_all(folder);
  }
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / absl::StrCat("gateway_bench.", getpid());
  std::unique_ptr<vault::KeyStore> store;
  std::unique_ptr<vault::KeyRing> keys;
  std::unique_ptr<event_log::EventLog> log;
  vault::PhoneNormalizer phones;
  SystemClock clock;
  runtime::Metrics metrics;
  runtime::Guard guard;
};

MerchantSettings Settings(std::string_view) { return {"FR", 60}; }

// Processor time of this thread: others build on the same cores.
double ThreadSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void BenchPrepare(const char* what, const std::vector<v1::Change>& changes,
                  v1::Body::KindCase kind) {
  World world;
  Merchants merchants(2, Settings, world.keys.get());
  const Preparer preparer({&merchants, world.keys.get(), &world.phones, &world.clock});
  std::vector<std::string> serialized;
  for (const v1::Change& change : changes) {
    if (kind == 0 || change.body().kind_case() == kind)
      serialized.push_back(change.SerializeAsString());
  }
  google::protobuf::Arena arena;
  size_t bytes = 0;
  size_t in_arena = 0;
  vault::NewKeys keys;
  const double start = ThreadSeconds();
  for (const std::string& one : serialized) {
    auto* change = google::protobuf::Arena::CreateMessage<v1::Change>(&arena);
    PreparedChange prepared;
    if (!change->ParseFromString(one) || !preparer.Prepare(change, &prepared, &keys).ok())
      std::abort();
    bytes += prepared.record.value.size();
    if (++in_arena % 1000 == 0) {
      arena.Reset();
      keys.clear();
    }
  }
  const double seconds = ThreadSeconds() - start;
  Print(absl::StrCat("prepare ", what, ", processor time").c_str(),
        static_cast<int>(serialized.size()), seconds);
  std::printf("%-44s %9.1f us, %zu bytes a record\n", "",
              seconds * 1e6 / static_cast<double>(serialized.size()), bytes / serialized.size());
}

struct Served : World {
  Served()
      : gateway({.log = log.get(),
                 .projector = nullptr,
                 .keys = keys.get(),
                 .phones = &phones,
                 .clock = &clock,
                 .metrics = &metrics,
                 .guard = &guard,
                 .settings_of = Settings}),
        server(runtime::GrpcServer::Start({"127.0.0.1:0"}, gateway.services(), &guard).value()),
        stub(v1::ChangeService::NewStub(grpc::CreateChannel(server->addresses().front(),
                                                            grpc::InsecureChannelCredentials()))) {}
  ~Served() { server->Shutdown(); }
  Gateway gateway;
  std::unique_ptr<runtime::GrpcServer> server;
  std::unique_ptr<v1::ChangeService::Stub> stub;
};

void BenchBatch(const std::vector<v1::Change>& changes, int per_message) {
  Served served;
  std::vector<v1::PublishBatchRequest> requests;
  for (size_t i = 0; i < changes.size(); ++i) {
    if (i % static_cast<size_t>(per_message) == 0) requests.emplace_back();
    *requests.back().add_changes() = changes[i];
  }
  grpc::ClientContext context;
  const auto start = SteadyClock::now();
  auto stream = served.stub->PublishBatch(&context);
  std::thread writer([&] {
    for (const auto& request : requests) stream->Write(request);
    stream->WritesDone();
  });
  v1::PublishBatchResponse response;
  int tokens = 0;
  while (stream->Read(&response)) {
    for (const auto& result : response.results()) tokens += result.has_token() ? 1 : 0;
  }
  const double seconds = Seconds(start);
  writer.join();
  if (!stream->Finish().ok() || tokens != static_cast<int>(changes.size())) std::abort();
  Print(absl::StrCat("PublishBatch, one stream, ", per_message, " a message").c_str(), tokens,
        seconds);
}

// `in_flight` unary calls at a time over the callback API.
double RunUnary(v1::ChangeService::Stub* stub, const std::vector<v1::Change>& changes,
                int in_flight) {
  struct Call {
    grpc::ClientContext context;
    v1::PublishRequest request;
    v1::PublishResponse response;
  };
  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<size_t> next{0};
  int running = in_flight;
  std::function<void()> start_one = [&] {
    const size_t i = next++;
    if (i >= changes.size()) {
      const std::lock_guard lock(mutex);
      --running;
      changed.notify_all();
      return;
    }
    auto* call = new Call;
    *call->request.mutable_change() = changes[i];
    stub->async()->Publish(&call->context, &call->request, &call->response,
                           [&, call](grpc::Status status) {
                             if (!status.ok()) std::abort();
                             delete call;
                             start_one();
                           });
  };
  const auto start = SteadyClock::now();
  for (int i = 0; i < in_flight; ++i) start_one();
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return running == 0; });
  return Seconds(start);
}

void BenchUnary(const std::vector<v1::Change>& changes, int in_flight) {
  Served served;
  const double seconds = RunUnary(served.stub.get(), changes, in_flight);
  Print(absl::StrCat("unary Publish, ", in_flight, " in flight").c_str(),
        static_cast<int>(changes.size()), seconds);
}

// The floor: the same message to a handler that only fsyncs in groups.
class EmptyService final
    : public v1::ChangeService::WithRawCallbackMethod_Publish<v1::ChangeService::Service> {
 public:
  explicit EmptyService(const std::string& path)
      : file_(std::fopen(path.c_str(), "w")), thread_([this] { Run(); }) {}
  ~EmptyService() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_one();
    thread_.join();
    std::fclose(file_);
  }
  grpc::ServerUnaryReactor* Publish(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* in, grpc::ByteBuffer* out) override {
    return runtime::StartUnary<v1::PublishRequest, v1::PublishResponse>(
        &guard_, context, in, out,
        [this](v1::PublishRequest&, v1::PublishResponse*, const runtime::CallInfo&,
               runtime::Done done) {
          const std::lock_guard lock(mutex_);
          waiting_.push_back(done);
          changed_.notify_one();
        });
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      std::vector<runtime::Done> group;
      group.swap(waiting_);
      lock.unlock();
      const std::string bytes(group.size() * 200, 'x');
      std::fwrite(bytes.data(), 1, bytes.size(), file_);
      std::fflush(file_);
      fdatasync(fileno(file_));
      for (const auto& done : group) done(absl::OkStatus());
      lock.lock();
    }
  }
  FILE* const file_;
  runtime::Guard guard_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<runtime::Done> waiting_;
  bool stop_ = false;
  std::thread thread_;
};

void BenchFloor(const std::vector<v1::Change>& changes, int in_flight) {
  World world;
  EmptyService service((world.folder / "floor").string());
  auto server = runtime::GrpcServer::Start({"127.0.0.1:0"}, {&service}, &world.guard).value();
  auto stub = v1::ChangeService::NewStub(
      grpc::CreateChannel(server->addresses().front(), grpc::InsecureChannelCredentials()));
  const double seconds = RunUnary(stub.get(), changes, in_flight);
  Print(absl::StrCat("  floor: empty handler that fsyncs, ", in_flight).c_str(),
        static_cast<int>(changes.size()), seconds);
  server->Shutdown();
}

}  // namespace
}  // namespace carnet::gateway

int main(int argc, char** argv) {
  using namespace carnet::gateway;
  const int count = argc > 1 ? std::atoi(argv[1]) : 200'000;
  const std::string only = argc > 2 ? argv[2] : "";
  std::mt19937 random(7);
  std::vector<carnet::v1::Change> changes;
  for (int i = 0; i < count; ++i) changes.push_back(MakeChange(&random));
  if (only == "postings") BenchPrepare("postings", changes, carnet::v1::Body::kPosting);
  if (only == "contacts") BenchPrepare("contacts", changes, carnet::v1::Body::kContactObserved);
  if (only.empty() || only == "prepare") {
    BenchPrepare("the mix", changes, carnet::v1::Body::KIND_NOT_SET);
    BenchPrepare("postings", changes, carnet::v1::Body::kPosting);
    BenchPrepare("contacts", changes, carnet::v1::Body::kContactObserved);
  }
  if (only.empty() || only == "batch") BenchBatch(changes, 1000);
  changes.resize(changes.size() / 5);
  if (only.empty() || only == "unary") {
    BenchFloor(changes, 64);
    BenchUnary(changes, 64);
  }
}
