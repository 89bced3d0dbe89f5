#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"

#include "base/error.h"
#include "cli/advice.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/line_reader.h"
#include "cli/progress.h"
#include "cli/publish_report.h"
#include "cli/publish_stream.h"
#include "cli/table.h"
#include "cli/text_width.h"
#include "cli/till_changes.h"
#include "cli/till_queue.h"
#include "cli/words.h"
#include "runtime/json_lines.h"

namespace carnet::cli {
namespace {

using Verb = Till::Verb;

// Without one there is nobody whose booklet it would be.
absl::Status CheckMerchant(const Session& session, const v1::Change& change) {
  return change.merchant().empty() ? session.Merchant().status() : absl::OkStatus();
}

absl::StatusOr<ExitCode> Enqueue(const Session& session, const std::string& queue,
                                 log::v1::TillQueueLine line) {
  for (v1::Change& change : *line.mutable_added()) {
    Complete(session.options().merchant, absl::Now(), &change);
    if (absl::Status checked = CheckMerchant(session, change); !checked.ok()) return checked;
  }
  if (absl::Status appended = AppendToTillQueue(queue, line); !appended.ok()) return appended;
  for (const v1::Change& change : line.added())
    session.Print(session.json() ? absl::StrCat("{\"queued\":", JsonString(change.id()), "}\n")
                                 : absl::StrCat("queued ", change.id(), "\n"));
  return ExitCode::kDone;
}

// All or none: whoever adds a file once more after a mistake must not have to know which of its
// lines are there.
absl::StatusOr<ExitCode> AddFiles(const Session& session, const Till& command) {
  auto reader = LineReader::Open(command.files);
  if (!reader.ok()) return reader.status();
  std::vector<Line> lines;
  for (Line line;;) {
    const auto next = (*reader)->Next(&line);
    if (!next.ok()) return next.status();
    if (!*next) break;
    if (line.text.find_first_not_of(" \t\r") != std::string::npos || line.too_long)
      lines.push_back(std::move(line));
  }
  std::vector<std::string_view> texts;
  texts.reserve(lines.size());
  for (const Line& line : lines) texts.push_back(line.text);
  log::v1::TillQueueLine queued;
  const auto statuses = runtime::ReadJsonLines(texts, &queued);
  size_t bad = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (statuses[i].ok()) continue;
    ++bad;
    session.Say(
        Printable(absl::StrCat(lines[i].file, ":", lines[i].number, ": ", OneLine(statuses[i]))));
  }
  if (bad > 0) {
    session.Say("nothing was queued: mend that, and add all of it again");
    return ExitCode::kRefused;
  }
  if (lines.empty()) return ExitCode::kDone;
  return Enqueue(session, command.queue, std::move(queued));
}

absl::StatusOr<ExitCode> AddOne(const Session& session, const Till& command) {
  auto change = ChangeOf(command);
  if (!change.ok()) return change.status();
  log::v1::TillQueueLine line;
  line.add_added()->Swap(&*change);
  return Enqueue(session, command.queue, std::move(line));
}

// What waits, one after the other.
class WaitingChanges final : public ChangeSource {
 public:
  WaitingChanges(std::string queue, std::vector<TillEntry> entries)
      : queue_(std::move(queue)), entries_(std::move(entries)) {}

  absl::StatusOr<bool> Next(Item* item) override {
    while (next_ < entries_.size() && entries_[next_].state != TillState::kWaiting) ++next_;
    if (next_ == entries_.size()) return false;
    item->change.Swap(&entries_[next_].change);
    item->line = {.file = queue_, .number = ++next_};
    return true;
  }

