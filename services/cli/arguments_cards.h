// The part of the command line that is about cards and policy.
#pragma once

#include "cli/arguments.h"

namespace CLI {
class App;
}

namespace carnet::cli {

// Adds `customer search`, `create`, `import` … below `customer`, and `policy` below `app`. The
// command that was given is put into `arguments`, which must live as long as the apps.
void AddCardCommands(CLI::App* app, CLI::App* customer, Arguments* arguments);

}  // namespace carnet::cli
