#include "cli/commands.h"

namespace carnet::cli {

absl::StatusOr<ExitCode> Run(const Session& session, const PrintText& command) {
  session.Print(command.text);
  return ExitCode::kDone;
}

}  // namespace carnet::cli
