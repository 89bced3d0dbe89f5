#include "cli/publish_report.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "base/error.h"
#include "cli/advice.h"
#include "cli/json.h"
#include "cli/position.h"
#include "cli/table.h"
#include "cli/text_width.h"
#include "cli/words.h"
#include "runtime/grpc_status.h"

namespace carnet::cli {
namespace {

// Lines that a person still reads.
constexpr size_t kMaxPositions = 5;

// "APPLIED", as documents and answers write it.
std::string StatusWord(v1::OutcomeStatus status) {
  constexpr std::string_view kPrefix = "OUTCOME_STATUS_";
  return v1::OutcomeStatus_Name(status).substr(kPrefix.size());
}

bool IsBad(v1::OutcomeStatus status) {
  return status == v1::OUTCOME_STATUS_REJECTED || status == v1::OUTCOME_STATUS_DEAD_LETTER;
}

LineVerdict VerdictOf(const google::rpc::Status& rpc) {
  const absl::Status error = runtime::FromRpcStatus(rpc);
  // UNAVAILABLE is the one error after which a change may yet be in the log.
  return {.outcome = error.code() == absl::StatusCode::kUnavailable ? "unknown" : "refused",
          .reason = ReasonOf(error),
          .flags = {},
          .explanation = OneLine(error),
          .refused = true};
}

}  // namespace

LineVerdict VerdictOf(const PublishedLine& line) {
  if (line.result.has_error()) return VerdictOf(line.result.error());
  const v1::Outcome& outcome = line.result.outcome();
  if (outcome.status() == v1::OUTCOME_STATUS_UNSPECIFIED) {
    return {.outcome = "accepted", .reason = {}, .flags = {}, .explanation = {}};
  }
  LineVerdict verdict{.outcome = StatusWord(outcome.status()),
                      .reason = outcome.reason(),
                      .flags = absl::StrJoin(outcome.flags(), " "),
                      .explanation = {},
                      .refused = IsBad(outcome.status())};
  if (outcome.first_status() != v1::OUTCOME_STATUS_UNSPECIFIED) {
    verdict.outcome += " of " + StatusWord(outcome.first_status());
  }
  if (verdict.refused) verdict.explanation = absl::StrCat(outcome.reason(), ": ", outcome.detail());
  return verdict;
}

std::string LineText(const PublishedLine& line) {
  const LineVerdict verdict = VerdictOf(line);
  std::string text = absl::StrCat(line.file, ":", line.number, ": ", verdict.outcome);
  if (verdict.refused) {
    absl::StrAppend(&text, " ", verdict.explanation);
  } else {
    for (const std::string& more :
         {line.result.outcome().voucher_code(), verdict.reason, verdict.flags}) {
      if (!more.empty()) absl::StrAppend(&text, " ", more);
    }
  }
  return Printable(text) + "\n";
}

std::string LineJson(const PublishedLine& line) {
  return absl::StrCat("{\"file\":", JsonString(line.file), ",\"line\":", line.number,
                      ",\"id\":", JsonString(line.change_id), ",\"result\":", ToJson(line.result),
                      "}\n");
}

void PublishReport::Add(const PublishedLine& line) {
  ++count_;
  const LineVerdict verdict = VerdictOf(line);
  refused_ += verdict.refused ? 1 : 0;
  ++by_outcome_[{verdict.outcome, verdict.reason, verdict.flags}];
  if (line.result.has_token()) positions_[line.merchant] = line.result.token();
}

std::string PublishReport::Text() const {
  Table table({{"OUTCOME"}, {"REASON"}, {"FLAGS"}, {"CHANGES", Align::kRight}});
  for (const auto& [key, count] : by_outcome_) {
    const auto& [outcome, reason, flags] = key;
    table.Add({outcome, reason, flags, absl::StrCat(count)});
  }
  std::string text = table.empty() ? "" : table.Render();
  size_t shown = 0;
  for (const auto& [merchant, token] : positions_) {
    if (++shown > kMaxPositions) {
      absl::StrAppend(&text, "… and of ", Count(positions_.size() - kMaxPositions, "merchant"),
                      " more, which --output json tells\n");
      break;
    }
    absl::StrAppend(&text, positions_.size() == 1 ? "" : merchant + ": ",
                    "reads see all of it with --min-position ", PositionText(token), "\n");
  }
  return text;
}

std::string PublishReport::Json() const {
  const auto outcomes = absl::StrJoin(by_outcome_, ",", [](std::string* out, const auto& row) {
    const auto& [outcome, reason, flags] = row.first;
    absl::StrAppend(out, "{\"outcome\":", JsonString(outcome), ",\"reason\":", JsonString(reason),
                    ",\"flags\":", JsonString(flags), ",\"changes\":", row.second, "}");
  });
  const auto positions = absl::StrJoin(positions_, ",", [](std::string* out, const auto& row) {
    absl::StrAppend(out, "{\"merchant\":", JsonString(row.first),
                    ",\"position\":", JsonString(PositionText(row.second)), "}");
  });
  return absl::StrCat("{\"summary\":{\"changes\":", count_, ",\"refused\":", refused_,
                      ",\"outcomes\":[", outcomes, "],\"positions\":[", positions, "]}}\n");
}

}  // namespace carnet::cli
