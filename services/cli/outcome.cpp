#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "carnet/v1/change_service.grpc.pb.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/publish_report.h"
#include "cli/text_width.h"

namespace carnet::cli {
namespace {

std::string RenderOutcome(const v1::Outcome& outcome) {
  PublishedLine line;
  *line.result.mutable_outcome() = outcome;
  const LineVerdict verdict = VerdictOf(line);
  std::string text = verdict.outcome + "\n";
  const auto add = [&](std::string_view what, const std::string& value) {
    if (!value.empty()) {
      absl::StrAppend(&text, "  ", std::string(what), ": ", Printable(value), "\n");
    }
  };
  add("reason", outcome.reason());
  add("detail", outcome.detail());
  add("flags", verdict.flags);
  add("voucher", outcome.voucher_code());
  add("customer", outcome.record());
  const auto number = [](uint64_t value) { return value == 0 ? "" : absl::StrCat(value); };
  add("change number", number(outcome.change_number()));
  add("came again", number(outcome.duplicates()));
  add("id used for other content", number(outcome.reuses()));
  return text;
}

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const ShowOutcome& command) {
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::GetOutcomeRequest request;
  request.set_merchant(*merchant);
  request.set_change_id(command.change_id);
  const auto response = Call(session, &v1::ChangeService::Stub::GetOutcome, request);
  if (!response.ok()) return response.status();
  session.Print(session.json() ? ToJson(response->outcome()) + "\n"
                               : RenderOutcome(response->outcome()));
  return ExitCode::kDone;
}

}  // namespace carnet::cli
