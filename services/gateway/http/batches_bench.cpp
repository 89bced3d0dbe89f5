// A till's offline sales by both doors of a carnetd that runs, by hand:
//
//   carnet access create --file access.json --role till --merchants http,grpc >key
//   carnetd --access-file access.json --http-addresses 127.0.0.1:7413 …
//   build/release/bin/batches_bench 127.0.0.1:7411 127.0.0.1:7413 "$(cat key)" [sales [rounds]]
//
// The same sales for two merchants, 10,000 a message or request, one connection each; clients have
// them ready made. Prints sales a second, from the first byte to the last answer.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <grpcpp/grpcpp.h>

#include "base/uuid.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "runtime/json_lines.h"
#include "runtime/test_http.h"

namespace carnet::gateway {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPerMessage = 10'000;

double Since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

v1::Change Sale(int number, const std::string& merchant) {
  v1::Change change;
  change.set_id(Uuid::Random().ToString());
  change.set_merchant(merchant);
  change.set_channel("pos");
  change.set_source("till-1");
  change.set_external_id(absl::StrCat("c-", number % 5000));
  change.mutable_occurred_at()->set_seconds(1780000000 + number * 10);
  change.set_actor("cashier-7");
  change.set_intent(v1::INTENT_FACT);
  auto* posting = change.mutable_body()->mutable_posting();
  posting->set_kind(v1::VOUCHER_KIND_SALE);
  posting->set_code(absl::StrCat("S-", change.id().substr(0, 8), "-", number));
  posting->mutable_total()->set_unit("EUR");
  posting->mutable_total()->set_decimal("25.50");
  auto* first = posting->add_tenders();
  first->set_method(v1::TENDER_METHOD_CASH);
  first->mutable_amount()->set_decimal("20.00");
  auto* second = posting->add_tenders();
  second->set_method(v1::TENDER_METHOD_ON_ACCOUNT);
  second->mutable_amount()->set_decimal("5.50");
  return change;
}

std::vector<v1::PublishBatchRequest> Messages(int sales, const std::string& merchant) {
  std::vector<v1::PublishBatchRequest> messages;
  for (int i = 0; i < sales; ++i) {
    if (i % kPerMessage == 0) messages.emplace_back();
    *messages.back().add_changes() = Sale(i, merchant);
  }
  return messages;
}

// Until the views have all of it: what comes next is not measured beside its folding.
void Settle(const std::string& address, const std::string& key, const std::string& merchant) {
  v1::ChangeService::Stub stub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + key);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  v1::PublishRequest request;
  *request.mutable_change() = Sale(0, merchant);
  request.set_wait(true);
  v1::PublishResponse response;
  if (!stub.Publish(&context, request, &response).ok()) std::abort();
}

double ByGrpc(const std::string& address, const std::string& key, int sales) {
  const auto messages = Messages(sales, "grpc");
  v1::ChangeService::Stub stub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + key);
  const auto stream = stub.PublishBatch(&context);
  v1::PublishBatchResponse response;
  const auto start = Clock::now();
  size_t read = 0;
  for (const auto& message : messages) {
    stream->Write(message);
    // Two under way: the server has always something to do.
    if (&message - messages.data() >= 1 && stream->Read(&response)) ++read;
  }
  stream->WritesDone();
  while (stream->Read(&response)) ++read;
  const double seconds = Since(start);
  if (!stream->Finish().ok() || read != messages.size() || !response.results(0).has_token())
    std::abort();
  return sales / seconds;
}

double ByHttp(const std::string& address, const std::string& key, int sales) {
  std::vector<std::string> requests;
  for (const auto& message : Messages(sales, "http")) {
    requests.push_back(runtime::PostText("/v1/http/changes", runtime::WriteJsonLines(message),
                                         "Authorization: Bearer " + key + "\r\n"));
  }
  runtime::TestConnection connection(address);
  const auto start = Clock::now();
  for (const std::string& request : requests) {
    const std::string answer = connection.Call(request);
    if (runtime::StatusOf(answer) != 200 || answer.find("\"error\"") != std::string::npos)
      std::abort();
  }
  return sales / Since(start);
}

int Main(int argc, char** argv) {
  if (argc < 4) return 2;
  const int sales = argc > 4 ? std::atoi(argv[4]) : 100'000;
  const int rounds = argc > 5 ? std::atoi(argv[5]) : 3;
  for (int i = 0; i < rounds; ++i) {
    const double grpc = ByGrpc(argv[1], argv[3], sales);
    Settle(argv[1], argv[3], "grpc");
    const double http = ByHttp(argv[2], argv[3], sales);
    Settle(argv[1], argv[3], "http");
    std::printf("PublishBatch %7.0f /s   HTTP %7.0f /s   ratio %.2f\n", grpc, http, http / grpc);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace carnet::gateway

int main(int argc, char** argv) { return carnet::gateway::Main(argc, argv); }
