// Commands that work on the log itself, not through a server.
#include <string>

#include "absl/strings/str_cat.h"

#include "cli/commands.h"
#include "event_log/kafka/kafka_log.h"
#include "vault/kafka_key_store.h"

namespace carnet::cli {
namespace {

absl::StatusOr<event_log::KafkaConnection> Connection(const KafkaOptions& options) {
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

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const InitLog& command) {
  const auto connection = Connection(command.kafka);
  if (!connection.ok()) return connection.status();
  // Keys first: a log must never exist without them.
  const absl::Status keys = vault::InitKafkaKeyTopic({.connection = *connection,
                                                      .topic = command.kafka.keys_topic,
                                                      .development = command.kafka.development},
                                                     command.replicas);
  if (!keys.ok()) return keys;
  const auto identity = event_log::InitKafkaLog({.connection = *connection,
                                                 .topic = command.kafka.topic,
                                                 .development = command.kafka.development},
                                                command.partitions, command.replicas);
  if (!identity.ok()) return identity.status();
  const std::string id = identity->log_id.ToString();
  session.Print(
      session.json()
          ? absl::StrCat("{\"log\":\"", id, "\",\"partitions\":", identity->partition_count, "}\n")
          : absl::StrCat("log ", id, ", ", identity->partition_count, " partitions, in the topic ",
                         command.kafka.topic, "\n"));
  return ExitCode::kDone;
}

}  // namespace carnet::cli
