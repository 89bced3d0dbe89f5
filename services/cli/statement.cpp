#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include <grpcpp/client_context.h>

#include "base/money.h"
#include "carnet/v1/ledger_service.grpc.pb.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/csv.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/vouchers.h"
#include "cli/words.h"
#include "runtime/grpc_status.h"

namespace carnet::cli {
namespace {

std::string Remarks(const v1::StatementLine& line) {
  std::string remarks;
  if (!line.reverses().empty()) absl::StrAppend(&remarks, "reverses ", line.reverses());
  if (line.reversed()) absl::StrAppend(&remarks, remarks.empty() ? "" : ", ", "reversed since");
  return remarks;
}

// How a statement is written; lines come in pieces.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual void Begin(const v1::GetStatementResponse& first) = 0;
  virtual void Line(const v1::StatementLine& line) = 0;
  virtual void End(const v1::Amount& closing) = 0;
};

class JsonWriter final : public Writer {
 public:
  explicit JsonWriter(const Session& session) : session_(session) {}
  void Begin(const v1::GetStatementResponse& first) override {
    v1::GetStatementResponse head;
    head.set_customer(first.customer());
    head.set_unit(first.unit());
    *head.mutable_opening() = first.opening();
    session_.Print(ToJson(head) + "\n");
  }
  void Line(const v1::StatementLine& line) override { session_.Print(ToJson(line) + "\n"); }
  void End(const v1::Amount& closing) override {
    v1::GetStatementResponse tail;
    *tail.mutable_closing() = closing;
    session_.Print(ToJson(tail) + "\n");
  }

 private:
  const Session& session_;
};

class CsvWriter final : public Writer {
 public:
  explicit CsvWriter(const Session& session) : session_(session) {}
  void Begin(const v1::GetStatementResponse& first) override {
    unit_ = first.unit();
    session_.Print(CsvLine({"date", "recorded", "code", "kind", "amount", "balance", "unit", "due",
                            "channel", "source", "category", "remarks"}));
    Row("opening", first.opening());
  }
  void Line(const v1::StatementLine& line) override {
    session_.Print(
        CsvLine({line.effective_date(), line.recorded_date(), CsvText(line.code()),
                 EnumWord(line.kind()), line.amount(), line.balance(), unit_, line.due_date(),
                 line.channel(), line.source(), CsvText(line.category()), CsvText(Remarks(line))}));
  }
  void End(const v1::Amount& closing) override { Row("closing", closing); }

 private:
  void Row(const char* what, const v1::Amount& balance) {
    session_.Print(CsvLine({"", "", "", what, "", balance.decimal(), unit_, "", "", "", "", ""}));
  }

  const Session& session_;
  std::string unit_;
};

class TableWriter final : public Writer {
 public:
  explicit TableWriter(const Session& session) : session_(session) {}
  void Begin(const v1::GetStatementResponse& first) override {
    unit_ = first.unit();
    table_.Add({"", "", "", "opening", "", AmountText(first.opening()), "", "", ""});
  }
  void Line(const v1::StatementLine& line) override {
    // The column is there only where a line was recorded on another day than the one it counts for.
    table_.Add({line.effective_date(),
                line.recorded_date() == line.effective_date() ? "" : line.recorded_date(),
                line.code(), EnumWord(line.kind()), line.amount(),
                absl::StrCat(line.balance(), " ", unit_),
                line.due_date() == line.effective_date() ? "" : line.due_date(),
                absl::StrCat(line.channel(), "/", line.source()), Remarks(line)});
  }
  void End(const v1::Amount& closing) override {
    table_.Add({"", "", "", "closing", "", AmountText(closing), "", "", ""});
    session_.Print(table_.Render());
  }

