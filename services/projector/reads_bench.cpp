// Rough timings by hand: reads over a real socket, 64 in flight, client in the same process,
// against a handler that does nothing. build/<preset>/bin/reads_bench [seconds per figure]
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "absl/time/clock.h"
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "carnet/v1/customer_service.grpc.pb.h"
#include "carnet/v1/ledger_service.grpc.pb.h"
#include "projector/test_server.h"
#include "query/names.h"
#include "runtime/unary.h"

namespace carnet::projector_service {
namespace {

constexpr int kCustomers = 2000;
constexpr int kInFlight = 64;

// Answers each request with what is always the same.
class EmptyService final
    : public v1::LedgerService::WithRawCallbackMethod_GetBalance<v1::LedgerService::Service> {
 public:
  grpc::ServerUnaryReactor* GetBalance(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* in, grpc::ByteBuffer* out) override {
    return runtime::StartUnary<v1::GetBalanceRequest, v1::GetBalanceResponse>(
        &guard_, context, in, out,
        [](const v1::GetBalanceRequest&, v1::GetBalanceResponse*, const runtime::CallInfo&,
           runtime::Done done) { done(absl::OkStatus()); });
  }

 private:
  runtime::Guard guard_;
};

template <typename Request, typename Response>
class Load {
 public:
  using Send = std::function<void(grpc::ClientContext*, const Request*, Response*,
                                  std::function<void(grpc::Status)>)>;
  using Make = std::function<void(int index, Request*)>;

  // Calls a second.
  static double Measure(const Send& send, const Make& make, absl::Duration time) {
    Load load(send, make, absl::Now() + time);
    const absl::Time begin = absl::Now();
    for (int i = 0; i < kInFlight; ++i) load.Next(new Call);
    std::unique_lock lock(load.mutex_);
    load.done_.wait(lock, [&] { return load.running_ == 0; });
    return static_cast<double>(load.calls_) / absl::ToDoubleSeconds(absl::Now() - begin);
  }

 private:
  struct Call {
    std::unique_ptr<grpc::ClientContext> context;
    Request request;
    Response response;
  };

  Load(const Send& send, const Make& make, absl::Time end) : send_(send), make_(make), end_(end) {}

  void Next(Call* call) {
    if (absl::Now() > end_) {
      delete call;
      const std::lock_guard lock(mutex_);
      if (--running_ == 0) done_.notify_one();
      return;
    }
    call->context = std::make_unique<grpc::ClientContext>();
    call->request.Clear();
    call->response.Clear();
    make_(static_cast<int>(calls_++ % kCustomers), &call->request);
    send_(call->context.get(), &call->request, &call->response, [this, call](grpc::Status status) {
      if (!status.ok()) std::abort();
      Next(call);
    });
  }

  const Send& send_;
  const Make& make_;
  const absl::Time end_;
  std::atomic<uint64_t> calls_{0};
  std::mutex mutex_;
  std::condition_variable done_;
  int running_ = kInFlight;
};

v1::Token FillShop(testing::TestServer* server) {
  v1::Token end;
  for (int i = 0; i < kCustomers; ++i) {
    const std::string number = std::to_string(i);
    const std::string id = "c-" + number;
    std::vector<log::v1::Change> changes;
    changes.push_back(server->vault().Stamp(
        {.body = query::testing::Contact(
             "name { given { plain: 'Anne' } family { plain: 'Le Goff " + number +
             "' } } emails { plain: 'anne" + number + "@example.fr' } phones { plain: '+336123456" +
             std::to_string(10 + i % 90) + "' } addresses { street { plain: '" + number +
             " rue de Siam' } postcode { plain: '29200' } town { plain: 'Brest' } } "
             "birth_date { plain: '1980-05-17' } language: 'fr'"),
         .external_id = id}));
    for (int sale = 0; sale < 8; ++sale) {
      changes.push_back(server->vault().Stamp(
          {.body = query::testing::Sale("S-" + number + "-" + std::to_string(sale), 1234),
           .external_id = id}));
    }
    end = server->Append(changes);
  }
  return end;
}

void Run(absl::Duration time) {
  testing::TestServer server;
  const v1::Token end = FillShop(&server);
  if (!testing::Eventually(
          [&] { return (*server.projector().snapshot(0))->position() >= end.offset(); })) {
    std::abort();
  }
  runtime::Guard guard;
  EmptyService empty_service;
  auto empty_server = *runtime::GrpcServer::Start({"127.0.0.1:0"}, {&empty_service}, &guard);
  const auto empty_stub = v1::LedgerService::NewStub(
      grpc::CreateChannel(empty_server->addresses().front(), grpc::InsecureChannelCredentials()));
  const auto channel = server.Connect();
  const auto ledger_stub = v1::LedgerService::NewStub(channel);
  const auto customer_stub = v1::CustomerService::NewStub(channel);

  std::vector<std::string> names;
  for (int i = 0; i < kCustomers; ++i) {
    names.push_back(
        query::FormatCustomerName("shop-1", query::testing::RecordOf("c-" + std::to_string(i))));
  }
  using BalanceLoad = Load<v1::GetBalanceRequest, v1::GetBalanceResponse>;
  using CustomerLoad = Load<v1::GetCustomerRequest, v1::GetCustomerResponse>;
  const auto balance_of = [&](int i, v1::GetBalanceRequest* request) {
    request->set_customer(names[static_cast<size_t>(i)]);
  };
  const auto send_balance = [](v1::LedgerService::Stub* stub) {
    return [stub](auto* context, const auto* request, auto* response, auto done) {
      stub->async()->GetBalance(context, request, response, std::move(done));
    };
  };
  for (int round = 0; round < 3; ++round) {
    const double empty = BalanceLoad::Measure(send_balance(empty_stub.get()), balance_of, time);
    const double balance = BalanceLoad::Measure(send_balance(ledger_stub.get()), balance_of, time);
    const double customer = CustomerLoad::Measure(
        [&](auto* context, const auto* request, auto* response, auto done) {
          customer_stub->async()->GetCustomer(context, request, response, std::move(done));
        },
        [&](int i, v1::GetCustomerRequest* request) {
          request->set_name(names[static_cast<size_t>(i)]);
        },
        time);
    std::printf("empty %.0f/s  GetBalance %.0f/s (%.2f)  GetCustomer %.0f/s (%.2f)\n", empty,
                balance, balance / empty, customer, customer / empty);
  }
  empty_server->Shutdown();
}

}  // namespace
}  // namespace carnet::projector_service

int main(int argc, char** argv) {
  carnet::projector_service::Run(absl::Seconds(argc > 1 ? std::atoi(argv[1]) : 3));
}
