#include "cli/filter.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "base/money.h"
#include "cli/card.h"

namespace carnet::cli {
namespace {

absl::StatusOr<int64_t> MinorUnits(const std::string& amount, const std::string& unit) {
  const auto exponent = CurrencyExponent(unit);
  if (!exponent) {
    return absl::InvalidArgumentError(
        "--min-balance and --max-balance need --unit with an ISO "
        "4217 currency, such as EUR");
  }
  const DecimalResult parsed = ParseDecimal(amount, *exponent);
  if (parsed.error) {
    return absl::InvalidArgumentError(
        absl::StrCat(amount, " is no amount of ", unit, ": write it like 12.50"));
  }
  return parsed.minor;
}

}  // namespace

absl::StatusOr<v1::CustomerFilter> FilterOf(const Session& session, const FilterWords& words) {
  v1::CustomerFilter filter;
  if (words.type == "consumer") filter.set_type(v1::PARTY_TYPE_CONSUMER);
  if (words.type == "company") filter.set_type(v1::PARTY_TYPE_COMPANY);
  if (words.role == "none") filter.set_role(v1::CUSTOMER_ROLE_NONE);
  if (words.role == "collaborator") filter.set_role(v1::CUSTOMER_ROLE_COLLABORATOR);
  if (words.role == "agent") filter.set_role(v1::CUSTOMER_ROLE_AGENT);
  filter.set_channel(words.channel);
  filter.set_tag(words.tag);
  if (!words.min_balance.empty()) {
    const auto minor = MinorUnits(words.min_balance, words.unit);
    if (!minor.ok()) return minor.status();
    filter.set_min_balance_minor(*minor);
    filter.set_unit(words.unit);
  }
  if (!words.max_balance.empty()) {
    const auto minor = MinorUnits(words.max_balance, words.unit);
    if (!minor.ok()) return minor.status();
    filter.set_max_balance_minor(*minor);
    filter.set_unit(words.unit);
  }
  filter.set_bought_since(words.bought_since);
  filter.set_not_bought_since(words.not_bought_since);
  filter.set_consent_purpose(words.consent);
  if (!words.company.empty()) {
    const auto name = session.CustomerName(words.company);
    if (!name.ok()) return name.status();
    filter.set_company("customers/" + IdOf(*name));
  }
  if (!words.person.empty()) filter.mutable_assignee()->set_person(words.person);
  if (!words.team.empty()) filter.mutable_assignee()->set_team(words.team);
  filter.set_incomplete(words.incomplete);
  filter.set_archived(words.archived);
  return filter;
}

}  // namespace carnet::cli