 private:
  const Session& session_;
  std::string unit_;
  Table table_{{{"DATE"},
                {"RECORDED"},
                {"CODE"},
                {"KIND"},
                {"AMOUNT", Align::kRight},
                {"BALANCE", Align::kRight},
                {"DUE"},
                {"FROM"},
                {"REMARKS"}}};
};

std::unique_ptr<Writer> MakeWriter(const Session& session, bool csv) {
  if (csv) return std::make_unique<CsvWriter>(session);
  if (session.json()) return std::make_unique<JsonWriter>(session);
  return std::make_unique<TableWriter>(session);
}

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const ShowStatement& command) {
  const auto name = session.CustomerName(command.customer);
  if (!name.ok()) return name.status();
  v1::GetStatementRequest request;
  request.set_customer(*name);
  request.set_unit(command.unit);
  if (command.payable) request.set_account(v1::CUSTOMER_ACCOUNT_PAYABLE);
  request.set_effective_from(command.from);
  request.set_effective_to(command.to);
  request.set_recorded_date(command.known);
  request.set_own_record_only(command.own_record_only);
  SetMinPosition(session, &request);
  grpc::ClientContext context;
  session.AddCredentials(&context);
  context.set_deadline(absl::ToChronoTime(absl::Now() + session.options().timeout));
  v1::LedgerService::Stub stub(session.channel());
  const auto stream = stub.GetStatement(&context, request);
  const auto writer = MakeWriter(session, command.csv);
  v1::GetStatementResponse piece;
  while (stream->Read(&piece)) {
    if (piece.has_opening()) writer->Begin(piece);
    for (const v1::StatementLine& line : piece.lines()) writer->Line(line);
    if (piece.has_closing()) writer->End(piece.closing());
  }
  const absl::Status status = runtime::FromGrpcStatus(stream->Finish());
  if (!status.ok()) return status;
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const ExplainFigure& command) {
  const bool of_merchant = command.customer.empty();
  const auto parent = of_merchant ? session.Merchant() : session.CustomerName(command.customer);
  if (!parent.ok()) return parent.status();
  v1::ExplainFigureRequest request;
  request.set_parent(of_merchant ? absl::StrCat("merchants/", *parent) : *parent);
  request.set_account(command.account);
  request.set_unit(command.unit);
  request.set_effective_from(command.from);
  request.set_effective_to(command.to);
  request.set_recorded_date(command.known);
  request.set_source(command.source);
  request.set_own_record_only(command.own_record_only);

  Table table({{"AMOUNT", Align::kRight},
               {"DATE"},
               {"RECORDED"},
               {"KIND"},
               {"CODE"},
               {"FROM"},
               {"BY"},
               {"CHANGE", Align::kRight},
               {"CHANGE ID"},
               {"REMARKS"}});
  v1::Amount figure;
  uint64_t count = 0;
  std::optional<int64_t> sum = 0;
  const absl::Status status = ForEachOnPages(
      session, &v1::LedgerService::Stub::ExplainFigure, request, command.limit,
      [&](const v1::ExplainFigureResponse& page) {
        figure = page.figure();
        return page.vouchers();
      },
      [&](const v1::ExplainedVoucher& explained) {
        if (session.json()) {
          session.Print(ToJson(explained) + "\n");
          return absl::OkStatus();
        }
        const v1::Voucher& voucher = explained.voucher();
        ++count;
        if (sum) sum = CheckedAdd(*sum, explained.amount().minor());
        table.Add({AmountText(explained.amount()), voucher.effective_date(),
                   voucher.recorded_date(), EnumWord(voucher.kind()), voucher.code(),
                   absl::StrCat(voucher.channel(), "/", voucher.source()), voucher.actor(),
                   absl::StrCat(voucher.change_number()), voucher.change_id(),
                   RemarksText(voucher)});
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  if (session.json()) return ExitCode::kDone;
  if (count > 0) session.Print(table.Render());
  // With a limit the vouchers that are shown may be a part of it.
  const std::string shown = Count(count, "voucher");
  session.Print(sum == figure.minor()
                    ? absl::StrCat(shown, ": ", AmountText(figure), "\n")
                    : absl::StrCat(shown, " of those that make ", AmountText(figure), "\n"));
  return ExitCode::kDone;
}

}  // namespace carnet::cli
