#include "query/as_of.h"

#include <string>

#include "absl/strings/str_cat.h"

#include "base/civil_date.h"
#include "base/error.h"
#include "base/fatal.h"
#include "domain/customers/links.h"
#include "domain/customers/membership.h"
#include "domain/keys.h"
#include "query/members.h"
#include "query/reasons.h"

namespace carnet::query {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::Postings;
using carnet::log::v1::UnitAccount;
using domain::Family;
using domain::Side;

absl::Status ParseDate(std::string_view text, std::string_view field, int32_t* day) {
  if (text.empty()) return absl::OkStatus();
  const auto parsed = ParseCivilDay(text);
  if (!parsed) {
    return Error(absl::StatusCode::kInvalidArgument, reason::kDateMalformed,
                 std::string(field) + " must be a day of the calendar, written YYYY-MM-DD", field);
  }
  *day = *parsed;
  return absl::OkStatus();
}

// False: what comes later was recorded later still.
bool VisitPostings(const Postings& postings, int32_t recorded, const PostingVisitor& visit) {
  uint64_t number = 0;
  for (int i = 0; i < postings.amounts_size(); ++i) {
    number += postings.number_deltas(i);
    if (postings.recorded_days(i) > recorded) return false;
    visit({.voucher = number,
           .effective_day = postings.effective_days(i),
           .recorded_day = postings.recorded_days(i),
           .amount = postings.amounts(i)});
  }
  return true;
}

}  // namespace

absl::StatusOr<Window> ParseWindow(std::string_view from, std::string_view from_field,
                                   std::string_view to, std::string_view to_field,
                                   std::string_view recorded) {
  Window window;
  for (const absl::Status& status :
       {ParseDate(from, from_field, &window.from), ParseDate(to, to_field, &window.to),
        ParseDate(recorded, "recorded_date", &window.recorded)}) {
    if (!status.ok()) return status;
  }
  return window;
}

absl::StatusOr<Members> MembersOfCustomer(const domain::Reader& reader, std::string_view merchant,
                                          const Uuid& id, bool own_record_only, int32_t recorded,
                                          std::string_view field) {
  const auto customer = CustomerOf(reader, merchant, id, field);
  if (!customer.ok()) return customer.status();
  Members members{.customer = *customer, .records = {id}};
  if (recorded == Window().recorded) {
    if (!own_record_only) members.records = domain::MembersOf(reader, merchant, *customer);
    return members;
  }
  std::vector<Uuid> then = domain::MembersAt(reader, merchant, id, recorded);
  members.customer = then.front();
  if (!own_record_only) members.records = std::move(then);
  return members;
}

void ForEachPosting(const domain::Reader& reader, std::string_view merchant, const Uuid& record,
                    Side side, const UnitAccount& account, int32_t recorded,
                    const PostingVisitor& visit) {
  bool more = true;
  if (account.chunks() > 0) {
    Postings chunk;
    reader.Scan(Family::kPostings, domain::PostingsPrefix(merchant, record, side, account.unit()),
                [&](std::string_view, std::string_view bytes) {
                  CARNET_ASSERT(chunk.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
                  more = VisitPostings(chunk, recorded, visit);
                  return more;
                });
  }
  if (more) VisitPostings(account.tail(), recorded, visit);
}

absl::StatusOr<UnitBalances> SumBalancesWithin(const domain::Reader& reader,
                                               std::string_view merchant,
                                               absl::Span<const Uuid> records,
                                               const Window& window) {
  UnitBalances sums;
  bool fits = true;
  for (const Uuid& record : records) {
    AccountRow row;
    if (!GetRow(reader, Family::kAccounts, domain::RecordKey(merchant, record), &row)) continue;
    for (const Side side : {Side::kReceivable, Side::kPayable}) {
      for (const UnitAccount& account : domain::UnitsOf(row, side)) {
        __int128 sum = 0;
        ForEachPosting(reader, merchant, record, side, account, window.recorded,
                       [&](const domain::Posting& posting) {
                         if (window.Contains(posting.effective_day)) sum += posting.amount;
                       });
        const auto minor = static_cast<int64_t>(sum);
        fits = fits && minor == sum;
        UnitBalance& total = BalanceIn(account.unit(), &sums);
        fits = fits && AddTo(minor, side == Side::kPayable ? &total.payable : &total.minor);
        total.has_payable |= side == Side::kPayable;
      }
    }
  }
  if (!fits) return SumOverflows();
  return sums;
}

}  // namespace carnet::query
