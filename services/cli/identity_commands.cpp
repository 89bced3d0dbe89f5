// Who is the same customer, in words; and forgetting one.
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "carnet/v1/identity_service.grpc.pb.h"
#include "cli/call.h"
#include "cli/card.h"
#include "cli/commands.h"
#include "cli/identity_text.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/words.h"

namespace carnet::cli {
namespace {

using Stub = v1::IdentityService::Stub;

std::string Points(int32_t quarters) { return absl::StrFormat("%.2f", quarters / 4.0); }

std::string Reasons(const google::protobuf::RepeatedPtrField<v1::Evidence>& evidence) {
  std::vector<std::string> words;
  for (const auto& each : evidence) words.push_back(each.words());
  return absl::StrJoin(words, ", ");
}

template <typename Response>
absl::StatusOr<ExitCode> PrintCard(const Session& session, const Response& response) {
  session.Print(session.json() ? ToJson(response.customer()) + "\n"
                               : RenderCard(response.customer()));
  return ExitCode::kDone;
}

// What would be, and what stands in the way: then the process ends with kRefused.
template <typename Response>
absl::StatusOr<ExitCode> PrintPreview(const Session& session, const Response& response) {
  bool refused = false;
  for (const auto& blocker : response.blockers()) refused = refused || blocker.refused();
  const ExitCode code = refused ? ExitCode::kRefused : ExitCode::kDone;
  if (session.json()) {
    session.Print(ToJson(response) + "\n");
    return code;
  }
  for (const auto& blocker : response.blockers()) {
    session.Print(absl::StrCat(blocker.refused() ? "refused: " : "note: ", blocker.reason(), ": ",
                               blocker.detail(), "\n"));
  }
  session.Print(refused ? "As it is:\n" : "It would be:\n");
  for (const auto& customer : response.customers()) {
    std::vector<std::string> balances;
    for (const auto& balance : customer.balances()) balances.push_back(AmountText(balance));
    session.Print(absl::StrCat("  ", customer.customer(), ": ",
                               Count(static_cast<uint64_t>(customer.records_size()), "record"),
                               balances.empty() ? "" : ", ", absl::StrJoin(balances, ", "), "\n"));
  }
  return code;
}

template <typename Request, typename Response, typename Method>
absl::StatusOr<ExitCode> SayOfTwo(const Session& session, const std::string& customer,
                                  const std::string& other, Method method) {
  const auto name = session.CustomerName(customer);
  if (!name.ok()) return name.status();
  Request request;
  request.set_name(*name);
  request.set_other(other);
  request.mutable_writer()->set_source("cli");
  const auto response = Call(session, method, request);
  if (!response.ok()) return response.status();
  return PrintCard(session, *response);
}

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const LinkCustomer& command) {
  if (!command.preview) {
    return SayOfTwo<v1::LinkCustomerRequest, v1::LinkCustomerResponse>(
        session, command.customer, command.other, &Stub::LinkCustomer);
  }
  const auto name = session.CustomerName(command.customer);
  if (!name.ok()) return name.status();
  v1::PreviewLinkRequest request;
  request.set_name(*name);
  request.set_other(command.other);
  const auto response = Call(session, &Stub::PreviewLink, request);
  if (!response.ok()) return response.status();
  return PrintPreview(session, *response);
}

absl::StatusOr<ExitCode> Run(const Session& session, const UnlinkCustomer& command) {
  if (!command.preview) {
    return SayOfTwo<v1::UnlinkCustomerRequest, v1::UnlinkCustomerResponse>(
        session, command.customer, command.other, &Stub::UnlinkCustomer);
  }
  const auto name = session.CustomerName(command.customer);
  if (!name.ok()) return name.status();
  v1::PreviewUnlinkRequest request;
  request.set_name(*name);
  request.set_other(command.other);
  const auto response = Call(session, &Stub::PreviewUnlink, request);
  if (!response.ok()) return response.status();
  return PrintPreview(session, *response);
}

absl::StatusOr<ExitCode> Run(const Session& session, const DistinguishCustomer& command) {
  return SayOfTwo<v1::DistinguishCustomerRequest, v1::DistinguishCustomerResponse>(
      session, command.customer, command.other, &Stub::DistinguishCustomer);
}

absl::StatusOr<ExitCode> Run(const Session& session, const ListSuggestions& command) {
  const auto name = session.CustomerName(command.customer);
  if (!name.ok()) return name.status();
  v1::ListSuggestionsRequest request;
  request.set_name(*name);
  request.set_limit(command.limit);
  const auto response = Call(session, &Stub::ListSuggestions, request);
  if (!response.ok()) return response.status();
  Table table({{"POINTS", Align::kRight}, {"NAME"}, {"BECAUSE"}, {"RECORD"}, {"AND"}});
  for (const auto& suggestion : response->suggestions()) {
    if (session.json()) {
      session.Print(ToJson(suggestion) + "\n");
      continue;
    }
    table.Add({Points(suggestion.score_quarters()), suggestion.display_name(),
               Reasons(suggestion.evidence()), suggestion.own_record(), suggestion.other_record()});
  }
  if (!session.json()) session.Print(table.empty() ? "Nobody comes to mind.\n" : table.Render());
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const EraseCustomer& command) {
  const auto name = session.CustomerName(command.customer);
  if (!name.ok()) return name.status();
  if (!command.yes) {
    return absl::InvalidArgumentError(
        "there is no way back: nobody will be able to read who this was. Say --yes");
  }
  v1::EraseCustomerRequest request;
  request.set_name(*name);
  request.set_etag(command.etag);
  request.mutable_writer()->set_source("cli");
  const auto response = Call(session, &Stub::EraseCustomer, request);
  if (!response.ok()) return response.status();
  return PrintCard(session, *response);
}

absl::Status PrintLinks(const Session& session, const std::string& customer) {
  v1::ExplainLinksRequest request;
  request.set_name(customer);
  const auto response = Call(session, &Stub::ExplainLinks, request);
  if (!response.ok()) return response.status();
  if (session.json()) {
    session.Print(ToJson(*response) + "\n");
    return absl::OkStatus();
  }
  Table links({{"RECORD"},
               {"AND"},
               {"LINKED BY"},
               {"POINTS", Align::kRight},
               {"BECAUSE"},
               {"SINCE"},
               {"CHANGE", Align::kRight}});
  for (const auto& link : response->links()) {
    links.Add({link.record(), link.other(), link.by_person() ? "a person" : "the rules",
               link.by_person() ? "" : Points(link.score_quarters()), Reasons(link.evidence()),
               TimeText(link.recorded_at()), absl::StrCat(link.change_number())});
  }
  if (!links.empty()) session.Print("\n" + links.Render());
  Table apart({{"RECORD"}, {"IS NOT"}, {"SINCE"}, {"CHANGE", Align::kRight}});
  for (const auto& distinction : response->distinctions()) {
    apart.Add({distinction.record(), distinction.other(), TimeText(distinction.recorded_at()),
               absl::StrCat(distinction.change_number())});
  }
  if (!apart.empty()) session.Print("\n" + apart.Render());
  return absl::OkStatus();
}

}  // namespace carnet::cli
