#include "cli/advice.h"

#include <map>
#include <string_view>

#include "absl/strings/str_cat.h"

#include "base/error.h"

namespace carnet::cli {
namespace {

struct Hint {
  std::string_view reason;
  std::string_view what_to_do;
};

constexpr Hint kHints[] = {
    {"CUSTOMER_UNKNOWN",
     "`carnet customer list` shows whom there is, `carnet customer lookup` finds one"},
    {"BEHIND", "the views are catching up: ask again, or give them longer with --timeout SECONDS"},
    {"LAGGING", "publish the same again when `carnet status` shows less lag: an id counts once"},
    {"CHANGE_UNKNOWN",
     "just published? Then ask with --min-position and what `carnet publish` printed"},
    {"PARTITION_STOPPED", "`carnet status` says why, and what to do"},
    {"TOKEN_OF_ANOTHER_LOG",
     "that position belongs to a log that was replaced since: leave out --min-position"},
    {"TOKEN_OF_ANOTHER_PARTITION", "that position was printed for another merchant"},
    {"EPOCH_CHANGED", "begin anew: carnet subscribe --snapshot"},
    {"BEYOND_FEED", "begin anew: carnet subscribe --snapshot"},
    {"SLOW_SUBSCRIBER", "go on from the cursor, and read faster"},
    {"SHUTTING_DOWN", "carnetd is going down: run the same command again when it is back"},
    {"CREDENTIALS_MISSING", "give your key with --key-file FILE or CARNET_API_KEY"},
    {"CREDENTIALS_REFUSED",
     "is it all of the key, and for this server? `carnet access list` there shows which hold"},
    {"ACCESS_DENIED",
     "`carnet access list`, where the server's files are, shows what the key may do"},
    {"ETAG_CHANGED",
     "somebody changed it meanwhile: look again (`customer show` or `policy show`, with --output "
     "json for the etag) before you change it"},
    {"HAS_BALANCE",
     "`carnet balance ID` says what is open, `carnet customer archive --keep-balance ID` leaves it "
     "so"},
    {"REQUIRED_FIELD", "`carnet policy show` says which fields are asked for"},
    {"FIELD_UNKNOWN",
     "the fields are those of Contact (proto/carnet/v1/contact.proto), and custom.KEY"},
    {"VALUE_TAKEN", "`carnet customer lookup` shows who has it"},
    {"FILE_COLUMN_UNKNOWN", "`carnet customer export FILE` makes a file with all titles"},
    {"FILE_EMPTY", "`carnet customer export FILE` makes a file with all titles"},
    {"FILE_FORMULA", "copy the column, and paste it over itself as values only"},
    {"NO_GATEWAY", "name a server with the gateway role: --address HOST:PORT"},
    {"UNKNOWN_KIND",
     "kinds are customer_created, customer_linked, customer_unlinked, customer_updated, "
     "voucher_posted, voucher_reversed, balance_changed"},
};

// Of an error that has no reason of ours: gRPC's own.
std::string TransportAdvice(const absl::Status& status, const CallFacts& facts) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return absl::StrCat("can't reach carnetd at ", facts.address, ": ",
                          std::string(status.message()),
                          "\n  → is carnetd running? Start it with `deploy/run` (or `carnetd`), or "
                          "say where it is: --address HOST:PORT or CARNET_ADDRESS\n");
    case absl::StatusCode::kDeadlineExceeded:
      return absl::StrCat("no answer from ", facts.address, " within ",
                          absl::FormatDuration(facts.timeout),
                          "\n  → `carnet status` tells whether it is stopped or behind; give it "
                          "longer with --timeout SECONDS\n");
    case absl::StatusCode::kUnimplemented:
      return absl::StrCat("what answers at ", facts.address,
                          " does not know this command: ", std::string(status.message()),
                          "\n  → is it a carnetd, with the role that serves this? See `carnet "
                          "status`, and --roles of carnetd\n");
    default:
      return absl::StrCat(std::string(status.message()), "\n");
  }
}

}  // namespace

std::string Advice(const absl::Status& status, const CallFacts& facts) {
  const std::string reason = ReasonOf(status);
  if (reason.empty()) return TransportAdvice(status, facts);
  std::string text = absl::StrCat(std::string(status.message()), "\n  reason: ", reason);
  if (const std::string field = FieldOf(status); !field.empty()) {
    absl::StrAppend(&text, ", field: ", field);
  }
  std::map<std::string, std::string> facts_by_name;
  ForEachErrorMetadata(status, [&](std::string_view key, std::string_view value) {
    facts_by_name.emplace(key, value);
  });
  for (const auto& [key, value] : facts_by_name) absl::StrAppend(&text, ", ", key, ": ", value);
  text += "\n";
  for (const Hint& hint : kHints) {
    if (hint.reason == reason) absl::StrAppend(&text, "  → ", std::string(hint.what_to_do), "\n");
  }
  return text;
}

std::string OneLine(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  const std::string field = FieldOf(status);
  std::string message(status.message());
  // Some sentences begin with their field.
  if (!field.empty() && message.starts_with(field + ": ")) message.erase(0, field.size() + 2);
  return absl::StrCat(reason.empty() ? absl::StatusCodeToString(status.code()) : reason,
                      field.empty() ? "" : absl::StrCat(" (", field, ")"), ": ", message);
}

}  // namespace carnet::cli
