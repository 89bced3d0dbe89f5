#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/error.h"
#include "channels/adapter.h"
#include "channels/trial.h"
#include "cli/commands.h"

namespace carnet::cli {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Error(absl::StatusCode::kInvalidArgument, "FILE_UNREADABLE",
                 absl::StrCat(path, " can't be read"));
  }
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

// "Name: value", the name in lower case.
absl::Status AddHeader(const std::string& text, channels::Delivery* delivery) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0) {
    return Error(absl::StatusCode::kInvalidArgument, "HEADER_MALFORMED",
                 absl::StrCat("--header \"", text, "\": write \"Name: value\""));
  }
  delivery->headers.emplace_back(channels::LowerCase(text.substr(0, colon)),
                                 channels::Trimmed(text.substr(colon + 1)));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const TryChannel& command) {
  const channels::Adapter* const adapter = channels::FindAdapter(command.channel);
  if (adapter == nullptr) {
    std::string names;
    for (const auto& known : channels::AllAdapters())
      absl::StrAppend(&names, names.empty() ? "" : ", ", std::string(known.name));
    return Error(
        absl::StatusCode::kInvalidArgument, "CHANNEL_UNKNOWN",
        absl::StrCat("there is no channel \"", command.channel, "\": take one of ", names));
  }
  channels::Delivery delivery;
  delivery.settings.source = command.source;
  delivery.settings.country = command.country;
  for (const std::string& header : command.headers) {
    if (absl::Status status = AddHeader(header, &delivery); !status.ok()) return status;
  }
  delivery.received_at_micros = absl::ToUnixMicros(absl::Now());
  channels::Trial trial(adapter);
  const size_t topics = command.topics.size();
  if (topics > 1 && topics != command.files.size()) {
    return Error(absl::StatusCode::kInvalidArgument, "TOPICS_MISMATCH",
                 absl::StrCat("there are ", command.files.size(), " files and ", topics,
                              " topics: give one --topic for all, or one for each file"));
  }
  for (size_t i = 0; i < command.files.size(); ++i) {
    const auto body = ReadFile(command.files[i]);
    if (!body.ok()) return body.status();
    if (topics > 0) delivery.topic = command.topics[topics == 1 ? 0 : i];
    delivery.body = *body;
    session.Print(absl::StrCat(trial.Try(delivery), "\n"));
    ++delivery.received_at_micros;
  }
  return ExitCode::kDone;
}

}  // namespace carnet::cli
