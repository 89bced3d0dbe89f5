// Who is the same customer, and who is to be forgotten:
//
//   identity folded   contact changes that make the rules divide neighbourhoods again: a stream of
//   a
//                     few thousand people, told to many merchants, from the log into empty views,
//                     against PARSE of the same records; as catch-up (figure_catch_up.cpp). The
//                     stream is a town made up here (town.h), or --stream FILE as `carnet identity
//                     try` reads it.
//   GetCustomer       of customers with 10 members against those with 1, 64 in flight. They take
//                     turns.
//   erase             of a customer with 10 members among many others', until the call returns:
//                     then the keys are out of the key store's files. The slowest of several; one
//                     after the other.
#include <algorithm>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "base/uuid.h"
#include "carnet/v1/customer_service.grpc.pb.h"
#include "carnet/v1/identity_service.grpc.pb.h"
#include "cli/identity_stream.h"
#include "domain/customers/record.h"
#include "query/names.h"
#include "tests/bench/bench.h"
#include "tests/bench/check.h"
#include "tests/bench/clocks.h"
#include "tests/bench/folded.h"
#include "tests/bench/load.h"
#include "tests/bench/people.h"
#include "tests/bench/town.h"

namespace carnet::bench {
namespace {

constexpr int kChangesAMessage = 1000;
constexpr uint32_t kTownPeople = 2000;

std::vector<v1::Change> ReadStream(const std::string& file) {
  std::ifstream in(file);
  Check(in.good(), file + " can't be read");
  std::vector<v1::Change> changes;
  for (std::string line; std::getline(in, line);) {
    auto event = Must(cli::ReadIdentityEvent(line), file);
    v1::Change change;
    change.set_channel(event.channel);
    change.set_source(event.channel);
    change.set_external_id(event.external_id);
    change.set_intent(v1::INTENT_FACT);
    change.mutable_occurred_at()->set_seconds(event.occurred_at_micros / 1'000'000);
    change.mutable_body()->mutable_contact_observed()->mutable_contact()->Swap(&event.contact);
    changes.push_back(std::move(change));
  }
  Check(!changes.empty(), file + " is empty");
  return changes;
}

// In pieces, so that not all are in memory at once.
class Publishing {
 public:
  explicit Publishing(Bench* bench) : bench_(bench) {}

  void Add(v1::Change change) {
    if (messages_.empty() || messages_.back().changes_size() == kChangesAMessage) {
      if (messages_.size() == 50) Send();
      messages_.emplace_back();
    }
    change.set_id(Uuid::FromFields({"identity", std::to_string(count_++)}).ToString());
    *messages_.back().add_changes() = std::move(change);
  }

  // How many there were, once all are folded.
  int64_t Finish() {
    Send();
    WaitUntilFolded(*bench_->carnetd, bench_->ends, count_);
    return count_;
  }

 private:
  void Send() {
    PublishAll(*bench_->carnetd, messages_, &bench_->ends);
    messages_.clear();
  }

