// Whether a topic can keep what it acknowledges.
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"

#include "event_log/kafka/admin.h"

namespace carnet::event_log {

// The settings that a log's topic is made with.
std::map<std::string, std::string> LogTopicSettings(int32_t replicas);

// FAILED_PRECONDITION(TOPIC_SETTINGS), with all that is wrong and the command that mends it.
// `development`: min.insync.replicas is not looked at.
absl::Status CheckLogTopic(const std::string& topic, const TopicDescription& description,
                           bool development);

}  // namespace carnet::event_log
