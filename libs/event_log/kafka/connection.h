// How a Kafka is reached. No header of this folder shows librdkafka's.
#pragma once

#include <map>
#include <string>

namespace carnet::event_log {

struct KafkaConnection {
  std::string brokers;  // "host:port,host:port"
  // librdkafka's own settings, for what a cluster asks of its clients ("security.protocol", …).
  // Those that the promises stand on can't be set: they win.
  std::map<std::string, std::string> properties;
};

}  // namespace carnet::event_log
