// What the commands do. Each prints to the session's output.
#pragma once

#include "absl/status/statusor.h"

#include "cli/arguments.h"
#include "cli/session.h"

namespace carnet::cli {

// Of the process.
enum class ExitCode {
  kDone = 0,
  kRefused = 1,  // the server (or publish: a change) said no; the same for any other failure
  kUsage = 2,    // the command line makes no sense
};

// A status that is not OK is printed with advice by the caller, and ends the process with kRefused.
absl::StatusOr<ExitCode> Run(const Session& session, const Publish& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ShowCustomer& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ListCustomers& command);
absl::StatusOr<ExitCode> Run(const Session& session, const LookupCustomers& command);
absl::StatusOr<ExitCode> Run(const Session& session, const SearchCustomers& command);
absl::StatusOr<ExitCode> Run(const Session& session, const RankCustomers& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ExplainCustomer& command);
absl::StatusOr<ExitCode> Run(const Session& session, const WriteCustomer& command);
absl::StatusOr<ExitCode> Run(const Session& session, const RevertField& command);
absl::StatusOr<ExitCode> Run(const Session& session, const DuplicateCustomer& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ArchiveCustomer& command);
absl::StatusOr<ExitCode> Run(const Session& session, const RecordConsent& command);
absl::StatusOr<ExitCode> Run(const Session& session, const LinkCustomer& command);
absl::StatusOr<ExitCode> Run(const Session& session, const UnlinkCustomer& command);
absl::StatusOr<ExitCode> Run(const Session& session, const DistinguishCustomer& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ListSuggestions& command);
absl::StatusOr<ExitCode> Run(const Session& session, const EraseCustomer& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ExportCustomers& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ImportCustomers& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ShowPolicy& command);
absl::StatusOr<ExitCode> Run(const Session& session, const SetPolicy& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ShowBalance& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ShowVoucher& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ListVouchers& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ShowStatement& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ShowSums& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ShowTrialBalance& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ExplainFigure& command);
absl::StatusOr<ExitCode> Run(const Session& session, const VerifyBooks& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ShowOutcome& command);
absl::StatusOr<ExitCode> Run(const Session& session, const Subscribe& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ShowStatus& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ListDeadLetters& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ShowDeadLetter& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ShowDelivery& command);
absl::StatusOr<ExitCode> Run(const Session& session, const DropDeliveries& command);
absl::StatusOr<ExitCode> Run(const Session& session, const TryIdentity& command);
absl::StatusOr<ExitCode> Run(const Session& session, const TryChannel& command);
absl::StatusOr<ExitCode> Run(const Session& session, const Till& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ManageAccess& command);
absl::StatusOr<ExitCode> Run(const Session& session, const MakeToken& command);
absl::StatusOr<ExitCode> Run(const Session& session, const InitLog& command);
absl::StatusOr<ExitCode> Run(const Session& session, const CopyLog& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ListStops& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ListQuarantined& command);
absl::StatusOr<ExitCode> Run(const Session& session, const ResumePartition& command);
absl::StatusOr<ExitCode> Run(const Session& session, const QuarantineRecord& command);
absl::StatusOr<ExitCode> Run(const Session& session, const PrintText& command);

}  // namespace carnet::cli
