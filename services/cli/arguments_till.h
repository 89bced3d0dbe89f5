// The command line of `carnet till`.
#pragma once

#include <functional>

#include "cli/arguments.h"

namespace CLI {
class App;
}

namespace carnet::cli {

void AddTillCommands(CLI::App* app, std::function<void(Command)> choose);

}  // namespace carnet::cli
