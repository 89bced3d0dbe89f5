// What an operator can set, and where it comes from: defaults, then a TOML file, then the
// environment, then flags.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace carnet::runtime {

// What holds for one merchant until it can be set by a change.
struct MerchantConfig {
  std::string country;  // two letters: how phones without a country code are read; empty: unknown
  int64_t utc_offset_minutes = 0;  // of the merchant's books

  bool operator==(const MerchantConfig&) const = default;
};

// Known to the wiring only; libraries take the few values they need. Names in the file are those of
// settings.cpp; in the environment CARNET_LOG_PARTITIONS, as a flag --log-partitions, for
// log.partitions.
struct Config {
  std::string data_folder = "carnet-data";
  std::vector<std::string> roles = {"gateway", "projector"};

  std::vector<std::string> listen_addresses = {"127.0.0.1:7411"};
  std::string metrics_address = "127.0.0.1:7412";  // empty: none
  std::string port_file;

  std::vector<std::string> http_addresses;  // empty: no HTTP
  std::string http_endpoints_file;
  std::string http_ca_file;  // empty: the system's roots
  bool http_client_certificates = true;

  std::string log_kind = "embedded";
  int64_t log_partitions = 2;

  std::string kafka_brokers = "127.0.0.1:9092";
  std::string kafka_topic = "carnet.changes.v1";
  std::string kafka_keys_topic = "carnet.keys.v1";
  bool kafka_development = false;
  int64_t kafka_append_timeout_ms = 30'000;
  std::vector<std::string> kafka_properties;  // "name=value"

  int64_t gateway_lag_limit = 100'000;
  std::vector<std::string> gateway_projectors;
  std::string gateway_projectors_ca_file;       // empty: in clear
  std::string gateway_projectors_api_key_file;  // empty: they ask nobody who calls
  int64_t gateway_max_in_flight_bytes = int64_t{64} << 20;

  int64_t projector_max_batch_records = 1000;
  int64_t projector_max_batch_delay_ms = 5;
  std::vector<std::string> projector_partitions;  // numbers and ranges; empty: all
  int64_t projector_ready_lag = 10'000;

  std::string root_key_file;  // empty: <data_folder>/root.key

  std::string access_file;           // empty: no credentials are asked for
  std::string access_key_file;       // empty: access.key beside access_file
  std::string tls_certificate_file;  // empty: in clear
  std::string tls_key_file;
  std::string tls_client_ca_file;  // empty: clients need no certificate

  MerchantConfig merchant_defaults;
  std::map<std::string, MerchantConfig> merchants;

  std::string logging_level = "info";
  std::string logging_format = "text";
};

// The value of an environment variable, or null.
using Environment = std::function<const char*(const char* name)>;

struct LoadedConfig {
  Config config;
  // --help, --version, --print-config: print this to standard output and end.
  std::string print_and_exit;
};

// Reads all four. `version` is what --version prints. Errors, INVALID_ARGUMENT with a message that
// names where the value stands (file and line, variable or flag): CONFIG_UNREADABLE,
// CONFIG_MALFORMED, CONFIG_UNKNOWN_KEY, CONFIG_BAD_VALUE, CONFIG_NOT_LOOPBACK.
absl::StatusOr<LoadedConfig> LoadConfig(int argc, const char* const* argv,
                                        const Environment& environment, const std::string& version);

// What "0", "3-5" and the like name, in order. Asserts that CheckConfig() has seen them.
std::vector<int32_t> PartitionNumbers(const std::vector<std::string>& ranges);

// As a TOML file that gives the same configuration, every key with its meaning.
std::string PrintConfig(const Config& config);

}  // namespace carnet::runtime
