// carnet: Carnet on the command line, a gRPC client like any other.
#include <cstdio>
#include <variant>

#include "cli/advice.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/session.h"

namespace carnet::cli {
namespace {

ExitCode Main(int argc, const char* const* argv) {
  const auto arguments = ParseArguments(argc, argv);
  if (!arguments.ok()) {
    std::fprintf(stderr, "carnet: %s\n", std::string(arguments.status().message()).c_str());
    return ExitCode::kUsage;
  }
  const auto session = Session::Make(arguments->common);
  if (!session.ok()) {
    std::fprintf(stderr, "carnet: %s\n", std::string(session.status().message()).c_str());
    return ExitCode::kUsage;
  }
  const absl::StatusOr<ExitCode> ended =
      std::visit([&](const auto& command) { return Run(*session, command); }, arguments->command);
  if (!ended.ok()) {
    session->Say(Advice(ended.status(), {.address = arguments->common.address,
                                         .timeout = arguments->common.timeout}));
    return ExitCode::kRefused;
  }
  // A full disk or a closed pipe shows only here.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::perror("carnet: standard output");
    return ExitCode::kRefused;
  }
  return *ended;
}

}  // namespace
}  // namespace carnet::cli

int main(int argc, char** argv) { return static_cast<int>(carnet::cli::Main(argc, argv)); }
