// CSV import: a file of 100,000 new customers, sent and taken row by row as `carnet customer
// import` does, three requests for 1,000 rows under way; time runs from the call's start to its
// end, when every row is applied. Against PublishBatch with `wait` of the same changes (the same
// fields, the same size of messages, three under way), into another merchant. They take turns.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "base/uuid.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/customer_service.grpc.pb.h"
#include "tests/bench/bench.h"
#include "tests/bench/check.h"
#include "tests/bench/clocks.h"
#include "tests/bench/people.h"

namespace carnet::bench {
namespace {

constexpr int64_t kRowsAtOnce = 1000;
constexpr int kUnderWay = 3;
constexpr size_t kPiece = size_t{512} << 10;

std::string FileOf(int64_t rows) {
  std::string file =
      "type,name.given,name.family,emails,phones,addresses.1.street,addresses.1.postcode,"
      "addresses.1.town,addresses.1.country\n";
  for (int64_t i = 0; i < rows; ++i) {
    v1::Contact contact;
    FillContact(static_cast<uint32_t>(i), 0, true, &contact);
    const auto& address = contact.addresses(0);
    absl::StrAppend(&file, "consumer,", contact.name().given().plain(), ",",
                    contact.name().family().plain(), ",", contact.emails(0).plain(), ",",
                    contact.phones(0).plain(), ",", address.street().plain(), ",",
                    address.postcode().plain(), ",", address.town().plain(), ",FR\n");
  }
  return file;
}

std::vector<v1::PublishBatchRequest> ChangesOf(int64_t rows, const std::string& merchant) {
  std::vector<v1::PublishBatchRequest> messages;
  for (int64_t i = 0; i < rows; ++i) {
    if (i % kRowsAtOnce == 0) messages.emplace_back().set_wait(true);
    v1::Change* change = messages.back().add_changes();
    change->set_id(Uuid::FromFields({merchant, std::to_string(i)}).ToString());
    change->set_merchant(merchant);
    change->set_channel("back-office");
    change->set_source("import");
    change->set_external_id(change->id());
    change->set_intent(v1::INTENT_REQUEST);
    FillContact(static_cast<uint32_t>(i), 0, true,
                change->mutable_body()->mutable_contact_observed()->mutable_contact());
  }
  return messages;
}

// Seconds.
double Import(v1::CustomerService::Stub* stub, const std::string& merchant, const std::string& file,
              int64_t rows) {
  const double begin = Now();
  grpc::ClientContext context;
  const auto stream = stub->ImportCustomers(&context);
  v1::ImportCustomersRequest request;
  v1::ImportCustomersResponse response;
  request.mutable_header()->set_merchant(merchant);
  Check(stream->Write(request) && stream->Read(&response), "the header");
  for (size_t at = 0; at < file.size(); at += kPiece) {
    request.set_data(file.substr(at, kPiece));
    Check(stream->Write(request) && stream->Read(&response), "the file");
  }
  request.mutable_next()->set_rows(kRowsAtOnce);
  for (int i = 0; i < kUnderWay; ++i) Check(stream->Write(request), "asking for rows");
  int64_t created = 0;
  do {
    Check(stream->Read(&response), "rows");
    for (const auto& row : response.rows())
      created += row.result() == v1::IMPORT_RESULT_CREATED ? 1 : 0;
    if (!response.done()) stream->Write(request);
  } while (!response.done());
  stream->WritesDone();
  while (stream->Read(&response)) {
  }
  const grpc::Status status = stream->Finish();
  Check(status.ok(), "ImportCustomers: " + status.error_message());
  Check(created == rows, absl::StrCat("of ", rows, " rows ", created, " were taken"));
  return Now() - begin;
}

double Publish(v1::ChangeService::Stub* stub, const std::string& merchant, int64_t rows) {
  const auto messages = ChangesOf(rows, merchant);
  const double begin = Now();
  grpc::ClientContext context;
  const auto stream = stub->PublishBatch(&context);
  v1::PublishBatchResponse response;
  size_t sent = 0;
  while (sent < messages.size() && sent < kUnderWay)
    Check(stream->Write(messages[sent++]), "publishing");
  for (size_t answered = 0; answered < messages.size(); ++answered) {
    Check(stream->Read(&response), "an answer");
    for (const auto& result : response.results()) {
      Check(result.outcome().status() == v1::OUTCOME_STATUS_APPLIED,
            "not applied: " + result.ShortDebugString());
    }
    if (sent < messages.size()) Check(stream->Write(messages[sent++]), "publishing");
  }
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  Check(status.ok(), "PublishBatch: " + status.error_message());
  return Now() - begin;
}

}  // namespace

void MeasureImport(Bench* bench) {
  const int64_t rows = bench->options.import_rows;
  bench->Clear();
  bench->carnetd = bench->StartCarnetd();
  const Server& carnetd = *bench->carnetd;
  const auto channel = grpc::CreateChannel(carnetd.address(), grpc::InsecureChannelCredentials());
  const auto customers = v1::CustomerService::NewStub(channel);
  const auto changes = v1::ChangeService::NewStub(channel);
  const std::string file = FileOf(rows);
  std::vector<double> import;
  std::vector<double> import_cpu;
  std::vector<double> publish;
  std::vector<double> publish_cpu;
  std::vector<double> ratio;
  const auto count = static_cast<double>(rows);
  for (int round = 0; round < bench->options.rounds; ++round) {
    double cpu = carnetd.cpu();
    publish.push_back(count / Publish(changes.get(), absl::StrCat("published-", round), rows));
    publish_cpu.push_back((carnetd.cpu() - cpu) / count * 1e6);
    cpu = carnetd.cpu();
    import.push_back(count / Import(customers.get(), absl::StrCat("imported-", round), file, rows));
    import_cpu.push_back((carnetd.cpu() - cpu) / count * 1e6);
    ratio.push_back(import.back() / publish.back());
  }
  bench->report.Add({.name = "import",
                     .number = Median(import),
                     .unit = "rows/s",
                     .floor_name = "PublishBatch of the same",
                     .floor = Median(publish),
                     .ratio = Median(ratio),
                     .must = 0.5,
                     .aim = 0.8,
                     .cpu_us = Median(import_cpu),
                     .floor_cpu_us = Median(publish_cpu),
                     .note = absl::StrCat(Number(count), " rows, ", file.size() / 1'000'000,
                                          " MB; both wait for the outcomes")});
  bench->carnetd->Stop();
  bench->carnetd = nullptr;
}

}  // namespace carnet::bench
