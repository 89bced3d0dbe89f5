#include "query/own_sums.h"

#include "base/bytes.h"
#include "base/civil_date.h"
#include "base/fatal.h"
#include "domain/keys.h"
#include "domain/ledger/own_account.h"

namespace carnet::query {
namespace {

using carnet::log::v1::DaySums;
using domain::Family;

// Up to and including `last`, by the number at the end of the keys.
void VisitRows(const domain::Reader& reader, const std::string& prefix, uint32_t last,
               const DayVisitor& visit) {
  DaySums sums;
  reader.Scan(Family::kOwnDays, prefix, [&](std::string_view key, std::string_view bytes) {
    if (ReadBigEndian32(key.substr(key.size() - sizeof last)) > last) return false;
    CARNET_ASSERT(sums.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    for (int i = 0; i < sums.effective_days_size(); ++i) {
      visit(sums.effective_days(i), sums.debits(i), sums.credits(i));
    }
    return true;
  });
}

}  // namespace

void ForEachOwnAccount(const domain::Reader& reader, std::string_view merchant,
                       const std::function<void(const OwnAccount& account)>& visit) {
  const std::string prefix = domain::MerchantPrefix(merchant);
  OwnAccount account;
  reader.Scan(Family::kOwnAccounts, prefix, [&](std::string_view key, std::string_view bytes) {
    const std::string_view rest = key.substr(prefix.size());
    account.key = key;
    account.account = static_cast<carnet::log::v1::LedgerAccount>(rest.front());
    const size_t end = rest.find('\0', 1);
    account.unit = rest.substr(1, end - 1);
    account.source = rest.substr(end + 1);
    CARNET_ASSERT(account.row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    visit(account);
    return true;
  });
}

void ForEachDay(const domain::Reader& reader, const OwnAccount& account, int32_t recorded,
                const DayVisitor& visit) {
  const auto& row = account.row;
  if (recorded < row.open_day()) {
    // Whole months from their rows, the last one day by day.
    if (recorded < kFirstCivilDay) return;
    const int32_t month = CivilMonthOf(recorded);
    VisitRows(reader, domain::OwnMonthsPrefix(account.key), static_cast<uint32_t>(month) - 1,
              visit);
    VisitRows(reader, domain::OwnDaysPrefix(account.key, month),
              static_cast<uint32_t>(recorded - kFirstCivilDay), visit);
    return;
  }
  VisitRows(reader, domain::OwnMonthsPrefix(account.key), UINT32_MAX, visit);
  if (row.open_debits() != 0 || row.open_credits() != 0) {
    visit(row.open_day(), row.open_debits(), row.open_credits());
  }
  const DaySums& others = row.open_others();
  for (int i = 0; i < others.effective_days_size(); ++i) {
    visit(others.effective_days(i), others.debits(i), others.credits(i));
  }
}

OwnSum SumWithin(const domain::Reader& reader, const OwnAccount& account, const Window& window) {
  if (window.is_now()) return {account.row.debits(), account.row.credits()};
  OwnSum sum;
  ForEachDay(reader, account, window.recorded,
             [&](int32_t effective_day, int64_t debits, int64_t credits) {
               if (!window.Contains(effective_day)) return;
               // Parts of what the row has: they fit.
               sum.debits += debits;
               sum.credits += credits;
             });
  return sum;
}

}  // namespace carnet::query
