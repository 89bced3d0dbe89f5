#include "cli/place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "base/error.h"
#include "base/fatal.h"
#include "event_log/embedded/embedded_log.h"
#include "event_log/kafka/kafka_log.h"
#include "vault/embedded_key_store.h"
#include "vault/kafka_key_store.h"

namespace carnet::cli {
namespace {

namespace fs = std::filesystem;

absl::Status NotAPlace(const std::string& text) {
  return absl::InvalidArgumentError(absl::StrCat("'", text,
                                                 "' is no place of a log: give a data folder, or "
                                                 "kafka://HOST:PORT,…[/TOPIC[/KEYS-TOPIC]]"));
}

event_log::KafkaLogOptions LogOptions(const KafkaOptions& kafka,
                                      const event_log::KafkaConnection& connection) {
  return {.connection = connection, .topic = kafka.topic, .development = kafka.development};
}

vault::KafkaKeyStoreOptions KeyOptions(const KafkaOptions& kafka,
                                       const event_log::KafkaConnection& connection) {
  return {.connection = connection, .topic = kafka.keys_topic, .development = kafka.development};
}

absl::Status MakeFolder(const std::string& folder) {
  const mode_t before = umask(077);  // what is in there is nobody else's business
  std::error_code error;
  fs::create_directories(folder, error);
  umask(before);
  if (!error) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "DATA_FOLDER",
               absl::StrCat("can't make the data folder ", folder, ": ", error.message()));
}

}  // namespace

absl::StatusOr<event_log::KafkaConnection> ConnectionOf(const KafkaOptions& options) {
  event_log::KafkaConnection connection{.brokers = options.brokers, .properties = {}};
  for (const std::string& property : options.properties) {
    const size_t equals = property.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("--property ", property, " is not of the form name=value"));
    }
    connection.properties[property.substr(0, equals)] = property.substr(equals + 1);
  }
  return connection;
}

absl::StatusOr<Place> Place::Parse(const std::string& text, bool development,
                                   const std::vector<std::string>& properties) {
  Place place;
  absl::string_view rest = text;
  if (!absl::ConsumePrefix(&rest, "kafka://")) {
    if (text.empty() || text.find("://") != std::string::npos) return NotAPlace(text);
    place.folder_ = text;
    return place;
  }
  const std::vector<std::string> parts = absl::StrSplit(rest, '/');
  if (parts.front().empty() || parts.size() > 3) return NotAPlace(text);
  place.kafka_.brokers = parts[0];
  if (parts.size() > 1) place.kafka_.topic = parts[1];
  if (parts.size() > 2) place.kafka_.keys_topic = parts[2];
  place.kafka_.development = development;
  place.kafka_.properties = properties;
  if (place.kafka_.topic.empty() || place.kafka_.keys_topic.empty()) return NotAPlace(text);
  auto connection = ConnectionOf(place.kafka_);
  if (!connection.ok()) return connection.status();
  place.connection_ = *std::move(connection);
  return place;
}

absl::StatusOr<std::unique_ptr<event_log::EventLog>> Place::OpenLog() const {
  if (is_folder()) return event_log::OpenEmbeddedLog(Log());
  return event_log::OpenKafkaLog(LogOptions(kafka_, connection_));
}

absl::StatusOr<std::unique_ptr<vault::DurableKeyStore>> Place::OpenKeys(
    const vault::Key& root) const {
  if (is_folder()) return vault::OpenEmbeddedKeyStore(folder_ + "/keys", root, /*create=*/false);
  return vault::OpenKafkaKeyStore(KeyOptions(kafka_, connection_), root);
}

absl::StatusOr<std::unique_ptr<vault::DurableKeyStore>> Place::MakeKeys(const vault::Key& root,
                                                                        int replicas) const {
  if (is_folder()) {
    if (absl::Status status = MakeFolder(folder_); !status.ok()) return status;
    return vault::OpenEmbeddedKeyStore(folder_ + "/keys", root, /*create=*/true);
  }
  const vault::KafkaKeyStoreOptions options = KeyOptions(kafka_, connection_);
  if (absl::Status status = vault::InitKafkaKeyTopic(options, replicas); !status.ok()) {
    return status;
  }
  return vault::OpenKafkaKeyStore(options, root);
}

absl::StatusOr<std::unique_ptr<event_log::EventLog>> Place::MakeLog(int partitions,
                                                                    int replicas) const {
  if (is_folder()) {
    if (absl::Status status = MakeFolder(folder_); !status.ok()) return status;
    const std::string path = fs::exists(Log()) ? Log() : NewLog();
    const auto made = event_log::InitEmbeddedLog(path, partitions);
    if (!made.ok()) return made.status();
    return event_log::OpenEmbeddedLog(path);
  }
  const event_log::KafkaLogOptions options = LogOptions(kafka_, connection_);
  const auto made = event_log::InitKafkaLog(options, partitions, replicas);
  if (!made.ok()) return made.status();
  return event_log::OpenKafkaLog(options);
}

absl::Status Place::FinishLog() const {
  if (!is_folder() || fs::exists(Log())) return absl::OkStatus();
  std::error_code error;
  fs::rename(NewLog(), Log(), error);
  if (error) {
    return Error(absl::StatusCode::kFailedPrecondition, "DATA_FOLDER",
                 absl::StrCat("can't rename ", NewLog(), " to log: ", error.message()));
  }
  const int folder = open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0 || fsync(folder) != 0) Fatal(absl::StrCat("can't sync ", folder_));
  close(folder);
  return absl::OkStatus();
}

}  // namespace carnet::cli
