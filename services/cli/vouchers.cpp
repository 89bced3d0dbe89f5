#include "cli/vouchers.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include <google/protobuf/timestamp.pb.h>

#include "cli/table.h"
#include "cli/words.h"

namespace carnet::cli {

std::string TendersText(const v1::Voucher& voucher) {
  const auto name = [](const v1::Tender& tender) {
    const std::string method = EnumWord(tender.method());
    return tender.label().empty() ? method : absl::StrCat(method, " (", tender.label(), ")");
  };
  if (voucher.tenders_size() == 1) return name(voucher.tenders(0));
  return absl::StrJoin(voucher.tenders(), " + ", [&](std::string* out, const v1::Tender& tender) {
    // The unit stands in the total's column; only the decimals are needed.
    std::string amount = AmountText(tender.amount(), voucher.total().unit());
    absl::StrAppend(out, name(tender), " ", amount.substr(0, amount.find(' ')));
  });
}

std::string RemarksText(const v1::Voucher& voucher) {
  std::vector<std::string> remarks;
  if (!voucher.assigns().empty()) remarks.push_back("assigns " + voucher.assigns());
  if (!voucher.assigned_by().empty()) remarks.push_back("assigned by " + voucher.assigned_by());
  if (!voucher.reverses().empty()) remarks.push_back("reverses " + voucher.reverses());
  if (!voucher.reversed_by().empty()) remarks.push_back("reversed by " + voucher.reversed_by());
  if (!voucher.due_date().empty() && voucher.due_date() != voucher.effective_date()) {
    remarks.push_back("due " + voucher.due_date());
  }
  for (const std::string& flag : voucher.flags()) remarks.push_back(flag);
  if (!voucher.note().empty()) remarks.push_back("\"" + voucher.note() + "\"");
  return absl::StrJoin(remarks, ", ");
}

absl::StatusOr<v1::VoucherKind> KindOfWord(const std::string& word) {
  std::string known;
  for (int number = v1::VoucherKind_MIN + 1; number <= v1::VoucherKind_MAX; ++number) {
    const auto kind = static_cast<v1::VoucherKind>(number);
    const std::string name = absl::StrReplaceAll(EnumWord(kind), {{" ", "-"}});
    if (name == word) return kind;
    absl::StrAppend(&known, known.empty() ? "" : ", ", name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("there is no kind of voucher \"", word, "\"; kinds are ", known));
}

std::string RenderVoucher(const v1::Voucher& voucher) {
  Table facts({{""}, {""}});
  const auto add = [&](const char* title, const std::string& value) {
    if (!value.empty()) facts.Add({title, value});
  };
  add("kind", EnumWord(voucher.kind()));
  add("code", voucher.code());
  add("customer", voucher.record().empty() ? "(walk-in)" : voucher.record());
  add("total", AmountText(voucher.total()));
  add("paid by", TendersText(voucher));
  add("on account", AmountText(voucher.receivable()));
  if (!voucher.record().empty()) {
    add("owed after", AmountText(voucher.balance_after()));
    if (voucher.effective_balance_after().minor() != voucher.balance_after().minor())
      add("by date of effect", AmountText(voucher.effective_balance_after()));
  }
  add("payable", AmountText(voucher.payable()));
  add("payable after", AmountText(voucher.payable_balance_after()));
  add("exchanged for", AmountText(voucher.exchanged()));
  google::protobuf::Timestamp happened;
  happened.set_seconds(absl::ToUnixSeconds(absl::FromUnixMicros(voucher.occurred_at_micros())));
  add("happened", TimeText(happened));
  add("counts for", voucher.effective_date());
  add("recorded", voucher.recorded_date());
  add("category", voucher.category());
  add("remarks", RemarksText(voucher));
  add("from", absl::StrCat(voucher.channel(), "/", voucher.source()));
  add("by", voucher.actor());
  add("change", absl::StrCat(voucher.change_id(), ", number ", voucher.change_number()));
  Table legs({{"ACCOUNT"}, {"DEBIT", Align::kRight}, {"CREDIT", Align::kRight}});
  for (const v1::Leg& leg : voucher.legs()) {
    const std::string amount = AmountText(leg.amount());
    const bool credit = leg.amount().minor() < 0;
    legs.Add({leg.account(), credit ? "" : amount, credit ? amount.substr(1) : ""});
  }
  const std::string shown = facts.Render();  // without its line of titles, which are empty
  return absl::StrCat(shown.substr(shown.find('\n') + 1), "\n", legs.Render());
}

std::string RenderVouchers(const std::vector<v1::Voucher>& vouchers,
                           const std::function<std::string(const v1::Voucher&)>& name_of) {
  Table table({{"DATE"},
               {"CODE"},
               {"KIND"},
               {"CUSTOMER"},
               {"TOTAL", Align::kRight},
               {"ON ACCOUNT", Align::kRight},
               {"OWED AFTER", Align::kRight},
               {"PAID BY"},
               {"FROM"},
               {"REMARKS"}});
  for (const v1::Voucher& voucher : vouchers) {
    const bool has_account = !voucher.record().empty();
    // Of the account it is about: the receivable, but for what has to do with a supplier.
    const bool payable = voucher.has_payable() && voucher.receivable().minor() == 0;
    const v1::Amount& amount = payable ? voucher.payable() : voucher.receivable();
    const v1::Amount& after = payable ? voucher.payable_balance_after() : voucher.balance_after();
    table.Add({voucher.effective_date(), voucher.code(), EnumWord(voucher.kind()),
               name_of ? name_of(voucher) : "", AmountText(voucher.total()),
               amount.minor() == 0 ? "" : AmountText(amount), has_account ? AmountText(after) : "",
               TendersText(voucher), absl::StrCat(voucher.channel(), "/", voucher.source()),
               RemarksText(voucher)});
  }
  return table.Render();
}

}  // namespace carnet::cli
