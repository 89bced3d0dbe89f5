// Scripts that complete commands and options in a shell, made from the commands themselves.
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace carnet::cli {

// For "bash", "zsh" or "fish"; to be sourced (bash, fish) or put on the fpath as _carnet (zsh).
std::string CompletionScript(std::string_view shell, const CLI::App& app);

}  // namespace carnet::cli
