// `carnet admin`: partitions that stopped, and records that were taken out.
#include "absl/strings/str_cat.h"

#include "carnet/v1/admin_service.grpc.pb.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/words.h"

namespace carnet::cli {
namespace {

std::string StopText(const v1::PartitionStatus& partition) {
  std::string text = absl::StrCat(
      "Partition ", partition.partition(),
      partition.served_by().empty() ? "" : " at " + partition.served_by(),
      " is stopped at position ", partition.position(), ": ", partition.stopped_because(), "\n");
  if (partition.has_stopped_at()) {
    const v1::RecordPlace& record = partition.stopped_at();
    absl::StrAppend(
        &text, "  The record at offset ", record.offset(), ", merchant ", record.merchant(),
        record.change_id().empty() ? "" : ", change " + record.change_id(),
        ", is in the way. If it may never count:\n  carnet admin quarantine ",
        partition.partition(), " ", record.offset(), " ", record.record_hash(), " --note WHY\n");
  }
  absl::StrAppend(&text, "  Once it is mended: carnet admin resume ", partition.partition(), "\n");
  return text;
}

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const ListStops&) {
  const auto response = Call(session, &v1::AdminService::Stub::GetStatus, v1::GetStatusRequest());
  if (!response.ok()) return response.status();
  std::string text;
  for (const v1::PartitionStatus& partition : response->partitions()) {
    if (partition.state() != v1::PARTITION_STATE_STOPPED) continue;
    absl::StrAppend(&text, session.json() ? ToJson(partition) + "\n" : StopText(partition));
  }
  session.Print(text.empty() && !session.json() ? "No partition is stopped.\n" : text);
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const ResumePartition& command) {
  v1::ResumePartitionRequest request;
  request.set_partition(command.partition);
  const auto response = Call(session, &v1::AdminService::Stub::ResumePartition, request);
  if (!response.ok()) return response.status();
  session.Print(session.json() ? ToJson(*response) + "\n"
                               : absl::StrCat("Partition ", command.partition, " folds.\n"));
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const QuarantineRecord& command) {
  v1::QuarantineRecordRequest request;
  request.set_partition(command.partition);
  request.set_offset(command.offset);
  request.set_record_hash(command.record_hash);
  request.set_note(command.note);
  const auto response = Call(session, &v1::AdminService::Stub::QuarantineRecord, request);
  if (!response.ok()) return response.status();
  session.Print(session.json()
                    ? ToJson(*response) + "\n"
                    : absl::StrCat("The record at offset ", command.offset, " of partition ",
                                   command.partition, " is a dead letter; the partition folds.\n"));
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const ListQuarantined&) {
  const auto response = Call(session, &v1::AdminService::Stub::ListQuarantinedRecords,
                             v1::ListQuarantinedRecordsRequest());
  if (!response.ok()) return response.status();
  Table table({{"PARTITION", Align::kRight},
               {"OFFSET", Align::kRight},
               {"MERCHANT"},
               {"CHANGE"},
               {"DECIDED AT"},
               {"BY"},
               {"WHY"}});
  for (const v1::QuarantinedRecord& one : response->records()) {
    if (session.json()) {
      session.Print(ToJson(one) + "\n");
      continue;
    }
    table.Add({absl::StrCat(one.record().partition()), absl::StrCat(one.record().offset()),
               one.record().merchant(), one.record().change_id(), TimeText(one.decided_at()),
               one.actor(), one.note()});
  }
  if (!session.json()) session.Print(table.empty() ? "No records.\n" : table.Render());
  return ExitCode::kDone;
}

}  // namespace carnet::cli
