#include "cli/vouchers.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "cli/table.h"
#include "cli/words.h"

namespace carnet::cli {

std::string TendersText(const v1::Voucher& voucher) {
  if (voucher.tenders_size() == 1) return EnumWord(voucher.tenders(0).method());
  return absl::StrJoin(voucher.tenders(), " + ", [&](std::string* out, const v1::Tender& tender) {
    // The unit stands in the total's column; only the decimals are needed.
    std::string amount = AmountText(tender.amount(), voucher.total().unit());
    absl::StrAppend(out, EnumWord(tender.method()), " ", amount.substr(0, amount.find(' ')));
  });
}

std::string RemarksText(const v1::Voucher& voucher) {
  std::vector<std::string> remarks;
  if (!voucher.reverses().empty()) remarks.push_back("reverses " + voucher.reverses());
  if (!voucher.reversed_by().empty()) remarks.push_back("reversed by " + voucher.reversed_by());
  if (!voucher.due_date().empty() && voucher.due_date() != voucher.effective_date()) {
    remarks.push_back("due " + voucher.due_date());
  }
  for (const std::string& flag : voucher.flags()) remarks.push_back(flag);
  if (!voucher.note().empty()) remarks.push_back("\"" + voucher.note() + "\"");
  return absl::StrJoin(remarks, ", ");
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
    table.Add({voucher.effective_date(), voucher.code(), EnumWord(voucher.kind()),
               name_of ? name_of(voucher) : "", AmountText(voucher.total()),
               voucher.receivable().minor() == 0 ? "" : AmountText(voucher.receivable()),
               has_account ? AmountText(voucher.balance_after()) : "", TendersText(voucher),
               absl::StrCat(voucher.channel(), "/", voucher.source()), RemarksText(voucher)});
  }
  return table.Render();
}

}  // namespace carnet::cli
