#include "carnetd/storage.h"

#include <sys/stat.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "event_log/embedded/embedded_log.h"
#include "event_log/kafka/kafka_log.h"
#include "runtime/logging.h"
#include "vault/embedded_key_store.h"
#include "vault/kafka_key_store.h"
#include "vault/root_key.h"

namespace carnet {
namespace {

using runtime::Log;
using runtime::LogLevel;

absl::Status MakeDataFolder(const std::string& folder) {
  const mode_t before = umask(077);  // what is in there is nobody else's business
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  umask(before);
  if (!error) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "DATA_FOLDER",
               absl::StrCat("can't make the data folder ", folder, ": ", error.message()));
}

// Null: there is none yet.
absl::StatusOr<std::unique_ptr<event_log::EventLog>> OpenLog(const std::string& path,
                                                             const runtime::Config& config) {
  auto log = event_log::OpenEmbeddedLog(path);
  if (!log.ok() && ReasonOf(log.status()) == "LOG_MISSING") return nullptr;
  if (!log.ok()) return log.status();
  const int64_t partitions = (*log)->identity().partition_count;
  if (partitions != config.log_partitions) {
    Log(LogLevel::kWarning, "the log keeps its partitions, log.partitions is not used",
        {{"log", absl::StrCat(partitions)}, {"setting", absl::StrCat(config.log_partitions)}});
  }
  return log;
}

absl::StatusOr<std::unique_ptr<event_log::EventLog>> MakeLog(const std::string& path,
                                                             const runtime::Config& config) {
  const auto made = event_log::InitEmbeddedLog(path, static_cast<int32_t>(config.log_partitions));
  if (!made.ok()) return made.status();
  Log(LogLevel::kInfo, "a new log was made",
      {{"log", made->log_id.ToString()}, {"partitions", absl::StrCat(made->partition_count)}});
  return event_log::OpenEmbeddedLog(path);
}

std::string RootKeyFile(const runtime::Config& config) {
  return config.root_key_file.empty() ? config.data_folder + "/root.key" : config.root_key_file;
}

event_log::KafkaConnection Connection(const runtime::Config& config) {
  event_log::KafkaConnection connection{.brokers = config.kafka_brokers, .properties = {}};
  for (const std::string& property : config.kafka_properties) {
    const size_t equals = property.find('=');
    connection.properties[property.substr(0, equals)] = property.substr(equals + 1);
  }
  return connection;
}

absl::Status OpenOnKafka(const runtime::Config& config, Storage* storage) {
  const vault::KafkaKeyStoreOptions keys = {.connection = Connection(config),
                                            .topic = config.kafka_keys_topic,
                                            .development = config.kafka_development};
  // A new root key next to keys that another one wrapped would only be refused.
  const auto bound = vault::KafkaKeyTopicIsBound(keys);
  if (!bound.ok()) return bound.status();
  const std::string root_key_file = RootKeyFile(config);
  auto root = *bound ? vault::LoadRootKey(root_key_file) : vault::LoadOrMakeRootKey(root_key_file);
  if (!root.ok()) return root.status();
  auto key_store = vault::OpenKafkaKeyStore(keys, *root);
  if (!key_store.ok()) return key_store.status();
  storage->key_store = *std::move(key_store);
  storage->keys = std::make_unique<vault::KeyRing>(storage->key_store.get());

  auto log = event_log::OpenKafkaLog(
      {.connection = keys.connection,
       .topic = config.kafka_topic,
       .development = config.kafka_development,
       .append_timeout = absl::Milliseconds(config.kafka_append_timeout_ms)});
  if (!log.ok()) return log.status();
  storage->log = *std::move(log);
  return absl::OkStatus();
}

absl::Status OpenInFolder(const runtime::Config& config, Storage* storage) {
  const std::string& folder = config.data_folder;
  auto log = OpenLog(folder + "/log", config);
  if (!log.ok()) return log.status();
  const bool first_start = *log == nullptr;

  // Keys before the log: a log must never exist without them.
  const std::string root_key_file = RootKeyFile(config);
  auto root =
      first_start ? vault::LoadOrMakeRootKey(root_key_file) : vault::LoadRootKey(root_key_file);
  if (!root.ok()) return root.status();
  auto key_store = vault::OpenEmbeddedKeyStore(folder + "/keys", *root, /*create=*/first_start);
  if (!key_store.ok()) return key_store.status();
  storage->key_store = *std::move(key_store);
  storage->keys = std::make_unique<vault::KeyRing>(storage->key_store.get());

  if (first_start) log = MakeLog(folder + "/log", config);
  if (!log.ok()) return log.status();
  storage->log = *std::move(log);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Storage> OpenStorage(const runtime::Config& config) {
  if (absl::Status status = MakeDataFolder(config.data_folder); !status.ok()) return status;
  Storage storage;
  storage.views_folder = config.data_folder + "/views";
  const absl::Status status =
      config.log_kind == "kafka" ? OpenOnKafka(config, &storage) : OpenInFolder(config, &storage);
  if (!status.ok()) return status;
  return storage;
}

}  // namespace carnet
