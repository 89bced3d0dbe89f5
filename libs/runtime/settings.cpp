#include "runtime/settings.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include <arpa/inet.h>

#include "base/error.h"
#include "base/fatal.h"

namespace carnet::runtime {
namespace {

constexpr int64_t kLastPartition = 1023;

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

std::optional<int64_t> ParseNumber(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

absl::Status CheckChoice(std::string_view key, const std::string& value,
                         const std::vector<std::string>& choices) {
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return absl::OkStatus();
  return ConfigError("CONFIG_BAD_VALUE", key,
                     absl::StrCat("'", value, "' is none of ", absl::StrJoin(choices, ", ")));
}

struct Host {
  std::string text;
  bool is_address = false;
  bool is_loopback = false;  // by its number: what a name resolves to may change
};

// "127.0.0.1:7411", "[::1]:7411", "shop.example:7411".
absl::StatusOr<Host> HostOf(std::string_view key, const std::string& address) {
  const size_t colon = address.rfind(':');
  const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
  const auto number = ParseNumber(port);
  if (!number || *number < 0 || *number > 65535) {
    return ConfigError("CONFIG_BAD_VALUE", key,
                       absl::StrCat("'", address,
                                    "' is no address with a port, as in "
                                    "127.0.0.1:7411 or [::1]:7411"));
  }
  Host host{.text = address.substr(0, colon)};
  if (host.text.size() > 2 && host.text.front() == '[' && host.text.back() == ']') {
    host.text = host.text.substr(1, host.text.size() - 2);
  }
  in_addr v4;
  in6_addr v6;
  if (inet_pton(AF_INET, host.text.c_str(), &v4) == 1) {
    host.is_address = true;
    host.is_loopback = ntohl(v4.s_addr) >> 24 == 127;
  } else if (inet_pton(AF_INET6, host.text.c_str(), &v6) == 1) {
    host.is_address = true;
    host.is_loopback = IN6_IS_ADDR_LOOPBACK(&v6);
  }
  return host;
}

// Where to listen. Names are refused. Loopback only, unless `anywhere`.
absl::Status CheckAddress(std::string_view key, const std::string& address, bool anywhere) {
  const auto host = HostOf(key, address);
  if (!host.ok()) return host.status();
  if (host->is_loopback || (anywhere && host->is_address)) return absl::OkStatus();
  return ConfigError(
      "CONFIG_NOT_LOOPBACK", key,
      anywhere
          ? absl::StrCat("'", address, "' is no IP address: give one, as in 0.0.0.0:7411")
          : absl::StrCat("'", address,
                         "' can be reached from elsewhere: set access.file, "
                         "tls.certificate_file and tls.key_file, or bind to 127.0.0.1 or ::1"));
}

// "3" or "3-5".
std::optional<std::pair<int32_t, int32_t>> ParseRange(const std::string& text) {
  const size_t dash = text.find('-');
  const auto first = ParseNumber(text.substr(0, dash));
  const auto last = dash == std::string::npos ? first : ParseNumber(text.substr(dash + 1));
  if (!first || !last || *first < 0 || *last < *first || *last > kLastPartition) {
    return std::nullopt;
  }
  return std::make_pair(static_cast<int32_t>(*first), static_cast<int32_t>(*last));
}

absl::Status CheckRoles(const Config& config) {
  const auto has = [&](std::string_view role) {
    return std::find(config.roles.begin(), config.roles.end(), role) != config.roles.end();
  };
  for (const std::string& range : config.projector_partitions) {
    if (!ParseRange(range)) {
      return ConfigError("CONFIG_BAD_VALUE", "projector.partitions",
                         absl::StrCat("'", range, "' is no number or range, as in 3 or 2-5"));
    }
  }
  if (!config.gateway_projectors.empty() && (!has("gateway") || has("projector"))) {
    return ConfigError("CONFIG_BAD_VALUE", "gateway.projectors",
                       "is for a process with the role gateway alone: a projector reads its own");
  }
  return absl::OkStatus();
}

absl::Status CheckKafka(const Config& config) {
  if (config.log_kind != "kafka") return absl::OkStatus();
  if (config.kafka_brokers.empty())
    return ConfigError("CONFIG_BAD_VALUE", "log.kafka.brokers", "is empty: give host:port");
  for (const std::string& property : config.kafka_properties) {
    if (property.find('=') == std::string::npos) {
      return ConfigError("CONFIG_BAD_VALUE", "log.kafka.properties",
                         absl::StrCat("'", property, "' is not of the form name=value"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<int32_t> PartitionNumbers(const std::vector<std::string>& ranges) {
  std::vector<int32_t> numbers;
  for (const std::string& text : ranges) {
    const auto range = ParseRange(text);
    CARNET_ASSERT(range.has_value());
    for (int32_t number = range->first; number <= range->second; ++number) {
      numbers.push_back(number);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

absl::Status ConfigError(std::string_view reason, std::string_view where, std::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, reason,
               absl::StrCat(View(where), ": ", View(what)));
}

std::vector<Setting> SettingsOf(Config* c) {
  return {
      {"data", "Folder of everything that is stored; made at the first start.", &c->data_folder},
      {"roles", "What this process does: gateway (takes changes), projector (folds and answers).",
       &c->roles},
      {"listen.addresses",
       "Where gRPC is served; port 0: the kernel picks one. Other addresses than loopback need "
       "access.file and TLS.",
       &c->listen_addresses},
      {"listen.metrics",
       "Where Prometheus reads metrics over HTTP, in clear and without credentials; empty: "
       "nowhere.",
       &c->metrics_address},
      {"listen.port_file",
       "A file to write the addresses to, one a line, when they are served; empty: none.",
       &c->port_file},
      {"http.addresses",
       "Where channels deliver over HTTP (POST /v1/MERCHANT/CHANNEL/SOURCE); empty: nowhere. By "
       "TLS "
       "where tls.certificate_file is set; other addresses than loopback need access.file and TLS.",
       &c->http_addresses},
      {"http.endpoints_file", "Who may deliver, TOML, mode 0600: one [[endpoint]] each.",
       &c->http_endpoints_file},
      {"http.client_certificates",
       "false: over HTTP no client certificate is asked for, though tls.client_ca_file is set "
       "(channels on the internet have none; each delivery is signed).",
       &c->http_client_certificates},
      {"http.ca_file",
       "Roots, PEM, for servers that are asked (Meta's Graph); empty: those of the system.",
       &c->http_ca_file},
      {"log.kind", "Which log: embedded (in the data folder), or kafka.", &c->log_kind},
      {"log.partitions",
       "How many partitions a new embedded log gets; fixed when the log is made. (A log on Kafka "
       "is "
       "made by `carnet log init`.)",
       &c->log_partitions, 1, 16},
      {"log.kafka.brokers", "Where Kafka is: host:port, several separated by commas.",
       &c->kafka_brokers},
      {"log.kafka.topic", "The topic that is the log.", &c->kafka_topic},
      {"log.kafka.keys_topic", "The topic that holds the vault's keys, wrapped by the root key.",
       &c->kafka_keys_topic},
      {"log.kafka.development",
       "true: a topic of which one broker alone has each record may pass. Not for what matters.",
       &c->kafka_development},
      {"log.kafka.append_timeout_ms",
       "How long the brokers may take to acknowledge a change; then its outcome is unknown.",
       &c->kafka_append_timeout_ms, 1000, 600'000},
      {"log.kafka.properties",
       "Settings of librdkafka, name=value, for what the cluster asks of its clients (TLS, SASL).",
       &c->kafka_properties},
      {"gateway.lag_limit",
       "Records that the views may lag behind the log before REQUESTs are refused (LAGGING).",
       &c->gateway_lag_limit, 1},
      {"gateway.projectors",
       "Where projectors of other processes serve gRPC (host:port); reads go to one that has the "
       "merchant's partition. Empty: the one in this process.",
       &c->gateway_projectors},
      {"gateway.projectors_ca_file",
       "Roots, PEM, of the projectors' certificates; tls.certificate_file is shown to those that "
       "ask for one. Empty: in clear, and so on loopback only.",
       &c->gateway_projectors_ca_file},
      {"gateway.projectors_api_key_file",
       "A file with a key of role gateway, for projectors with an access.file (the same one as "
       "here: callers' keys and tokens are passed on); read again when it changes.",
       &c->gateway_projectors_api_key_file},
      {"gateway.max_in_flight_bytes",
       "Changes taken but not yet durable; more are refused or read later.",
       &c->gateway_max_in_flight_bytes, int64_t{16} << 20, int64_t{4} << 30},
      {"projector.max_batch_records", "Records folded into one write at most.",
       &c->projector_max_batch_records, 1, 100'000},
      {"projector.max_batch_delay_ms", "How long a batch may wait for more records.",
       &c->projector_max_batch_delay_ms, 0, 1000},
      {"projector.partitions",
       "The partitions that this process folds and serves: numbers and ranges (0, 2-5); empty: "
       "all.",
       &c->projector_partitions},
      {"projector.ready_lag",
       "Records that a partition may lag behind the log for gRPC health to say SERVING.",
       &c->projector_ready_lag, 1},
      {"vault.root_key_file",
       "The key that wraps all others, 32 bytes, mode 0600; empty: root.key in the data folder, "
       "made at the first start. Keep a copy apart from the data.",
       &c->root_key_file},
      {"access.file",
       "The keys that may call, as `carnet access` writes them; read again when it changes. Empty: "
       "whoever reaches a port may do everything.",
       &c->access_file},
      {"access.key_file",
       "The secrets those keys are hashed with, mode 0600; empty: access.key beside access.file.",
       &c->access_key_file},
      {"tls.certificate_file",
       "This server's certificate and those between it and a root, PEM; empty: in clear. Read "
       "again "
       "when it changes.",
       &c->tls_certificate_file},
      {"tls.key_file", "The certificate's private key, PEM.", &c->tls_key_file},
      {"tls.client_ca_file",
       "Roots, PEM: clients must show a certificate of one of them; empty: none is asked for.",
       &c->tls_client_ca_file},
      {"merchant.country",
       "Two letters (ISO 3166-1): how phones without a country code are read; empty: unknown.",
       &c->merchant_defaults.country},
      {"merchant.utc_offset_minutes", "Offset of the merchants' books from UTC.",
       &c->merchant_defaults.utc_offset_minutes, -1080, 1080},
      {"logging.level", "debug, info, warning or error.", &c->logging_level},
      {"logging.format", "text or json, one line each, to standard error.", &c->logging_format},
  };
}

std::string FlagOf(const Setting& setting) {
  return absl::StrCat("--", absl::StrReplaceAll(View(setting.key), {{".", "-"}, {"_", "-"}}));
}

std::string VariableOf(const Setting& setting) {
  return absl::StrCat("CARNET_",
                      absl::AsciiStrToUpper(absl::StrReplaceAll(View(setting.key), {{".", "_"}})));
}

absl::Status SetNumber(const Setting& setting, int64_t value, std::string_view where) {
  if (value < setting.min || value > setting.max) {
    return ConfigError("CONFIG_BAD_VALUE", where,
                       setting.max == INT64_MAX ? absl::StrCat(value, " is less than ", setting.min)
                                                : absl::StrCat(value, " is not between ",
                                                               setting.min, " and ", setting.max));
  }
  *std::get<int64_t*>(setting.value) = value;
  return absl::OkStatus();
}

absl::Status SetFromText(const Setting& setting, std::string_view text, std::string_view where) {
  if (auto* const* target = std::get_if<std::string*>(&setting.value)) {
    **target = std::string(text);
  } else if (auto* const* list = std::get_if<std::vector<std::string>*>(&setting.value)) {
    **list = absl::StrSplit(View(text), ',', absl::SkipWhitespace());
    for (std::string& item : **list) absl::StripAsciiWhitespace(&item);
  } else if (auto* const* yes = std::get_if<bool*>(&setting.value)) {
    if (text != "true" && text != "false") {
      return ConfigError("CONFIG_BAD_VALUE", where,
                         absl::StrCat("'", View(text), "' is neither true nor false"));
    }
    **yes = text == "true";
  } else {
    const auto number = ParseNumber(text);
    if (!number) {
      return ConfigError("CONFIG_BAD_VALUE", where,
                         absl::StrCat("'", View(text), "' is no whole number"));
    }
    return SetNumber(setting, *number, where);
  }
  return absl::OkStatus();
}

absl::Status CheckMerchant(const MerchantConfig& merchant, std::string_view where) {
  const std::string& country = merchant.country;
  if (!country.empty() &&
      (country.size() != 2 || !absl::ascii_isupper(static_cast<unsigned char>(country[0])) ||
       !absl::ascii_isupper(static_cast<unsigned char>(country[1])))) {
    return ConfigError("CONFIG_BAD_VALUE", where,
                       absl::StrCat("country '", country, "' is not two capital letters"));
  }
  if (merchant.utc_offset_minutes < -1080 || merchant.utc_offset_minutes > 1080) {
    return ConfigError("CONFIG_BAD_VALUE", where,
                       "utc_offset_minutes is not between -1080 and 1080");
  }
  return absl::OkStatus();
}

absl::Status CheckConfig(const Config& config) {
  if (config.data_folder.empty()) return ConfigError("CONFIG_BAD_VALUE", "data", "is empty");
  if (config.roles.empty())
    return ConfigError("CONFIG_BAD_VALUE", "roles", "is empty: give gateway,projector");
  for (const std::string& role : config.roles) {
    if (role == "relay" || role == "console") {
      return ConfigError("CONFIG_BAD_VALUE", "roles",
                         absl::StrCat(role, " is not in this version"));
    }
    if (absl::Status status = CheckChoice("roles", role, {"gateway", "projector"}); !status.ok())
      return status;
  }
  for (const absl::Status& status :
       {CheckChoice("log.kind", config.log_kind, {"embedded", "kafka"}), CheckRoles(config),
        CheckKafka(config),
        CheckChoice("logging.level", config.logging_level, {"debug", "info", "warning", "error"}),
        CheckChoice("logging.format", config.logging_format, {"text", "json"}),
        CheckMerchant(config.merchant_defaults, "merchant")}) {
    if (!status.ok()) return status;
  }
  if (config.listen_addresses.empty()) {
    return ConfigError("CONFIG_BAD_VALUE", "listen.addresses", "is empty: give 127.0.0.1:7411");
  }
  if (config.tls_certificate_file.empty() != config.tls_key_file.empty()) {
    return ConfigError("CONFIG_BAD_VALUE", "tls", "needs both certificate_file and key_file");
  }
  if (!config.tls_client_ca_file.empty() && config.tls_key_file.empty()) {
    return ConfigError("CONFIG_BAD_VALUE", "tls.client_ca_file",
                       "needs certificate_file and key_file too");
  }
  if (!config.access_key_file.empty() && config.access_file.empty()) {
    return ConfigError("CONFIG_BAD_VALUE", "access.key_file", "needs access.file too");
  }
  const bool anywhere = !config.access_file.empty() && !config.tls_key_file.empty();
  for (const std::string& address : config.listen_addresses) {
    if (absl::Status status = CheckAddress("listen.addresses", address, anywhere); !status.ok())
      return status;
  }
  for (const std::string& address : config.gateway_projectors) {
    const auto host = HostOf("gateway.projectors", address);
    if (!host.ok()) return host.status();
    if (host->is_loopback || (!config.gateway_projectors_ca_file.empty() && !host->text.empty()))
      continue;
    return ConfigError("CONFIG_NOT_LOOPBACK", "gateway.projectors",
                       absl::StrCat("'", address,
                                    "' is no loopback address, and would be asked in clear: set "
                                    "gateway.projectors_ca_file"));
  }
  for (const std::string& address : config.http_addresses) {
    if (absl::Status status = CheckAddress("http.addresses", address, anywhere); !status.ok())
      return status;
  }
  if (config.metrics_address.empty()) return absl::OkStatus();
  return CheckAddress("listen.metrics", config.metrics_address, anywhere);
}

}  // namespace carnet::runtime
