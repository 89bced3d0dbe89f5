// A till that was offline: its sales by HTTP, 10,000 lines of JSON a request, one request after the
// other over one connection; against PublishBatch of the same sales (of another merchant), 1,000 a
// message, 16 messages under way. Both with a till's key, all roles on; clients have all ready
// made. Time runs from the first byte to the last answer; the next ones begin when all is folded.
#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "base/uuid.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "runtime/json_lines.h"
#include "tests/bench/bench.h"
#include "tests/bench/check.h"
#include "tests/bench/http_load.h"
#include "tests/bench/turns.h"

namespace carnet::bench {
namespace {

constexpr int64_t kLines = 10'000;
constexpr int64_t kChangesAMessage = 1000;

v1::Change Sale(int64_t number, const std::string& merchant) {
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

std::vector<v1::PublishBatchRequest> Sales(int64_t count, int64_t at_once,
                                           const std::string& merchant) {
  std::vector<v1::PublishBatchRequest> messages;
  for (int64_t i = 0; i < count; ++i) {
    if (i % at_once == 0) messages.emplace_back();
    *messages.back().add_changes() = Sale(i, merchant);
  }
  return messages;
}

// Until the views have all of it: what comes next is not measured beside its folding.
void Settle(const Server& carnetd, const std::string& key, const std::string& merchant) {
  v1::ChangeService::Stub stub(
      grpc::CreateChannel(carnetd.address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + key);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  v1::PublishRequest request;
  *request.mutable_change() = Sale(0, merchant);
  request.set_wait(true);
  v1::PublishResponse response;
  const grpc::Status status = stub.Publish(&context, request, &response);
  Check(status.ok(), "Publish: " + status.error_message());
}

}  // namespace

void MeasureTillBatches(Bench* bench) {
  bench->Clear();
  const std::string key = MakeTillKey(bench->options.folder, {"grpc", "http"});
  bench->carnetd = bench->StartCarnetd(
      {"--access-file=" + bench->options.folder + "/access.json", "--http-addresses=127.0.0.1:0"});
  Server& carnetd = *bench->carnetd;
  const int64_t sales = bench->options.offline_sales;
  Turns turns;
  std::vector<int64_t> ends;
  for (int round = 0; round < bench->options.rounds; ++round) {
    const auto messages = Sales(sales, kChangesAMessage, "grpc");
    std::vector<std::string> requests;
    for (const auto& message : Sales(sales, std::min(kLines, sales), "http"))
      requests.push_back(PostOf("/v1/http/changes", "Authorization: Bearer " + key + "\r\n",
                                runtime::WriteJsonLines(message)));
    double before = carnetd.cpu();
    Turns::Rate floor;
    floor.per_second = static_cast<double>(sales) / PublishAll(carnetd, messages, &ends, key);
    Settle(carnetd, key, "grpc");
    floor.server_us = (carnetd.cpu() - before) / static_cast<double>(sales) * 1e6;
    before = carnetd.cpu();
    const HttpResult http =
        RunHttpLoad(carnetd, carnetd.last_address(), requests, {.connections = 1});
    Turns::Rate rate;
    rate.per_second =
        http.per_second * static_cast<double>(sales) / static_cast<double>(requests.size());
    Settle(carnetd, key, "http");
    rate.server_us = (carnetd.cpu() - before) / static_cast<double>(sales) * 1e6;
    turns.Add(rate, floor);
  }
  bench->report.Add(turns.Of({.name = "till batch by HTTP",
                              .unit = "sales/s",
                              .floor_name = "PublishBatch of the same",
                              .must = 0.6,
                              .aim = 0.9,
                              .note = absl::StrCat(Number(static_cast<double>(sales)),
                                                   " sales, 10,000 a request, one connection")}));
  bench->Clear();
}

}  // namespace carnet::bench