  Bench* const bench_;
  std::vector<v1::PublishBatchRequest> messages_;
  int64_t count_ = 0;
};

constexpr char kMerchant[] = "grand-magasin";

std::string ExternalId(int64_t customer, int member) {
  return absl::StrCat("C-", customer, "-", member);
}

std::string NameOf(int64_t customer) {
  return query::FormatCustomerName(
      kMerchant, domain::RecordId(kMerchant, "pos", "till-1", ExternalId(customer, 0)));
}

// Whoever has the same e-mail and name is one customer.
v1::Change RecordOf(int64_t customer, int member) {
  v1::Change change;
  change.set_merchant(kMerchant);
  change.set_channel("pos");
  change.set_source("till-1");
  change.set_external_id(ExternalId(customer, member));
  change.set_intent(v1::INTENT_FACT);
  FillContact(static_cast<uint32_t>(customer), 0, /*with_address=*/true,
              change.mutable_body()->mutable_contact_observed()->mutable_contact());
  return change;
}

constexpr int kMembers = 10;

std::vector<grpc::ByteBuffer> Gets(int64_t first, int64_t count) {
  std::vector<grpc::ByteBuffer> requests;
  for (int64_t customer = first; customer < first + count; ++customer) {
    v1::GetCustomerRequest get;
    get.set_name(NameOf(customer));
    requests.push_back(Encode(get));
  }
  return requests;
}

void MeasureMembers(int64_t alone, int64_t linked, Bench* bench) {
  const auto of_one = Gets(0, alone);
  const auto of_many = Gets(alone, linked);
  const double seconds = bench->options.read_seconds;
  std::vector<double> one, many, ratio, one_cpu, many_cpu;
  for (int round = 0; round < bench->options.rounds; ++round) {
    const std::string method = "/carnet.v1.CustomerService/GetCustomer";
    const LoadResult floor = RunLoad(*bench->carnetd, method, of_one, seconds);
    const LoadResult result = RunLoad(*bench->carnetd, method, of_many, seconds);
    one.push_back(floor.per_second);
    many.push_back(result.per_second);
    ratio.push_back(result.per_second / floor.per_second);
    one_cpu.push_back(floor.server_us);
    many_cpu.push_back(result.server_us);
  }
  bench->report.Add({.name = "GetCustomer of 10 members",
                     .number = Median(many),
                     .unit = "calls/s",
                     .floor_name = "of 1 member",
                     .floor = Median(one),
                     .ratio = Median(ratio),
                     .must = 0.4,
                     .aim = 0.7,
                     .cpu_us = Median(many_cpu),
                     .floor_cpu_us = Median(one_cpu)});
}

void MeasureErase(int64_t first, int64_t customers, Bench* bench) {
  const auto channel =
      grpc::CreateChannel(bench->carnetd->address(), grpc::InsecureChannelCredentials());
  const auto stub = v1::IdentityService::NewStub(channel);
  const auto cards = v1::CustomerService::NewStub(channel);
  std::vector<double> took;
  for (int64_t customer = first; customer < first + customers; ++customer) {
    {
      v1::GetCustomerRequest get;
      get.set_name(NameOf(customer));
      grpc::ClientContext asking;
      v1::GetCustomerResponse card;
      const grpc::Status got = cards->GetCustomer(&asking, get, &card);
      Check(got.ok(), "GetCustomer: " + got.error_message());
      Check(card.customer().records_size() >= kMembers, "its records are not linked");
    }
    v1::EraseCustomerRequest request;
    request.set_name(NameOf(customer));
    request.set_request_id(Uuid::FromFields({"erase", std::to_string(customer)}).ToString());
    grpc::ClientContext context;
    v1::EraseCustomerResponse response;
    const double begin = Now();
    const grpc::Status status = stub->EraseCustomer(&context, request, &response);
    took.push_back(Now() - begin);
    Check(status.ok(), "EraseCustomer: " + status.error_message());
    Check(response.customer().erased(), "not erased: " + response.ShortDebugString());
  }
  bench->report.Add({.name = "erase, until unreadable",
                     .number = *std::max_element(took.begin(), took.end()),
                     .unit = "s",
                     .must = 60,
                     .aim = 5,
                     .at_most = true,
                     .note = absl::StrCat("the slowest of ", took.size(), "; the middle one ",
                                          Number(Median(took)), " s")});
}

}  // namespace

void MeasureIdentityFolded(Bench* bench) {
  bench->Clear();
  bench->carnetd = bench->StartCarnetd();
  const std::vector<v1::Change> stream = bench->options.stream.empty()
                                             ? TownChanges(kTownPeople, 7)
                                             : ReadStream(bench->options.stream);
  const int64_t merchants =
      std::max<int64_t>(1, bench->options.contacts / static_cast<int64_t>(stream.size()));
  Publishing publishing(bench);
  for (int64_t merchant = 0; merchant < merchants; ++merchant) {
    for (v1::Change change : stream) {
      change.set_merchant(absl::StrCat("shop-", merchant));
      publishing.Add(std::move(change));
    }
  }
  bench->changes = publishing.Finish();
  bench->report.AddFact("stream",
                        absl::StrCat(stream.size(), " changes, told to ", merchants, " merchants"));
  MeasureFold("identity folded", 0.05, 0.12, bench);
}

void MeasureCustomers(Bench* bench) {
  bench->Clear();
  bench->carnetd = bench->StartCarnetd();
  const int64_t alone = std::max<int64_t>(100, bench->options.import_rows);
  const int64_t linked = std::max<int64_t>(20, alone / 20);
  Publishing publishing(bench);
  for (int64_t customer = 0; customer < alone; ++customer) publishing.Add(RecordOf(customer, 0));
  for (int64_t customer = alone; customer < alone + linked; ++customer) {
    for (int member = 0; member < kMembers; ++member) publishing.Add(RecordOf(customer, member));
  }
  bench->report.AddFact("customers", absl::StrCat(alone, " of one record, ", linked, " of ",
                                                  kMembers, "; ", publishing.Finish(), " changes"));
  MeasureMembers(alone, linked, bench);
  MeasureErase(alone, 20, bench);
  bench->carnetd->Stop();
  bench->carnetd = nullptr;
}

}  // namespace carnet::bench
