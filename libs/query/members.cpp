#include "query/members.h"

#include "base/civil_date.h"
#include "base/error.h"
#include "base/money.h"
#include "domain/keys.h"
#include "query/reasons.h"

namespace carnet::query {
namespace {

using domain::Family;

Uuid IdOr(std::string_view bytes, const Uuid& otherwise) {
  return bytes.empty() ? otherwise : Uuid::FromBytes(bytes).value_or(otherwise);
}

// A read needs a few rows one after the other: one buffer a thread serves them all.
std::string* RowBuffer() {
  thread_local std::string buffer;
  return &buffer;
}

}  // namespace

absl::StatusOr<Uuid> CustomerOf(const domain::Reader& reader, std::string_view merchant,
                                const Uuid& id, std::string_view field) {
  std::string* row = RowBuffer();
  const std::string key = domain::RecordKey(merchant, id);
  // The account's row is the smaller one and nearly always there; it knows the customer too.
  if (reader.Get(Family::kAccounts, key, row)) return IdOr(CustomerIdOfAccountRow(*row), id);
  if (reader.Get(Family::kRecords, key, row)) return IdOr(CustomerIdOfRecordRow(*row), id);
  return Error(absl::StatusCode::kNotFound, reason::kCustomerUnknown,
               "there is no customer " + id.ToString() +
                   " (yet): if you have just published it, pass its token as min_position",
               field);
}

absl::StatusOr<UnitBalances> SumBalances(const domain::Reader& reader, std::string_view merchant,
                                         absl::Span<const Uuid> records) {
  UnitBalances sums;
  std::string* row = RowBuffer();
  for (const Uuid& record : records) {
    if (!reader.Get(Family::kAccounts, domain::RecordKey(merchant, record), row)) continue;
    if (!AddBalancesOfAccountRow(*row, &sums)) {
      return SumOverflows();
    }
  }
  return sums;
}

std::string FormatAmount(std::string_view unit, int64_t minor) {
  return FormatDecimal(minor, CurrencyExponent(unit).value_or(0));  // COINS have no decimals
}

void SetBalance(const UnitBalance& sum, carnet::v1::Balance* balance) {
  balance->set_unit(sum.unit);
  balance->set_receivable_minor(sum.minor);
  balance->set_receivable(FormatAmount(sum.unit, sum.minor));
  if (!sum.has_payable) return;
  balance->set_payable_minor(sum.payable);
  balance->set_payable(FormatAmount(sum.unit, sum.payable));
  int64_t net = sum.minor;
  if (!AddTo(sum.payable, &net)) return;  // both sides can be read; their sum can't be written
  balance->set_net_minor(net);
  balance->set_net(FormatAmount(sum.unit, net));
}

absl::Status SumOverflows() {
  return Error(absl::StatusCode::kOutOfRange, reason::kOverflow,
               "the sum over all source records is beyond 64 bits: ask for one record's own "
               "balance");
}

void FillBought(const UnitBalance& sum, carnet::v1::Bought* bought) {
  const int64_t gross = CheckedAdd(sum.bought_net, sum.bought_tax).value_or(sum.bought_net);
  bought->set_unit(sum.unit);
  bought->set_gross_minor(gross);
  bought->set_net_minor(sum.bought_net);
  bought->set_gross(FormatAmount(sum.unit, gross));
  bought->set_net(FormatAmount(sum.unit, sum.bought_net));
  if (sum.has_sale) bought->set_last_purchase(FormatCivilDay(sum.last_sale_day));
}

void SetBought(const UnitBalance& sum, carnet::v1::Customer* card) {
  if (sum.has_sale || sum.bought_net != 0 || sum.bought_tax != 0)
    FillBought(sum, card->add_bought());
}

}  // namespace carnet::query
