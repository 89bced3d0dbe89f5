#include "query/names.h"

#include <optional>

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "domain/form.h"
#include "query/reasons.h"

namespace carnet::query {
namespace {

constexpr std::string_view kMerchants = "merchants/";
constexpr std::string_view kCustomers = "customers/";
constexpr std::string_view kOrders = "orders/";

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

absl::Status Malformed(std::string_view field, std::string_view form) {
  return Error(absl::StatusCode::kInvalidArgument, reason::kNameMalformed,
               std::string(absl::StrCat(View(field), " must be ", View(form))), field);
}

// merchants/{merchant}/{collection}{uuid}, or nothing.
std::optional<CustomerName> ParseBelow(std::string_view name, std::string_view collection) {
  if (!name.starts_with(kMerchants)) return std::nullopt;
  name.remove_prefix(kMerchants.size());
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos || !domain::IsName(name.substr(0, slash)))
    return std::nullopt;
  const std::string_view rest = name.substr(slash + 1);
  if (!rest.starts_with(collection)) return std::nullopt;
  const auto id = Uuid::Parse(rest.substr(collection.size()));
  if (!id) return std::nullopt;
  return CustomerName{name.substr(0, slash), *id};
}

}  // namespace

absl::StatusOr<std::string_view> ParseMerchantOf(std::string_view name, std::string_view field) {
  if (name.starts_with(kMerchants)) {
    name.remove_prefix(kMerchants.size());
    const std::string_view merchant = name.substr(0, name.find('/'));
    if (domain::IsName(merchant)) return merchant;
  }
  return Malformed(field, "merchants/{merchant} or a name below it");
}

absl::StatusOr<CustomerName> ParseCustomerName(std::string_view name, std::string_view field) {
  if (const auto parsed = ParseBelow(name, kCustomers)) return *parsed;
  return Malformed(field, "merchants/{merchant}/customers/{id}, the id a UUID");
}

absl::StatusOr<CustomerName> ParseOrderName(std::string_view name, std::string_view field) {
  if (const auto parsed = ParseBelow(name, kOrders)) return *parsed;
  return Malformed(field, "merchants/{merchant}/orders/{id}, the id a UUID");
}

absl::StatusOr<std::string_view> CheckMerchant(std::string_view merchant, std::string_view field) {
  if (domain::IsName(merchant)) return merchant;
  return Malformed(field, "a merchant's name: [a-z0-9][a-z0-9._-]{0,62}");
}

std::string FormatCustomerName(std::string_view merchant, const Uuid& id) {
  return absl::StrCat(View(kMerchants), View(merchant), "/", View(kCustomers), id.ToString());
}

std::string FormatOrderName(std::string_view merchant, const Uuid& id) {
  return absl::StrCat(View(kMerchants), View(merchant), "/", View(kOrders), id.ToString());
}

std::string FormatRecordName(const Uuid& id) {
  return absl::StrCat(View(kCustomers), id.ToString());
}

std::string FormatVoucherName(std::string_view merchant, uint64_t number) {
  return absl::StrCat(View(kMerchants), View(merchant), "/vouchers/", number);
}

}  // namespace carnet::query
