// Configuration from TOML.
#include "absl/strings/str_cat.h"
#include <toml++/toml.h>

#include "runtime/settings.h"

namespace carnet::runtime {
namespace {

// One file being read into one Config.
class FileReader {
 public:
  FileReader(std::string path, Config* config)
      : path_(std::move(path)), config_(config), settings_(SettingsOf(config)) {}

  absl::Status ReadTable(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      absl::Status status;
      if (const Setting* setting = Find(name)) {
        status = ReadValue(*setting, node);
      } else if (name == "merchants" && node.is_table()) {
        status = ReadMerchants(*node.as_table());
      } else if (node.is_table() && IsTable(name + ".")) {
        status = ReadTable(*node.as_table(), name + ".");
      } else {
        status = UnknownKey(name, key.source());
      }
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  const Setting* Find(const std::string& key) const {
    for (const Setting& setting : settings_) {
      if (setting.key == key) return &setting;
    }
    return nullptr;
  }

  bool IsTable(const std::string& prefix) const {
    for (const Setting& setting : settings_) {
      if (setting.key.starts_with(prefix)) return true;
    }
    return false;
  }

  absl::Status ReadValue(const Setting& setting, const toml::node& node) const {
    const std::string where = absl::StrCat(Where(node.source()), ": ", std::string(setting.key));
    if (auto* const* text = std::get_if<std::string*>(&setting.value)) {
      if (!node.is_string()) return BadValue(where, "must be a text in quotes");
      **text = **node.as_string();
    } else if (auto* const* list = std::get_if<std::vector<std::string>*>(&setting.value)) {
      if (!node.is_array()) return BadValue(where, "must be a list of texts: [\"…\"]");
      (*list)->clear();
      for (const toml::node& item : *node.as_array()) {
        if (!item.is_string()) return BadValue(where, "must be a list of texts: [\"…\"]");
        (*list)->push_back(**item.as_string());
      }
    } else if (auto* const* yes = std::get_if<bool*>(&setting.value)) {
      if (!node.is_boolean()) return BadValue(where, "must be true or false");
      **yes = **node.as_boolean();
    } else {
      if (!node.is_integer()) return BadValue(where, "must be a whole number");
      return SetNumber(setting, **node.as_integer(), where);
    }
    return absl::OkStatus();
  }

  absl::Status ReadMerchants(const toml::table& merchants) {
    for (const auto& [merchant, node] : merchants) {
      const std::string name = absl::StrCat("merchants.", std::string(merchant.str()));
      const std::string where = absl::StrCat(Where(node.source()), ": ", name);
      if (!node.is_table()) return BadValue(where, "must be a table");
      MerchantConfig& config = config_->merchants[std::string(merchant.str())];
      for (const auto& [key, value] : *node.as_table()) {
        if (key.str() == "country" && value.is_string()) {
          config.country = **value.as_string();
        } else if (key.str() == "utc_offset_minutes" && value.is_integer()) {
          config.utc_offset_minutes = **value.as_integer();
        } else if (key.str() == "country" || key.str() == "utc_offset_minutes") {
          return BadValue(where,
                          absl::StrCat(std::string(key.str()), " has a value of the wrong type"));
        } else {
          return UnknownKey(absl::StrCat(name, ".", std::string(key.str())), key.source());
        }
      }
      if (absl::Status status = CheckMerchant(config, where); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  std::string Where(const toml::source_region& source) const {
    return absl::StrCat(path_, " line ", source.begin.line);
  }
  static absl::Status BadValue(const std::string& where, const std::string& what) {
    return ConfigError("CONFIG_BAD_VALUE", where, what);
  }
  absl::Status UnknownKey(const std::string& key, const toml::source_region& source) const {
    return ConfigError("CONFIG_UNKNOWN_KEY", Where(source),
                       absl::StrCat("there is no setting '", key, "': --print-config shows all"));
  }

  const std::string path_;
  Config* const config_;
  const std::vector<Setting> settings_;
};

}  // namespace

absl::Status SetFromToml(std::string_view text, const std::string& path, Config* config) {
  try {
    const toml::table table = toml::parse(text, path);
    return FileReader(path, config).ReadTable(table, "");
  } catch (const toml::parse_error& error) {
    return ConfigError("CONFIG_MALFORMED", absl::StrCat(path, " line ", error.source().begin.line),
                       std::string(error.description()));
  }
}

}  // namespace carnet::runtime
