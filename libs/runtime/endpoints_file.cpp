#include "runtime/endpoints_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include <toml++/toml.h>

#include "base/descriptor.h"
#include "runtime/settings.h"

namespace carnet::runtime {
namespace {

std::string Where(const std::string& path, const toml::node& node, std::string_view key) {
  return absl::StrCat(path, " line ", node.source().begin.line, ": ", std::string(key));
}

// Sets one key of an endpoint; false: it has another type. `known` says whether there is such a
// key.
bool SetKey(const std::string& key, const toml::node& node, EndpointConfig* endpoint, bool* known) {
  *known = true;
  const std::map<std::string, std::string*> texts = {
      {"merchant", &endpoint->merchant},     {"channel", &endpoint->channel},
      {"source", &endpoint->source},         {"verify_token", &endpoint->verify_token},
      {"public_url", &endpoint->public_url}, {"country", &endpoint->country},
      {"graph_url", &endpoint->graph_url}};
  if (const auto text = texts.find(key); text != texts.end()) {
    if (!node.is_string()) return false;
    *text->second = **node.as_string();
  } else if (key == "unsigned") {
    if (!node.is_boolean()) return false;
    endpoint->is_unsigned = **node.as_boolean();
  } else if (key == "utc_offset_minutes") {
    if (!node.is_integer()) return false;
    endpoint->utc_offset_minutes = **node.as_integer();
  } else if (key == "secrets") {
    if (!node.is_array()) return false;
    for (const toml::node& secret : *node.as_array()) {
      if (!secret.is_string() || secret.as_string()->get().empty()) return false;
      endpoint->secrets.push_back(**secret.as_string());
    }
  } else if (key == "methods" || key == "page_tokens") {
    if (!node.is_table()) return false;
    for (const auto& [name, value] : *node.as_table()) {
      if (!value.is_string() || value.as_string()->get().empty()) return false;
      (key == "methods" ? endpoint->methods : endpoint->page_tokens)[std::string(name.str())] =
          **value.as_string();
    }
  } else if (key == "pay_later") {
    if (!node.is_table()) return false;
    for (const auto& [name, value] : *node.as_table()) {
      if (!value.is_boolean()) return false;
      endpoint->pay_later[std::string(name.str())] = **value.as_boolean();
    }
  } else {
    *known = false;
  }
  return true;
}

absl::StatusOr<EndpointConfig> ReadEndpoint(const std::string& path, const toml::table& table) {
  EndpointConfig endpoint;
  for (const auto& [name, node] : table) {
    const std::string key(name.str());
    bool known = false;
    if (!SetKey(key, node, &endpoint, &known))
      return ConfigError("CONFIG_BAD_VALUE", Where(path, node, key), "has a value of another type");
    if (!known)
      return ConfigError("CONFIG_UNKNOWN_KEY", Where(path, node, key), "is no key of an endpoint");
  }
  const std::string where = Where(path, table, "endpoint");
  if (endpoint.merchant.empty() || endpoint.channel.empty() || endpoint.source.empty())
    return ConfigError("CONFIG_BAD_VALUE", where, "needs merchant, channel and source");
  if (endpoint.secrets.empty() == !endpoint.is_unsigned)
    return ConfigError("CONFIG_BAD_VALUE", where,
                       "needs secrets, or unsigned = true where the channel has none");
  return endpoint;
}

}  // namespace

absl::StatusOr<std::vector<EndpointConfig>> LoadEndpoints(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0)
    return ConfigError("CONFIG_UNREADABLE", path, absl::StrCat("can't be read: ", strerror(errno)));
  if (!IsPrivate(info))
    return ConfigError("CONFIG_MODE", path,
                       "holds secrets and can be read by others: chmod 600 it");
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    return ConfigError("CONFIG_MALFORMED", absl::StrCat(path, " line ", error.source().begin.line),
                       std::string(error.description()));
  }
  std::vector<EndpointConfig> endpoints;
  for (const auto& [name, node] : table) {
    if (name.str() != "endpoint" || !node.is_array_of_tables())
      return ConfigError("CONFIG_UNKNOWN_KEY", Where(path, node, name.str()),
                         "is unknown: write [[endpoint]]");
    for (const toml::node& entry : *node.as_array()) {
      auto endpoint = ReadEndpoint(path, *entry.as_table());
      if (!endpoint.ok()) return endpoint.status();
      endpoints.push_back(*std::move(endpoint));
    }
  }
  return endpoints;
}

}  // namespace carnet::runtime
