#include "event_log/kafka/topic_check.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "base/error.h"
#include "event_log/kafka/kafka_log.h"

namespace carnet::event_log {
namespace {

constexpr int64_t kSafeReplicas = 2;

struct Rule {
  const char* name;
  const char* value;
  const char* why;
};
constexpr Rule kRules[] = {
    {"cleanup.policy", "delete", "compaction drops changes"},
    {"retention.ms", "-1", "changes are kept for ever"},
    {"retention.bytes", "-1", "changes are kept for ever"},
    {"unclean.leader.election.enable", "false", "it may lose what was acknowledged"},
};

int64_t Number(const std::map<std::string, std::string>& settings, const std::string& name) {
  int64_t number = 0;
  const auto found = settings.find(name);
  return found != settings.end() && absl::SimpleAtoi(found->second, &number) ? number : 0;
}

}  // namespace

std::map<std::string, std::string> LogTopicSettings(int32_t replicas) {
  std::map<std::string, std::string> settings;
  for (const Rule& rule : kRules) settings[rule.name] = rule.value;
  settings["min.insync.replicas"] = replicas >= 2 ? "2" : "1";
  settings["max.message.bytes"] = absl::StrCat(kMaxMessageBytes);
  return settings;
}

absl::Status CheckLogTopic(const std::string& topic, const TopicDescription& description,
                           bool development) {
  std::vector<std::string> wrong;
  std::vector<std::string> commands;
  const auto want = [&](const std::string& name, const std::string& value, const std::string& why) {
    const auto found = description.settings.find(name);
    wrong.push_back(absl::StrCat(
        name, "=", found == description.settings.end() ? "?" : found->second, " (", why, ")"));
    commands.push_back(absl::StrCat(name, "=", value));
  };
  for (const Rule& rule : kRules) {
    const auto found = description.settings.find(rule.name);
    if (found == description.settings.end() || found->second != rule.value) {
      want(rule.name, rule.value, rule.why);
    }
  }
  if (!development && Number(description.settings, "min.insync.replicas") < kSafeReplicas) {
    want("min.insync.replicas", absl::StrCat(kSafeReplicas),
         "one broker's disk would be the only one that has a change; log.kafka.development=true "
         "lets it pass where nothing can be lost");
  }
  if (Number(description.settings, "max.message.bytes") < static_cast<int64_t>(kMaxMessageBytes)) {
    want("max.message.bytes", absl::StrCat(kMaxMessageBytes),
         "the largest record would be refused");
  }
  if (wrong.empty()) return absl::OkStatus();
  return Error(
      absl::StatusCode::kFailedPrecondition, "TOPIC_SETTINGS",
      absl::StrCat("the Kafka topic ", topic, " can't hold a log: ", absl::StrJoin(wrong, "; "),
                   ". Change it: kafka-configs.sh --bootstrap-server … --alter --entity-type topics"
                   " --entity-name ",
                   topic, " --add-config ", absl::StrJoin(commands, ",")));
}

}  // namespace carnet::event_log
