// Searching, explaining and writing cards; policy.
#include <algorithm>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "carnet/v1/customer_service.grpc.pb.h"
#include "carnet/v1/policy_service.grpc.pb.h"
#include "cli/call.h"
#include "cli/card.h"
#include "cli/commands.h"
#include "cli/filter.h"
#include "cli/identity_text.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/words.h"

namespace carnet::cli {
namespace {

using Customers = v1::CustomerService::Stub;
using Policies = v1::PolicyService::Stub;

// The card after a write, and what may be typing errors in it.
template <typename Response>
ExitCode PrintCard(const Session& session, const Response& response) {
  if (session.json()) {
    session.Print(ToJson(response.customer()) + "\n");
    return ExitCode::kDone;
  }
  session.Print(RenderCard(response.customer()));
  if constexpr (requires { response.warnings(); }) {
    for (const auto& warning : response.warnings()) {
      session.Say(absl::StrCat(warning.field(), ": ", warning.detail(),
                               warning.suggestion().empty() ? "" : "; did you mean ",
                               warning.suggestion(), warning.suggestion().empty() ? "" : "?"));
    }
  }
  return ExitCode::kDone;
}

v1::CustomerOrder OrderOf(const std::string& word) {
  if (word == "balance") return v1::CUSTOMER_ORDER_BALANCE;
  if (word == "bought") return v1::CUSTOMER_ORDER_TOTAL_BOUGHT;
  if (word == "last-purchase") return v1::CUSTOMER_ORDER_LAST_PURCHASE;
  return v1::CUSTOMER_ORDER_NAME;
}

std::string Joined(const v1::FieldValue& value, const std::string& field) {
  if (value.cleared()) return "(cleared)";
  std::string text;
  for (const std::string& each : FieldValues(value.value(), field)) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", each);
  }
  return text;
}

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const SearchCustomers& command) {
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::SearchCustomersRequest request;
  request.set_merchant(*merchant);
  request.set_query(command.query);
  request.set_order_by(OrderOf(command.order));
  request.set_descending(command.descending);
  auto filter = FilterOf(session, command.filter);
  if (!filter.ok()) return filter.status();
  *request.mutable_filter() = *std::move(filter);
  request.set_unit(command.filter.unit);
  std::vector<v1::Customer> customers;
  const absl::Status status = ForEachOnPages(
      session, &Customers::SearchCustomers, request, command.limit,
      [](const v1::SearchCustomersResponse& page) { return page.customers(); },
      [&](const v1::Customer& customer) {
        if (session.json()) {
          session.Print(ToJson(customer) + "\n");
        } else {
          customers.push_back(customer);
        }
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  if (session.json()) return ExitCode::kDone;
  session.Print(customers.empty() ? std::string("Nobody found.\n") : RenderCustomers(customers));
  if (!customers.empty()) session.Print(Count(customers.size(), "customer") + "\n");
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const RankCustomers& command) {
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::RankCustomersRequest request;
  request.set_merchant(*merchant);
  request.set_unit(command.unit);
  request.set_from_date(command.from);
  request.set_to_date(command.to);
  request.set_net(command.net);
  request.set_limit(
      static_cast<int32_t>(std::min<int64_t>(command.limit == 0 ? 1000 : command.limit, 1000)));
  const auto response = Call(session, &Customers::RankCustomers, request);
  if (!response.ok()) return response.status();
  Table table({{"NAME"},
               {"BOUGHT", Align::kRight},
               {"WITHOUT TAX", Align::kRight},
               {"SALES", Align::kRight},
               {"LAST"},
               {"ID"}});
  for (const auto& ranked : response->customers()) {
    if (session.json()) {
      session.Print(ToJson(ranked) + "\n");
      continue;
    }
    const auto& bought = ranked.bought();
    table.Add({ranked.display_name(), absl::StrCat(bought.gross(), " ", bought.unit()),
               absl::StrCat(bought.net(), " ", bought.unit()), absl::StrCat(ranked.sales()),
               bought.last_purchase(), IdOf(ranked.name())});
  }
  if (!session.json())
    session.Print(table.empty() ? "Nobody bought anything then.\n" : table.Render());
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const ExplainCustomer& command) {
  const auto name = session.CustomerName(command.customer);
  if (!name.ok()) return name.status();
  v1::ExplainCustomerRequest request;
  request.set_name(*name);
  request.set_field(command.field);
  const auto response = Call(session, &Customers::ExplainCustomer, request);
  if (!response.ok()) return response.status();
  struct Line {
    uint64_t change;
    std::vector<std::string> cells;
  };
  std::vector<Line> lines;
  for (const auto& field : response->fields()) {
    if (session.json()) {
      session.Print(ToJson(field) + "\n");
      continue;
    }
    for (const auto& value : field.values()) {
      const auto& origin = value.origin();
      lines.push_back({origin.change_number(),
                       {field.field(), Joined(value, field.field()), value.shown() ? "yes" : "",
                        value.reason(), absl::StrCat(origin.channel(), "/", origin.source()),
                        origin.actor(), TimeText(origin.occurred_at(), absl::LocalTimeZone()),
                        absl::StrCat(origin.change_number())}});
    }
  }
  const bool with_links = command.field.empty() && !command.history;
  if (session.json()) {
    if (!with_links) return ExitCode::kDone;
    if (absl::Status status = PrintLinks(session, *name); !status.ok()) return status;
    return ExitCode::kDone;
  }
  if (command.history) {
    std::stable_sort(lines.begin(), lines.end(),
                     [](const Line& a, const Line& b) { return a.change > b.change; });
  }
  Table table({{"FIELD"},
               {"VALUE"},
               {"SHOWN"},
               {"BECAUSE"},
               {"FROM"},
               {"BY"},
               {"SAID AT"},
               {"CHANGE", Align::kRight}});
  for (Line& line : lines) table.Add(std::move(line.cells));
  session.Print(table.empty() ? "Nothing was said of this customer.\n" : table.Render());
  if (with_links) {
    if (absl::Status status = PrintLinks(session, *name); !status.ok()) return status;
  }
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const WriteCustomer& command) {
  v1::Contact contact;
  const std::string json = command.contact == "-"
                               ? std::string(std::istreambuf_iterator<char>(std::cin), {})
                               : command.contact;
  if (absl::Status status = FromJson(json, &contact); !status.ok()) return status;
  if (command.customer.empty()) {
    const auto merchant = session.Merchant();
    if (!merchant.ok()) return merchant.status();
    v1::CreateCustomerRequest request;
    request.set_merchant(*merchant);
    request.mutable_contact()->Swap(&contact);
    request.set_external_id(command.external_id);
    request.mutable_writer()->set_source("cli");
    const auto response = Call(session, &Customers::CreateCustomer, request);
    if (!response.ok()) return response.status();
    return PrintCard(session, *response);
  }
  const auto name = session.CustomerName(command.customer);
  if (!name.ok()) return name.status();
  v1::UpdateCustomerRequest request;
  request.set_name(*name);
  request.mutable_contact()->Swap(&contact);
  for (const std::string& field : command.fields) request.mutable_update_mask()->add_paths(field);
  request.set_etag(command.etag);
  request.mutable_writer()->set_source("cli");
  const auto response = Call(session, &Customers::UpdateCustomer, request);
  if (!response.ok()) return response.status();
  return PrintCard(session, *response);
}

absl::StatusOr<ExitCode> Run(const Session& session, const RevertField& command) {
  const auto name = session.CustomerName(command.customer);
  if (!name.ok()) return name.status();
  v1::RevertFieldRequest request;
  request.set_name(*name);
  request.set_field(command.field);
  request.set_change_number(command.change);
  request.mutable_writer()->set_source("cli");
  const auto response = Call(session, &Customers::RevertField, request);
  if (!response.ok()) return response.status();
  return PrintCard(session, *response);
}

absl::StatusOr<ExitCode> Run(const Session& session, const DuplicateCustomer& command) {
  const auto name = session.CustomerName(command.customer);
  if (!name.ok()) return name.status();
  v1::DuplicateCustomerRequest request;
  request.set_name(*name);
  request.mutable_writer()->set_source("cli");
  const auto response = Call(session, &Customers::DuplicateCustomer, request);
  if (!response.ok()) return response.status();
  return PrintCard(session, *response);
}

absl::StatusOr<ExitCode> Run(const Session& session, const ArchiveCustomer& command) {
  const auto name = session.CustomerName(command.customer);
  if (!name.ok()) return name.status();
  v1::ArchiveCustomerRequest request;
  request.set_name(*name);
  request.set_restore(command.restore);
  if (command.keep_balance) request.set_balance(v1::BALANCE_ON_ARCHIVE_KEEP);
  request.mutable_writer()->set_source("cli");
  const auto response = Call(session, &Customers::ArchiveCustomer, request);
  if (!response.ok()) return response.status();
  return PrintCard(session, *response);
}

absl::StatusOr<ExitCode> Run(const Session& session, const RecordConsent& command) {
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::RecordConsentRequest request;
  request.set_merchant(*merchant);
  auto* consent = request.mutable_consent();
  if (!command.email.empty()) consent->mutable_email()->set_plain(command.email);
  if (!command.phone.empty()) consent->mutable_phone()->set_plain(command.phone);
  consent->set_purpose(command.purpose);
  consent->set_state(command.withdraw ? v1::CONSENT_STATE_WITHDRAWN : v1::CONSENT_STATE_GIVEN);
  consent->set_how(command.how);
  consent->set_place(command.place);
  request.mutable_writer()->set_source("cli");
  const auto response = Call(session, &Customers::RecordConsent, request);
  if (!response.ok()) return response.status();
  if (session.json()) session.Print(ToJson(*response) + "\n");
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const ShowPolicy&) {
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::GetPolicyRequest request;
  request.set_merchant(*merchant);
  const auto response = Call(session, &Policies::GetPolicy, request);
  if (!response.ok()) return response.status();
  session.Print(session.json() ? ToJson(*response) + "\n"
                               : absl::StrCat(response->policy().DebugString(),
                                              "etag: ", response->etag(), "\n"));
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const SetPolicy& command) {
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::UpdatePolicyRequest request;
  request.set_merchant(*merchant);
  if (absl::Status status = FromJson(command.policy, request.mutable_policy()); !status.ok())
    return status;
  for (const std::string& field : command.fields) request.mutable_update_mask()->add_paths(field);
  request.set_etag(command.etag);
  const auto response = Call(session, &Policies::UpdatePolicy, request);
  if (!response.ok()) return response.status();
  session.Print(session.json() ? ToJson(*response) + "\n"
                               : absl::StrCat(response->policy().DebugString(),
                                              "etag: ", response->etag(), "\n"));
  return ExitCode::kDone;
}

}  // namespace carnet::cli
