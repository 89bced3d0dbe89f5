#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "cli/advice.h"
#include "cli/commands.h"
#include "cli/line_reader.h"
#include "cli/progress.h"
#include "cli/publish_report.h"
#include "cli/publish_stream.h"
#include "cli/words.h"

namespace carnet::cli {

absl::StatusOr<ExitCode> Run(const Session& session, const Publish& command) {
  auto lines = LineReader::Open(command.files);
  if (!lines.ok()) return lines.status();
  const absl::Time started = absl::Now();
  PublishReport report;
  Progress progress("change");
  const absl::Status status =
      PublishLines(session, lines->get(), {.wait = command.wait, .chunk = command.chunk},
                   [&](const PublishedLine& line) {
                     report.Add(line);
                     const LineVerdict verdict = VerdictOf(line);
                     if (command.results) {
                       progress.Clear();
                       session.Print(session.json() ? LineJson(line) : LineText(line));
                     }
                     // Beside the results too: these lines want somebody to look at them.
                     if (verdict.refused && (!command.results || session.json())) {
                       progress.Clear();
                       session.Say(LineText(line));
                     }
                     progress.Update(report.count());
                   });
  progress.Clear();
  if (session.json()) {
    session.Print(report.Json());
  } else {
    if (status.ok() || report.count() > 0) {
      session.Print(absl::StrCat(
          Count(report.count(), "change"), " in ",
          absl::FormatDuration(absl::Trunc(absl::Now() - started, absl::Milliseconds(1))), "\n"));
    }
    session.Print(report.Text());
  }
  session.Flush();
  if (!status.ok()) return status;
  return report.any_refused() ? ExitCode::kRefused : ExitCode::kDone;
}

}  // namespace carnet::cli
