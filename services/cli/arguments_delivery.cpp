#include "cli/arguments_delivery.h"

#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

namespace carnet::cli {

void AddDeliveryCommands(CLI::App* app, std::function<void(Command)> choose) {
  CLI::App* const delivery =
      app->add_subcommand("delivery", "What channels delivered, kept as it came");
  delivery->require_subcommand(1);

  auto show = std::make_shared<ShowDelivery>();
  CLI::App* leaf = delivery->add_subcommand("show", "The delivery that a change came of");
  leaf->add_option("change", show->change_id, "The change's id")->type_name("CHANGE")->required();
  leaf->add_flag("--raw", show->raw, "Print the body alone, byte for byte");
  leaf->callback([choose, show] { choose(*show); });

  auto drop = std::make_shared<DropDeliveries>();
  leaf = delivery->add_subcommand(
      "drop",
      "Make deliveries of earlier days unreadable for ever; the server does so by itself when the "
      "days are over that policy gives (delivery_days)");
  leaf->add_option("--before", drop->before, "Those received before this day, YYYY-MM-DD")
      ->type_name("DATE")
      ->required();
  leaf->callback([choose, drop] { choose(*drop); });
}

}  // namespace carnet::cli
