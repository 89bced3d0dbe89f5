#include "cli/arguments_log.h"

#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

namespace carnet::cli {
namespace {

void AddDevelopment(CLI::App* app, bool* development) {
  app->add_flag("--development", *development,
                "One broker alone may have each record: not for what matters");
}

void AddProperties(CLI::App* app, std::vector<std::string>* properties) {
  app->add_option("--property", *properties, "A setting of librdkafka, name=value")
      ->envname("CARNET_LOG_KAFKA_PROPERTIES")
      ->delimiter(',')
      ->type_name("NAME=VALUE");
}

void AddReplicas(CLI::App* app, int* replicas) {
  app->add_option("--replicas", *replicas, "Of each partition on Kafka")
      ->check(CLI::Range(1, 9).description("1 to 9"))
      ->capture_default_str();
}

void AddKafka(CLI::App* app, KafkaOptions* kafka) {
  app->add_option("--brokers", kafka->brokers, "Where Kafka is")
      ->envname("CARNET_LOG_KAFKA_BROKERS")
      ->type_name("HOST:PORT,…")
      ->capture_default_str();
  app->add_option("--topic", kafka->topic, "The topic that is the log")
      ->envname("CARNET_LOG_KAFKA_TOPIC")
      ->type_name("NAME")
      ->capture_default_str();
  app->add_option("--keys-topic", kafka->keys_topic, "The topic that holds the keys")
      ->envname("CARNET_LOG_KAFKA_KEYS_TOPIC")
      ->type_name("NAME")
      ->capture_default_str();
  AddDevelopment(app, &kafka->development);
  AddProperties(app, &kafka->properties);
}

}  // namespace

void AddLogCommands(CLI::App* app, std::function<void(Command)> choose) {
  CLI::App* const log = app->add_subcommand("log", "The log itself");
  log->require_subcommand(1);

  auto init = std::make_shared<InitLog>();
  CLI::App* leaf = log->add_subcommand(
      "init", "Make the log and the keys' topic on Kafka, or check those that are there");
  AddKafka(leaf, &init->kafka);
  leaf->add_option("--partitions", init->partitions, "Of the log; never changes")
      ->check(CLI::Range(1, 1024).description("1 to 1024"))
      ->required();
  AddReplicas(leaf, &init->replicas);
  leaf->callback([choose, init] { choose(*init); });

  auto copy = std::make_shared<CopyLog>();
  leaf = log->add_subcommand(
      "copy",
      "Seal a log for ever and copy it, with its keys, into a new one of any kind and number of "
      "partitions; then read every record again and compare. Nobody else may use either. Safe to "
      "repeat: it goes on where it was");
  const char* const place = "A data folder, or kafka://BROKERS[/TOPIC[/KEYS-TOPIC]]";
  leaf->add_option("from", copy->from, place)->type_name("PLACE")->required();
  leaf->add_option("to", copy->to, place)->type_name("PLACE")->required();
  leaf->add_option("--partitions", copy->partitions, "Of the new log; as many as the old one has")
      ->check(CLI::Range(1, 1024).description("1 to 1024"));
  AddReplicas(leaf, &copy->replicas);
  leaf->add_option("--root-key-file", copy->root_key_file,
                   "The root key of both; root.key in the folder that is copied from, or to")
      ->envname("CARNET_VAULT_ROOT_KEY_FILE")
      ->type_name("FILE");
  AddDevelopment(leaf, &copy->development);
  AddProperties(leaf, &copy->properties);
  leaf->callback([choose, copy] { choose(*copy); });
}

}  // namespace carnet::cli
