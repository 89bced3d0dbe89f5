// Commands that work on the log itself, not through a server.
#include <string>

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "cli/progress.h"
#include "cli/words.h"
#include "event_log/copy.h"
#include "event_log/kafka/kafka_log.h"
#include "vault/kafka_key_store.h"
#include "vault/key_copy.h"
#include "vault/root_key.h"

namespace carnet::cli {
namespace {

// The key that both ends are sealed with: a copy is read with the same one.
absl::StatusOr<vault::Key> RootKeyOf(const CopyLog& command, const Place& from, const Place& to) {
  if (!command.root_key_file.empty()) return vault::LoadRootKey(command.root_key_file);
  if (from.is_folder()) return vault::LoadRootKey(from.root_key_file());
  if (to.is_folder()) return vault::LoadRootKey(to.root_key_file());
  return absl::InvalidArgumentError(
      "which root key are the keys wrapped with? Give --root-key-file FILE");
}

struct Copied {
  event_log::Identity from;
  event_log::Identity to;
  event_log::CopyResult records;
  vault::KeyCopyResult keys;
};

absl::StatusOr<Copied> Copy(const CopyLog& command, const Place& from, const Place& to,
                            const vault::Key& root) {
  auto source = from.OpenLog();
  if (!source.ok()) return source.status();
  const auto source_keys = from.OpenKeys(root);
  if (!source_keys.ok()) return source_keys.status();
  Copied copied{.from = (*source)->identity(), .to = {}, .records = {}, .keys = {}};
  const int partitions = command.partitions == 0 ? copied.from.partition_count : command.partitions;
  const auto target_keys = to.MakeKeys(root, command.replicas);
  if (!target_keys.ok()) return target_keys.status();
  auto target = to.MakeLog(partitions, command.replicas);
  if (!target.ok()) return target.status();
  copied.to = (*target)->identity();
  if (absl::Status status = event_log::CheckCopyTarget(source->get(), target->get());
      !status.ok()) {
    return status;
  }
  if (absl::Status sealed = event_log::SealLog(source->get(), copied.to.log_id); !sealed.ok()) {
    return sealed;
  }
  // Keys first, as in life: what is in a log must be readable.
  {
    Progress progress("key");
    const auto keys = vault::CopyKeys(source_keys->get(), target_keys->get(),
                                      [&](uint64_t count) { progress.Update(count); });
    if (!keys.ok()) return keys.status();
    copied.keys = *keys;
  }
  Progress progress("record");
  const auto records = event_log::CopyLog(source->get(), target->get(),
                                          [&](uint64_t count) { progress.Update(count); });
  if (!records.ok()) return records.status();
  copied.records = *records;
  target->reset();
  if (absl::Status finished = to.FinishLog(); !finished.ok()) return finished;
  return copied;
}

std::string Json(const Copied& copied) {
  return absl::StrCat(
      "{\"from\":\"", copied.from.log_id.ToString(), "\",\"log\":\"", copied.to.log_id.ToString(),
      "\",\"partitions\":", copied.to.partition_count, ",\"records\":", copied.records.records,
      ",\"resumed\":", copied.records.resumed, ",\"leftOut\":", copied.records.left_out,
      ",\"quarantined\":", copied.records.quarantined, ",\"merchants\":", copied.keys.merchants,
      ",\"recordKeys\":", copied.keys.record_keys, "}\n");
}

std::string Text(const Copied& copied, const Place& to) {
  std::string text =
      absl::StrCat("log ", copied.from.log_id.ToString(), " is sealed; it goes on as log ",
                   copied.to.log_id.ToString(), ", ", Count(copied.to.partition_count, "partition"),
                   ".\n", Count(copied.records.records, "record"), " and ",
                   Count(copied.keys.merchants + copied.keys.record_keys, "key"),
                   " copied, all read again and compared.\n");
  if (copied.records.resumed > 0) {
    absl::StrAppend(&text, Count(copied.records.resumed, "record"),
                    " had been copied by an earlier attempt.\n");
  }
  if (copied.records.left_out > 0) {
    absl::StrAppend(&text, Count(copied.records.left_out, "record"),
                    " stood in a wrong partition, counted nowhere, and are left out.\n");
  }
  if (to.is_folder()) {
    absl::StrAppend(&text, "carnetd reads it with the same root key: as ", to.root_key_file(),
                    ", or where --vault-root-key-file says.\n");
  }
  return text;
}

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const InitLog& command) {
  const auto connection = ConnectionOf(command.kafka);
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

absl::StatusOr<ExitCode> Run(const Session& session, const CopyLog& command) {
  const auto from = Place::Parse(command.from, command.development, command.properties);
  if (!from.ok()) return from.status();
  const auto to = Place::Parse(command.to, command.development, command.properties);
  if (!to.ok()) return to.status();
  const auto root = RootKeyOf(command, *from, *to);
  if (!root.ok()) return root.status();
  const auto copied = Copy(command, *from, *to, *root);
  if (!copied.ok()) return copied.status();
  session.Print(session.json() ? Json(*copied) : Text(*copied, *to));
  return ExitCode::kDone;
}

}  // namespace carnet::cli
