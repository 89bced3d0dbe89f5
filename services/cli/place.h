// Where a log and its keys stand, as a person names it: a data folder of carnetd, or
// kafka://BROKERS[/TOPIC[/KEYS-TOPIC]]. For commands that work on the log without a server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "cli/arguments.h"
#include "event_log/event_log.h"
#include "event_log/kafka/connection.h"
#include "vault/key.h"
#include "vault/key_store.h"

namespace carnet::cli {

// Of the form name=value each. Error: INVALID_ARGUMENT.
absl::StatusOr<event_log::KafkaConnection> ConnectionOf(const KafkaOptions& options);

class Place {
 public:
  // Error: INVALID_ARGUMENT with how it is written. Looks at nothing yet.
  static absl::StatusOr<Place> Parse(const std::string& text, bool development,
                                     const std::vector<std::string>& properties);

  bool is_folder() const { return !folder_.empty(); }
  const std::string& folder() const { return folder_; }  // empty on Kafka
  std::string root_key_file() const { return folder_ + "/root.key"; }

  // What is there. Errors: those of the log's and the key store's opening.
  absl::StatusOr<std::unique_ptr<event_log::EventLog>> OpenLog() const;
  absl::StatusOr<std::unique_ptr<vault::DurableKeyStore>> OpenKeys(const vault::Key& root) const;

  // Makes what is not there yet. In a folder a log that is new stands in log.copy until
  // FinishLog(); it must be closed by then.
  absl::StatusOr<std::unique_ptr<vault::DurableKeyStore>> MakeKeys(const vault::Key& root,
                                                                   int replicas) const;
  absl::StatusOr<std::unique_ptr<event_log::EventLog>> MakeLog(int partitions, int replicas) const;
  absl::Status FinishLog() const;

 private:
  std::string NewLog() const { return folder_ + "/log.copy"; }
  std::string Log() const { return folder_ + "/log"; }

  std::string folder_;
  KafkaOptions kafka_;
  event_log::KafkaConnection connection_;
};

}  // namespace carnet::cli
