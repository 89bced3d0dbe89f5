// How values read for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include <google/protobuf/descriptor.h>
#include <google/protobuf/generated_enum_reflection.h>

#include "carnet/v1/customer_service.pb.h"
#include "carnet/v1/ledger.pb.h"
#include "carnet/v1/money.pb.h"

namespace carnet::cli {

// "12.50 EUR", "125000 VND": the unit's own decimals, and its code. Empty where there is none.
std::string AmountText(const v1::Amount& amount);
std::string AmountText(const v1::Balance& balance);
// As published: decimal text as it was given, or minor units with the unit's decimals; `unit`
// stands in where the amount has none.
std::string AmountText(const v1::Money& money, std::string_view unit);

// "2025-05-17 09:14:00 +02:00" in `zone`. Empty for a time that is not set.
std::string TimeText(const google::protobuf::Timestamp& time,
                     const absl::TimeZone& zone = absl::LocalTimeZone());

// TENDER_METHOD_ON_ACCOUNT: "on account". The number itself for one this version does not know.
std::string EnumWord(const google::protobuf::EnumDescriptor& type, int number);
template <typename Enum>
std::string EnumWord(Enum value) {
  return EnumWord(*google::protobuf::GetEnumDescriptor<Enum>(), static_cast<int>(value));
}

// "1 change", "12,000 changes".
std::string Count(uint64_t count, std::string_view word);

}  // namespace carnet::cli
