// Resource names: merchants/{merchant}/customers/{id} and the like.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/uuid.h"

namespace carnet::query {

// The parts of merchants/{merchant}/customers/{id}. `merchant` points into the text that was
// parsed.
struct CustomerName {
  std::string_view merchant;
  Uuid id;
};

// Errors: INVALID_ARGUMENT(NAME_MALFORMED) about `field`.
absl::StatusOr<CustomerName> ParseCustomerName(std::string_view name, std::string_view field);

// The merchant of merchants/{merchant} or of any name below it. Errors as above.
absl::StatusOr<std::string_view> ParseMerchantOf(std::string_view name, std::string_view field);

// `merchant` itself, if it is of a merchant's form. Errors as above.
absl::StatusOr<std::string_view> CheckMerchant(std::string_view merchant, std::string_view field);

std::string FormatCustomerName(std::string_view merchant, const Uuid& id);

// customers/{id}: of a customer or a source record where the merchant is plain from where it
// stands.
std::string FormatRecordName(const Uuid& id);

std::string FormatOrderName(std::string_view merchant, const Uuid& id);

// Of merchants/{merchant}/orders/{id}. Errors: INVALID_ARGUMENT(NAME_MALFORMED) about `field`.
absl::StatusOr<CustomerName> ParseOrderName(std::string_view name, std::string_view field);

std::string FormatVoucherName(std::string_view merchant, uint64_t number);

}  // namespace carnet::query
