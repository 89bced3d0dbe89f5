#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"

#include "carnet/v1/admin_service.grpc.pb.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/health.h"
#include "cli/json.h"
#include "cli/position.h"
#include "cli/table.h"
#include "cli/words.h"

namespace carnet::cli {
namespace {

std::string RenderStatus(const v1::GetStatusResponse& status) {
  std::string text = absl::StrCat(
      "carnetd ", status.version(), ", roles: ", absl::StrJoin(status.roles(), ", "),
      ", rules version ", status.rules_version(), "\nup since ", TimeText(status.started_at()),
      "\nlog ", status.log(), " (", status.log_kind(), ")\n\n");
  Table table({{"PARTITION", Align::kRight},
               {"STATE"},
               {"POSITION", Align::kRight},
               {"LOG END", Align::kRight},
               {"LAG", Align::kRight},
               {"APPLIED", Align::kRight},
               {"DUPLICATES", Align::kRight},
               {"REJECTED", Align::kRight},
               {"DEAD LETTERS", Align::kRight},
               {"VIEWS"},
               {"SERVED BY"}});
  std::string stops;
  for (const v1::PartitionStatus& partition : status.partitions()) {
    table.Add({absl::StrCat(partition.partition()), EnumWord(partition.state()),
               absl::StrCat(partition.position()), absl::StrCat(partition.end()),
               absl::StrCat(partition.lag()), absl::StrCat(partition.applied()),
               absl::StrCat(partition.duplicates()), absl::StrCat(partition.rejected()),
               absl::StrCat(partition.dead_letters()),
               absl::StrCat("generation ", partition.generation()),
               partition.served_by().empty() ? "here" : partition.served_by()});
    if (!partition.log_trouble().empty()) {
      absl::StrAppend(&stops, "\nPartition ", partition.partition(),
                      ": the log can't be read at the moment: ", partition.log_trouble(), "\n");
    }
    if (!partition.stopped_because().empty()) {
      absl::StrAppend(&stops, "\nPartition ", partition.partition(),
                      " is stopped: ", partition.stopped_because(), "\n");
    }
  }
  for (const std::string& projector : status.unreachable()) {
    absl::StrAppend(&stops, "\nA projector does not answer: ", projector, "\n");
  }
  return text + (table.empty() ? "No partitions are served here.\n" : table.Render()) + stops;
}

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const ShowStatus& command) {
  if (command.wait > absl::ZeroDuration()) {
    const absl::Status serves = WaitUntilServing(session, absl::Now() + command.wait);
    if (!serves.ok()) return serves;
  }
  const auto response = Call(session, &v1::AdminService::Stub::GetStatus, v1::GetStatusRequest());
  if (!response.ok()) return response.status();
  session.Print(session.json() ? ToJson(*response) + "\n" : RenderStatus(*response));
  return ExitCode::kDone;
}

}  // namespace carnet::cli
