// GetBalance and GetCustomer, 64 in flight, of customers drawn by the till day's law among those
// that have something, against the floor's empty handlers for the same requests. They take turns;
// the ratio is the median of the turns' ratios.
#include "absl/strings/str_cat.h"

#include "carnet/v1/customer_service.pb.h"
#include "carnet/v1/ledger_service.pb.h"
#include "tests/bench/bench.h"
#include "tests/bench/load.h"
#include "tests/bench/published.h"
#include "tests/bench/turns.h"

namespace carnet::bench {
namespace {

constexpr int64_t kCustomersAsked = 50'000;

struct Reads {
  Turns turns;
  std::vector<double> p50, p99;
};

void Take(const Bench& bench, const std::string& method,
          const std::vector<grpc::ByteBuffer>& requests, Reads* reads) {
  const double seconds = bench.options.read_seconds;
  const LoadResult floor = RunLoad(*bench.floor, method, requests, seconds);
  const LoadResult carnet = RunLoad(*bench.carnetd, method, requests, seconds);
  reads->turns.Add({carnet.per_second, carnet.server_us}, {floor.per_second, floor.server_us});
  reads->p50.push_back(carnet.p50_ms);
  reads->p99.push_back(carnet.p99_ms);
}

void Tell(const std::string& name, double must, double aim, const Reads& reads, Bench* bench) {
  bench->report.Add(
      reads.turns.Of({.name = name,
                      .unit = "calls/s",
                      .floor_name = "an empty handler",
                      .must = must,
                      .aim = aim,
                      .note = absl::StrCat("p50 ", Number(Median(reads.p50)), " ms, p99 ",
                                           Number(Median(reads.p99)), " ms")}));
}

}  // namespace

void MeasureReads(Bench* bench) {
  bench->carnetd = bench->StartCarnetd();
  bench->floor = bench->StartFloor();
  std::vector<grpc::ByteBuffer> balances;
  std::vector<grpc::ByteBuffer> customers;
  TillDay day;  // from the beginning: what the log holds
  for (int64_t i = 0; i < std::min(bench->options.changes, kCustomersAsked); ++i) {
    const std::string name = CustomerNameOf(day.Next());
    v1::GetBalanceRequest balance;
    balance.set_customer(name);
    balances.push_back(Encode(balance));
    v1::GetCustomerRequest customer;
    customer.set_name(name);
    customers.push_back(Encode(customer));
  }
  Reads balance;
  Reads customer;
  for (int round = 0; round < bench->options.rounds; ++round) {
    Take(*bench, "/carnet.v1.LedgerService/GetBalance", balances, &balance);
    Take(*bench, "/carnet.v1.CustomerService/GetCustomer", customers, &customer);
  }
  Tell("GetBalance", 0.5, 0.7, balance, bench);
  Tell("GetCustomer", 0.35, 0.5, customer, bench);
}

}  // namespace carnet::bench