 private:
  const std::string queue_;
  std::vector<TillEntry> entries_;
  size_t next_ = 0;
};

absl::StatusOr<ExitCode> Sync(const Session& session, const Till& command) {
  if (absl::Status shortened = ShortenTillQueue(command.queue, static_cast<size_t>(command.keep));
      !shortened.ok()) {
    return shortened;
  }
  auto entries = LoadTillQueue(command.queue);
  if (!entries.ok()) return entries.status();
  WaitingChanges waiting(command.queue, *std::move(entries));
  PublishReport report;
  Progress progress("change");
  log::v1::TillQueueLine answers;
  absl::Status remembered;
  const absl::Status status = PublishChanges(
      session, &waiting, {.wait = true, .chunk = command.chunk},
      [&](const PublishedLine& line) {
        report.Add(line);
        auto* answer = answers.add_answered();
        answer->set_id(line.change_id);
        *answer->mutable_result() = line.result;
        if (VerdictOf(line).refused) {
          progress.Clear();
          session.Say(absl::StrCat(line.change_id, " ", LineText(line)));
        }
        progress.Update(report.count());
      },
      [&] {
        // An answer that can't be remembered is asked for again: the same change counts once.
        if (remembered.ok()) remembered = AppendToTillQueue(command.queue, answers);
        answers.Clear();
      });
  progress.Clear();
  session.Print(session.json()        ? report.Json()
                : report.count() == 0 ? "nothing was sent\n"
                                      : report.Text());
  session.Flush();
  if (!status.ok()) return status;
  if (!remembered.ok()) return remembered;
  return report.any_refused() ? ExitCode::kRefused : ExitCode::kDone;
}

// "sale T1-0013 18.00 EUR", "contact observed".
std::string What(const v1::Change& change) {
  const v1::Body& body = change.body();
  if (!body.has_posting()) {
    const auto* kind = body.GetReflection()->GetOneofFieldDescriptor(
        body, v1::Body::descriptor()->FindOneofByName("kind"));
    return kind == nullptr ? "" : kind->name();
  }
  const v1::Posting& posting = body.posting();
  return absl::StrCat(EnumWord(posting.kind()), posting.code().empty() ? "" : " ", posting.code(),
                      " ", AmountText(posting.total(), posting.total().unit()));
}

std::string StateWord(TillState state) {
  switch (state) {
    case TillState::kWaiting:
      return "waiting";
    case TillState::kCounted:
      return "counted";
    case TillState::kRefused:
      return "refused";
  }
  return "";
}

LineVerdict VerdictOn(const TillEntry& entry) {
  PublishedLine line;
  line.result = entry.result;
  return VerdictOf(line);
}

// Somebody should look at it.
bool IsRemarkable(const TillEntry& entry) {
  if (entry.state == TillState::kRefused) return true;
  if (entry.state == TillState::kWaiting) return entry.result.has_error();
  const v1::Outcome& outcome = entry.result.outcome();
  return !outcome.reason().empty() || outcome.flags_size() > 0;
}

void AddRow(const TillEntry& entry, Table* table) {
  const v1::Change& change = entry.change;
  const LineVerdict verdict = VerdictOn(entry);
  const std::string_view gap = verdict.reason.empty() || verdict.flags.empty() ? "" : " ";
  table->Add({StateWord(entry.state), TimeText(change.occurred_at()), What(change),
              change.external_id(), change.id(),
              verdict.refused ? verdict.explanation
                              : absl::StrCat(verdict.reason, std::string(gap), verdict.flags)});
}

std::string EntryJson(const TillEntry& entry) {
  std::string text =
      absl::StrCat("{\"state\":\"", StateWord(entry.state), "\",\"change\":", ToJson(entry.change));
  if (entry.result.result_case() != v1::PublishResult::RESULT_NOT_SET)
    absl::StrAppend(&text, ",\"result\":", ToJson(entry.result));
  return text + "}\n";
}

absl::StatusOr<ExitCode> Report(const Session& session, const Till& command) {
  const auto entries = LoadTillQueue(command.queue);
  if (!entries.ok()) return entries.status();
  uint64_t counts[3] = {};
  Table table({{"STATE"}, {"WHEN"}, {"WHAT"}, {"CUSTOMER"}, {"ID"}, {"WHY"}});
  for (const TillEntry& entry : *entries) {
    ++counts[static_cast<size_t>(entry.state)];
    if (!command.all && !IsRemarkable(entry)) continue;
    if (session.json()) {
      session.Print(EntryJson(entry));
    } else {
      AddRow(entry, &table);
    }
  }
  const uint64_t waiting = counts[static_cast<size_t>(TillState::kWaiting)];
  const uint64_t counted = counts[static_cast<size_t>(TillState::kCounted)];
  const uint64_t refused = counts[static_cast<size_t>(TillState::kRefused)];
  if (session.json()) {
    session.Print(absl::StrCat("{\"summary\":{\"waiting\":", waiting, ",\"refused\":", refused,
                               ",\"counted\":", counted, "}}\n"));
  } else {
    session.Print(table.empty() ? "" : table.Render());
    session.Print(
        absl::StrCat(waiting, " waiting, ", refused, " refused, ", counted, " counted of late\n"));
  }
  return refused > 0 ? ExitCode::kRefused : ExitCode::kDone;
}

absl::StatusOr<ExitCode> Drop(const Session& session, const Till& command) {
  const auto entries = LoadTillQueue(command.queue);
  if (!entries.ok()) return entries.status();
  log::v1::TillQueueLine line;
  for (const std::string& id : command.ids) {
    bool found = false;
    for (const TillEntry& entry : *entries)
      found = found || (entry.change.id() == id && entry.state == TillState::kRefused);
    if (!found)
      return absl::NotFoundError(absl::StrCat("no change with the id ", id, " was refused"));
    line.add_dropped(id);
  }
  if (absl::Status appended = AppendToTillQueue(command.queue, line); !appended.ok())
    return appended;
  session.Print(absl::StrCat("gave up ", Count(command.ids.size(), "change"), "\n"));
  return ExitCode::kDone;
}

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const Till& command) {
  switch (command.verb) {
    case Verb::kAdd:
      return AddFiles(session, command);
    case Verb::kSell:
    case Verb::kContact:
      return AddOne(session, command);
    case Verb::kSync:
      return Sync(session, command);
    case Verb::kReport:
      return Report(session, command);
    case Verb::kDrop:
      return Drop(session, command);
  }
  return ExitCode::kUsage;
}

}  // namespace carnet::cli
