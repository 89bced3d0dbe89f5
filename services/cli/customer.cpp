#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "carnet/v1/customer_service.grpc.pb.h"
#include "cli/call.h"
#include "cli/card.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/words.h"

namespace carnet::cli {
namespace {

using Stub = v1::CustomerService::Stub;

// Customers as they come: JSON at once, a table when all are there.
class CustomerPrinter {
 public:
  explicit CustomerPrinter(const Session& session) : session_(session) {}

  void Add(const v1::Customer& customer) {
    if (session_.json()) {
      session_.Print(ToJson(customer) + "\n");
    } else {
      customers_.push_back(customer);
    }
  }

  void Finish(std::string_view none) const {
    if (session_.json()) return;
    if (customers_.empty()) {
      session_.Print(absl::StrCat(std::string(none), "\n"));
    } else {
      session_.Print(RenderCustomers(customers_));
      session_.Print(Count(customers_.size(), "customer") + "\n");
    }
  }

 private:
  const Session& session_;
  std::vector<v1::Customer> customers_;
};

absl::StatusOr<v1::ExternalId> ParseExternalId(const std::string& text) {
  // An id may hold slashes itself.
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('/', 2));
  if (parts.size() != 3) {
    return absl::InvalidArgumentError("an external id is written CHANNEL/SOURCE/ID");
  }
  v1::ExternalId id;
  id.set_channel(parts[0]);
  id.set_source(parts[1]);
  id.set_id(parts[2]);
  return id;
}

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const ShowCustomer& command) {
  const auto name = session.CustomerName(command.customer);
  if (!name.ok()) return name.status();
  v1::GetCustomerRequest request;
  request.set_name(*name);
  request.set_view(v1::CUSTOMER_VIEW_FULL);
  const auto response = Call(session, &Stub::GetCustomer, request);
  if (!response.ok()) return response.status();
  session.Print(session.json() ? ToJson(response->customer()) + "\n"
                               : RenderCard(response->customer()));
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const ListCustomers& command) {
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::ListCustomersRequest request;
  request.set_merchant(*merchant);
  CustomerPrinter printer(session);
  const absl::Status status = ForEachOnPages(
      session, &Stub::ListCustomers, request, command.limit,
      [](const v1::ListCustomersResponse& page) { return page.customers(); },
      [&](const v1::Customer& customer) {
        printer.Add(customer);
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  printer.Finish(absl::StrCat("No customers of ", *merchant, "."));
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const LookupCustomers& command) {
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::LookupCustomersRequest request;
  request.set_merchant(*merchant);
  request.set_country(command.country);
  if (!command.phone.empty()) request.set_phone(command.phone);
  if (!command.email.empty()) request.set_email(command.email);
  if (!command.external_id.empty()) {
    auto id = ParseExternalId(command.external_id);
    if (!id.ok()) return id.status();
    *request.mutable_external_id() = *std::move(id);
  }
  const auto response = Call(session, &Stub::LookupCustomers, request);
  if (!response.ok()) return response.status();
  CustomerPrinter printer(session);
  for (const v1::Customer& customer : response->customers()) printer.Add(customer);
  printer.Finish("Nobody found.");
  return ExitCode::kDone;
}

}  // namespace carnet::cli
