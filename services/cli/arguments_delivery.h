// The command line of `carnet delivery`.
#pragma once

#include <functional>

#include "cli/arguments.h"

namespace CLI {
class App;
}

namespace carnet::cli {

// Adds `delivery` and its verbs; the one that was named, when it was, is handed to `choose`.
void AddDeliveryCommands(CLI::App* app, std::function<void(Command)> choose);

}  // namespace carnet::cli
