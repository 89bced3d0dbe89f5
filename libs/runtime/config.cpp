#include "runtime/config.h"

#include <fstream>
#include <optional>
#include <sstream>

#include "absl/strings/str_cat.h"
#include <CLI/CLI.hpp>

#include "runtime/settings.h"

namespace carnet::runtime {
namespace {

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string ValueAsToml(const Setting& setting) {
  if (auto* const* text = std::get_if<std::string*>(&setting.value)) return Quoted(**text);
  if (auto* const* number = std::get_if<int64_t*>(&setting.value)) return absl::StrCat(**number);
  if (auto* const* yes = std::get_if<bool*>(&setting.value)) return **yes ? "true" : "false";
  std::string list = "[";
  for (const std::string& item : *std::get<std::vector<std::string>*>(setting.value)) {
    absl::StrAppend(&list, list.size() > 1 ? ", " : "", Quoted(item));
  }
  return list + "]";
}

// What the command line says, before any of it counts.
struct CommandLine {
  std::string config_file;
  bool print_config = false;
  std::vector<std::optional<std::string>> values;  // one per setting
};

absl::Status SetFromFile(const std::string& path, Config* config) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return ConfigError("CONFIG_UNREADABLE", path, "can't be read: is there such a file?");
  return SetFromToml(text.str(), path, config);
}

}  // namespace

absl::StatusOr<LoadedConfig> LoadConfig(int argc, const char* const* argv,
                                        const Environment& environment,
                                        const std::string& version) {
  LoadedConfig loaded;
  Config& config = loaded.config;
  const std::vector<Setting> settings = SettingsOf(&config);

  CommandLine line;
  line.values.resize(settings.size());
  CLI::App app(
      "carnetd, the server of Carnet.\nEvery setting can also stand in the file, or in the "
      "environment "
      "(CARNET_LOG_PARTITIONS for --log-partitions); flags win over the environment, and that over "
      "the file.");
  app.set_version_flag("--version", version);
  app.add_option("--config", line.config_file, "TOML file with settings (CARNET_CONFIG)");
  app.add_flag("--print-config", line.print_config,
               "Print the settings that would be in force, as TOML, and end");
  for (size_t i = 0; i < settings.size(); ++i) {
    app.add_option_function<std::string>(
        FlagOf(settings[i]), [&line, i](const std::string& value) { line.values[i] = value; },
        std::string(settings[i].help));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    std::ostringstream text;
    app.exit(success, text, text);
    loaded.print_and_exit = text.str();
    return loaded;
  } catch (const CLI::ParseError& error) {
    return ConfigError("CONFIG_BAD_VALUE", "command line",
                       absl::StrCat(error.what(), " (see --help)"));
  }

  if (const char* file = environment("CARNET_CONFIG");
      file != nullptr && line.config_file.empty()) {
    line.config_file = file;
  }
  if (!line.config_file.empty()) {
    if (absl::Status status = SetFromFile(line.config_file, &config); !status.ok()) return status;
  }
  for (const Setting& setting : settings) {
    const std::string variable = VariableOf(setting);
    const char* text = environment(variable.c_str());
    if (text == nullptr) continue;
    if (absl::Status status = SetFromText(setting, text, variable); !status.ok()) return status;
  }
  for (size_t i = 0; i < settings.size(); ++i) {
    if (!line.values[i]) continue;
    if (absl::Status status = SetFromText(settings[i], *line.values[i], FlagOf(settings[i]));
        !status.ok()) {
      return status;
    }
  }
  if (absl::Status status = CheckConfig(config); !status.ok()) return status;
  if (line.print_config) loaded.print_and_exit = PrintConfig(config);
  return loaded;
}

std::string PrintConfig(const Config& config) {
  Config copy = config;
  std::string out;
  std::string_view table;
  for (const Setting& setting : SettingsOf(&copy)) {
    const size_t dot = setting.key.find('.');
    const std::string_view in = dot == std::string_view::npos ? "" : setting.key.substr(0, dot);
    if (in != table) absl::StrAppend(&out, "\n[", std::string(in), "]\n");
    table = in;
    const std::string name(dot == std::string_view::npos ? setting.key
                                                         : setting.key.substr(dot + 1));
    absl::StrAppend(&out, "# ", std::string(setting.help), "\n", name, " = ", ValueAsToml(setting),
                    "\n");
  }
  for (const auto& [merchant, values] : config.merchants) {
    absl::StrAppend(&out, "\n[merchants.", Quoted(merchant),
                    "]\ncountry = ", Quoted(values.country),
                    "\nutc_offset_minutes = ", values.utc_offset_minutes, "\n");
  }
  return out;
}

}  // namespace carnet::runtime
