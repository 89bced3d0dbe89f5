// The table of settings: what config.h's fields are called, what they mean and what values they
// take. Inside this library only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"

#include "runtime/config.h"

namespace carnet::runtime {

struct Setting {
  std::string_view key;  // "log.partitions": table and key; no dot: top level
  std::string_view help;
  std::variant<std::string*, std::vector<std::string>*, int64_t*, bool*> value;
  int64_t min = 0;  // numbers
  int64_t max = INT64_MAX;
};

// All settings but the merchants' tables, bound to the fields of `config`, in the order in which
// they are printed.
std::vector<Setting> SettingsOf(Config* config);

std::string FlagOf(const Setting& setting);      // "--log-partitions"
std::string VariableOf(const Setting& setting);  // "CARNET_LOG_PARTITIONS"

// Sets a value from text; lists are separated by commas. `where` begins the message of an error
// ("CARNET_LOG_PARTITIONS"). Error: CONFIG_BAD_VALUE.
absl::Status SetFromText(const Setting& setting, std::string_view text, std::string_view where);
absl::Status SetNumber(const Setting& setting, int64_t value, std::string_view where);

// Checks one merchant's values, or the defaults; `where` as above.
absl::Status CheckMerchant(const MerchantConfig& merchant, std::string_view where);

// What can only be checked when all is there: roles, kinds, addresses. Errors: CONFIG_BAD_VALUE,
// CONFIG_NOT_LOOPBACK.
absl::Status CheckConfig(const Config& config);

// Sets what stands in a file; `text` is its content. Errors name `path` and the line.
// CONFIG_MALFORMED, CONFIG_UNKNOWN_KEY, CONFIG_BAD_VALUE.
absl::Status SetFromToml(std::string_view text, const std::string& path, Config* config);

absl::Status ConfigError(std::string_view reason, std::string_view where, std::string_view what);

}  // namespace carnet::runtime
