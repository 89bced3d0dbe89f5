// The command line of `carnet admin`.
#pragma once

#include <functional>

#include "cli/arguments.h"

namespace CLI {
class App;
}

namespace carnet::cli {

// Adds `admin` and its verbs; the one that was named, when it was, is handed to `choose`.
void AddAdminCommands(CLI::App* app, std::function<void(Command)> choose);

}  // namespace carnet::cli
