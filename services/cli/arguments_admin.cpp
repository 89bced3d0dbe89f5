#include "cli/arguments_admin.h"

#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

namespace carnet::cli {
namespace {

void AddPartition(CLI::App* app, int* partition) {
  app->add_option("partition", *partition, "Which")
      ->check(CLI::Range(0, 1023).description(""))
      ->type_name("PARTITION")
      ->required();
}

}  // namespace

void AddAdminCommands(CLI::App* app, std::function<void(Command)> choose) {
  CLI::App* const admin = app->add_subcommand("admin", "Partitions that stopped");
  admin->require_subcommand(1);

  admin
      ->add_subcommand("stops",
                       "Partitions that stopped: why, at which record, and what can be done")
      ->callback([choose] { choose(ListStops{}); });

  auto resume = std::make_shared<ResumePartition>();
  CLI::App* leaf = admin->add_subcommand(
      "resume", "Let a partition fold again, once what stopped it was mended");
  AddPartition(leaf, &resume->partition);
  leaf->callback([choose, resume] { choose(*resume); });

  auto quarantine = std::make_shared<QuarantineRecord>();
  leaf = admin->add_subcommand(
      "quarantine",
      "Decide for ever that the record at which a partition stopped does not count: it becomes a "
      "dead letter everywhere, those behind it are folded. `admin stops` prints the command");
  AddPartition(leaf, &quarantine->partition);
  leaf->add_option("offset", quarantine->offset, "Where the record stands")
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""))
      ->type_name("OFFSET")
      ->required();
  leaf->add_option("hash", quarantine->record_hash, "Its hash, so that no other one is meant")
      ->type_name("HASH")
      ->required();
  leaf->add_option("--note", quarantine->note, "Why, for those who come later; no personal data")
      ->type_name("TEXT")
      ->required();
  leaf->callback([choose, quarantine] { choose(*quarantine); });

  admin->add_subcommand("quarantined", "All records that were taken out, by whom and why")
      ->callback([choose] { choose(ListQuarantined{}); });
}

}  // namespace carnet::cli
