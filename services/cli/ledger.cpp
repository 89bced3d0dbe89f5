#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "carnet/v1/customer_service.grpc.pb.h"
#include "carnet/v1/ledger_service.grpc.pb.h"
#include "cli/call.h"
#include "cli/card.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/vouchers.h"
#include "cli/words.h"

namespace carnet::cli {
namespace {

// What to call whom a voucher was addressed to; asked for once for each.
class Names {
 public:
  Names(const Session& session, std::string merchant)
      : session_(session), merchant_(std::move(merchant)) {}

  std::string Of(const v1::Voucher& voucher) {
    if (voucher.record().empty()) return "(walk-in)";
    const auto [place, is_new] = names_.try_emplace(voucher.record());
    if (is_new) {
      v1::GetCustomerRequest request;
      request.set_name(absl::StrCat("merchants/", merchant_, "/", voucher.record()));
      const auto response =
          Call(session_, &v1::CustomerService::Stub::GetCustomer, std::move(request));
      // A name is a courtesy: without it the id will do.
      place->second = response.ok() && !response->customer().display_name().empty()
                          ? response->customer().display_name()
                          : voucher.record();
    }
    return place->second;
  }

 private:
  const Session& session_;
  const std::string merchant_;
  std::map<std::string, std::string> names_;
};

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const ShowBalance& command) {
  const auto name = session.CustomerName(command.customer);
  if (!name.ok()) return name.status();
  v1::GetBalanceRequest request;
  request.set_customer(*name);
  request.set_unit(command.unit);
  request.set_own_record_only(command.own_record_only);
  request.set_effective_date(command.as_of);
  request.set_recorded_date(command.known);
  const auto response = Call(session, &v1::LedgerService::Stub::GetBalance, request);
  if (!response.ok()) return response.status();
  if (session.json()) {
    session.Print(ToJson(*response) + "\n");
  } else if (response->balances().empty()) {
    session.Print("No voucher yet: owes nothing.\n");
  } else {
    Table table({{"OWES US", Align::kRight},
                 {"PAYABLE", Align::kRight},
                 {"NET", Align::kRight},
                 {"BOUGHT", Align::kRight},
                 {"WITHOUT TAX", Align::kRight}});
    for (const v1::Balance& balance : response->balances()) {
      const auto with_unit = [&](const std::string& amount) {
        return amount.empty() ? "" : absl::StrCat(amount, " ", balance.unit());
      };
      std::string gross;
      std::string net;
      for (const v1::Bought& bought : response->bought()) {
        if (bought.unit() != balance.unit()) continue;
        gross = with_unit(bought.gross());
        if (bought.net_minor() != bought.gross_minor()) net = with_unit(bought.net());
      }
      table.Add({AmountText(balance), with_unit(balance.payable()), with_unit(balance.net()), gross,
                 net});
    }
    session.Print(table.Render());
  }
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const ShowVoucher& command) {
  v1::GetVoucherRequest request;
  if (absl::StartsWith(command.code, "merchants/")) {
    request.set_name(command.code);
  } else {
    const auto merchant = session.Merchant();
    if (!merchant.ok()) return merchant.status();
    request.set_name(absl::StrCat("merchants/", *merchant));
    request.set_code(command.code);
    request.set_source(command.source);
  }
  const auto response = Call(session, &v1::LedgerService::Stub::GetVoucher, request);
  if (!response.ok()) return response.status();
  session.Print(session.json() ? ToJson(response->voucher()) + "\n"
                               : RenderVoucher(response->voucher()));
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const ListVouchers& command) {
  const bool of_all = command.customer.empty();
  const auto parent = of_all ? session.Merchant() : session.CustomerName(command.customer);
  if (!parent.ok()) return parent.status();
  v1::ListVouchersRequest request;
  request.set_parent(of_all ? absl::StrCat("merchants/", *parent) : *parent);
  for (const std::string& word : command.kinds) {
    const auto kind = KindOfWord(word);
    if (!kind.ok()) return kind.status();
    request.add_kinds(*kind);
  }
  if (!command.status.empty()) {
    request.set_status(command.status == "posted" ? v1::VOUCHER_STATUS_POSTED
                                                  : v1::VOUCHER_STATUS_REVERSED);
  }
  request.set_effective_from(command.from);
  request.set_effective_to(command.to);
  request.set_code(command.code);
  request.set_source(command.source);
  std::vector<v1::Voucher> vouchers;
  const absl::Status status = ForEachOnPages(
      session, &v1::LedgerService::Stub::ListVouchers, request, command.limit,
      [](const v1::ListVouchersResponse& page) { return page.vouchers(); },
      [&](const v1::Voucher& voucher) {
        if (session.json()) {
          session.Print(ToJson(voucher) + "\n");
        } else {
          vouchers.push_back(voucher);
        }
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  if (session.json()) return ExitCode::kDone;
  if (vouchers.empty()) {
    session.Print("No vouchers.\n");
    return ExitCode::kDone;
  }
  if (of_all) {
    Names names(session, *parent);
    session.Print(RenderVouchers(vouchers, [&](const auto& voucher) { return names.Of(voucher); }));
  } else {
    session.Print(RenderVouchers(vouchers, nullptr));
  }
  session.Print(Count(vouchers.size(), "voucher") + "\n");
  return ExitCode::kDone;
}

}  // namespace carnet::cli
