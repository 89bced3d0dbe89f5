// Customers out to a file and in from one.
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "carnet/v1/customer_service.grpc.pb.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/filter.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/words.h"
#include "runtime/grpc_status.h"

namespace carnet::cli {
namespace {

constexpr size_t kPiece = 512 << 10;
// Requests for rows on their way at once: the next are read while the last are written.
constexpr int kNextAtOnce = 3;
constexpr int kRowsAtOnce = 1000;

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closer>;

absl::Status CantOpen(const std::string& file) {
  return absl::InvalidArgumentError(absl::StrCat("can't open ", file));
}

std::string ResultWord(v1::ImportResult result) {
  return absl::AsciiStrToLower(
      v1::ImportResult_Name(result).substr(std::string("IMPORT_RESULT_").size()));
}

void PrintRow(const Session& session, const v1::ImportRow& row) {
  session.Print(absl::StrCat(
      "row ", row.row(), ": ", ResultWord(row.result()), row.customer().empty() ? "" : " ",
      row.customer(), row.fields().empty() ? "" : ": ", absl::StrJoin(row.fields(), ", "), "\n"));
  for (const auto& violation : row.violations()) {
    session.Print(absl::StrCat("  ", violation.field(), violation.field().empty() ? "" : ": ",
                               violation.reason(), ": ", violation.detail(), "\n"));
  }
  for (const auto& warning : row.warnings()) {
    session.Print(absl::StrCat("  ", warning.field(), ": ", warning.detail(),
                               warning.suggestion().empty() ? "" : " (", warning.suggestion(),
                               warning.suggestion().empty() ? "" : "?)", "\n"));
  }
}

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const ExportCustomers& command) {
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::ExportCustomersRequest request;
  request.set_merchant(*merchant);
  request.set_query(command.query);
  auto filter = FilterOf(session, command.filter);
  if (!filter.ok()) return filter.status();
  *request.mutable_filter() = *std::move(filter);
  request.set_format(absl::EndsWithIgnoreCase(command.file, ".xlsx") ? v1::FILE_FORMAT_XLSX
                                                                     : v1::FILE_FORMAT_CSV);
  SetMinPosition(session, &request);
  const bool to_stdout = command.file == "-";
  File file(to_stdout ? nullptr : std::fopen(command.file.c_str(), "wb"));
  if (!to_stdout && file == nullptr) return CantOpen(command.file);
  grpc::ClientContext context;
  session.AddCredentials(&context);
  v1::CustomerService::Stub stub(session.channel());
  const auto stream = stub.ExportCustomers(&context, request);
  v1::ExportCustomersResponse response;
  int64_t customers = 0;
  bool written = true;
  while (stream->Read(&response)) {
    customers = response.customers();
    if (to_stdout) {
      session.Print(response.data());
    } else {
      written = written && std::fwrite(response.data().data(), 1, response.data().size(),
                                       file.get()) == response.data().size();
    }
  }
  const grpc::Status status = stream->Finish();
  if (!status.ok()) return runtime::FromGrpcStatus(status);
  if (!written || (file != nullptr && std::fflush(file.get()) != 0))
    return absl::InvalidArgumentError(absl::StrCat("can't write ", command.file));
  if (!to_stdout) session.Say(Count(static_cast<uint64_t>(customers), "customer"));
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const ImportCustomers& command) {
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  const File file(std::fopen(command.file.c_str(), "rb"));
  if (file == nullptr) return CantOpen(command.file);
  grpc::ClientContext context;
  session.AddCredentials(&context);
  v1::CustomerService::Stub stub(session.channel());
  const auto stream = stub.ImportCustomers(&context);
  v1::ImportCustomersRequest request;
  v1::ImportCustomersResponse response;
  auto* header = request.mutable_header();
  header->set_merchant(*merchant);
  header->set_preview(command.preview);
  header->mutable_writer()->set_source(command.source);
  // Every request has its answer: no more of them are sent than are read, but for a few.
  bool going = stream->Write(request) && stream->Read(&response);
  std::string piece(kPiece, '\0');
  while (going) {
    const size_t size = std::fread(piece.data(), 1, piece.size(), file.get());
    if (size == 0) break;
    request.set_data(piece.substr(0, size));
    going = stream->Write(request) && stream->Read(&response);
  }
  request.mutable_next()->set_rows(kRowsAtOnce);
  for (int i = 0; going && i < kNextAtOnce; ++i) going = stream->Write(request);
  std::map<std::string, int64_t> counts;
  Progress progress("row");
  bool done = false;
  while (going && !done && stream->Read(&response)) {
    for (const auto& row : response.rows()) {
      ++counts[ResultWord(row.result())];
      if (session.json()) {
        session.Print(ToJson(row) + "\n");
        continue;
      }
      if (command.preview || row.violations_size() > 0 || row.warnings_size() > 0) {
        progress.Clear();
        PrintRow(session, row);
      }
    }
    progress.Update(static_cast<uint64_t>(response.done_rows()));
    done = response.done();
    if (!done) going = stream->Write(request);
  }
  stream->WritesDone();
  while (stream->Read(&response)) {
  }
  const grpc::Status status = stream->Finish();
  progress.Clear();
  if (!status.ok()) {
    if (!counts.empty() && !command.preview) {
      session.Say(
          "not all of it was taken: import the same file again, and it goes on where this ended");
    }
    return runtime::FromGrpcStatus(status);
  }
  std::string summary;
  for (const auto& [word, count] : counts)
    absl::StrAppend(&summary, summary.empty() ? "" : ", ", count, " ", word);
  session.Say(
      absl::StrCat(command.preview ? "preview: " : "", summary.empty() ? "no rows" : summary));
  return counts["refused"] == 0 ? ExitCode::kDone : ExitCode::kRefused;
}

}  // namespace carnet::cli
