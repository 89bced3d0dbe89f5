#include "cli/completion.h"

#include <functional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include <CLI/CLI.hpp>

namespace carnet::cli {
namespace {

struct Word {
  std::string text;
  std::string help;
};

// One command: how it is reached ("/customer/show"), and what may follow.
struct Node {
  std::string path;
  std::vector<Word> commands;
  std::vector<Word> options;
  bool takes_files = false;
};

void AddOptions(const CLI::App& app, Node* node) {
  const bool is_group = app.get_name().empty();
  for (const CLI::Option* option : app.get_options()) {
    if (is_group && (option == app.get_help_ptr() || option == app.get_help_all_ptr())) continue;
    for (const std::string& name : option->get_lnames()) {
      node->options.push_back({"--" + name, option->get_description()});
    }
    if (option->get_positional() && option->get_type_name() == "FILE") node->takes_files = true;
  }
  // Groups of options are subcommands without a name.
  for (const CLI::App* group : app.get_subcommands(std::function<bool(const CLI::App*)>())) {
    if (group->get_name().empty()) AddOptions(*group, node);
  }
}

void AddNodes(const CLI::App& app, const std::string& path, const std::vector<Word>& inherited,
              std::vector<Node>* nodes) {
  Node node{.path = path};
  AddOptions(app, &node);
  std::vector<Word> common = path.empty() ? node.options : inherited;
  if (!path.empty()) {
    for (const Word& word : inherited) {
      if (word.text != "--help" && word.text != "--help-all" && word.text != "--version") {
        node.options.push_back(word);
      }
    }
  }
  std::vector<const CLI::App*> children;
  for (const CLI::App* child : app.get_subcommands(std::function<bool(const CLI::App*)>())) {
    if (child->get_name().empty()) continue;
    node.commands.push_back({child->get_name(), child->get_description()});
    children.push_back(child);
  }
  nodes->push_back(std::move(node));
  for (const CLI::App* child : children) {
    AddNodes(*child, path + "/" + child->get_name(), common, nodes);
  }
}

std::string Joined(const std::vector<Word>& words) {
  return absl::StrJoin(words, " ",
                       [](std::string* out, const Word& word) { absl::StrAppend(out, word.text); });
}

// Which command the words before the cursor name: the same few lines in bash and zsh.
std::string FindPath(const std::vector<Node>& nodes, std::string_view words) {
  std::vector<std::string> paths;
  for (const Node& node : nodes) {
    if (!node.path.empty()) paths.push_back(node.path);
  }
  return absl::StrCat("  local at='' word\n  for word in ", std::string(words),
                      "; do\n    case \"$at/$word\" in\n      ", absl::StrJoin(paths, "|"),
                      ") at=\"$at/$word\" ;;\n    esac\n  done\n");
}

std::string Bash(const std::vector<Node>& nodes) {
  std::string script =
      "# Completion of carnet for bash: source <(carnet completion bash)\n"
      "_carnet() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} words=''\n"
      "  COMPREPLY=()\n";
  absl::StrAppend(&script, FindPath(nodes, "\"${COMP_WORDS[@]:1:COMP_CWORD-1}\""));
  absl::StrAppend(&script, "  case \"${COMP_WORDS[COMP_CWORD-1]}\" in\n",
                  "    --output) words='table json' ;;\n    completion) words='bash zsh fish' ;;\n",
                  "    *) case \"$at\" in\n");
  for (const Node& node : nodes) {
    absl::StrAppend(&script, "      '", node.path, "') words='", Joined(node.commands),
                    node.commands.empty() ? "" : " ", Joined(node.options), "' ;;\n");
  }
  absl::StrAppend(&script, "    esac ;;\n  esac\n",
                  "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n}\n",
                  // Where no word fits, files: publish takes them.
                  "complete -o default -F _carnet carnet\n");
  return script;
}

// 'a:what a is', quoted for zsh's _describe.
std::string Described(const std::vector<Word>& words) {
  return absl::StrJoin(words, " ", [](std::string* out, const Word& word) {
    absl::StrAppend(out, "'", absl::StrReplaceAll(word.text, {{":", "\\:"}}), ":",
                    absl::StrReplaceAll(word.help, {{"'", "'\\''"}}), "'");
  });
}

std::string Zsh(const std::vector<Node>& nodes) {
  std::string script =
      "#compdef carnet\n"
      "# Completion of carnet for zsh: carnet completion zsh > ~/.zfunc/_carnet, with ~/.zfunc on "
      "the fpath.\n"
      "_carnet() {\n  local -a commands options\n";
  absl::StrAppend(&script, FindPath(nodes, "\"${words[@]:1:$((CURRENT-2))}\""));
  absl::StrAppend(&script, "  case \"${words[CURRENT-1]}\" in\n",
                  "    --output) compadd table json; return ;;\n",
                  "    completion) compadd bash zsh fish; return ;;\n  esac\n  case \"$at\" in\n");
  for (const Node& node : nodes) {
    absl::StrAppend(&script, "    '", node.path, "') commands=(", Described(node.commands),
                    ") options=(", Described(node.options), ")",
                    node.takes_files ? " ; _files" : "", " ;;\n");
  }
  absl::StrAppend(&script, "  esac\n  _describe command commands\n  _describe option options\n}\n",
                  "compdef _carnet carnet\n");
  return script;
}

std::string Fish(const std::vector<Node>& nodes) {
  std::string script =
      "# Completion of carnet for fish: carnet completion fish > "
      "~/.config/fish/completions/carnet.fish\n"
      "complete -c carnet -f\n";
  const auto quoted = [](std::string_view text) {
    return absl::StrCat("'", absl::StrReplaceAll(std::string(text), {{"\\", "\\\\"}, {"'", "\\'"}}),
                        "'");
  };
  for (const Node& node : nodes) {
    // All words of the path were given, and none of what may come next.
    std::string condition;
    for (const auto part : absl::StrSplit(node.path, '/', absl::SkipEmpty())) {
      absl::StrAppend(&condition, condition.empty() ? "" : "; and ", "__fish_seen_subcommand_from ",
                      part);
    }
    if (!node.commands.empty()) {
      absl::StrAppend(&condition, condition.empty() ? "" : "; and ",
                      "not __fish_seen_subcommand_from ", Joined(node.commands));
    }
    const std::string head = absl::StrCat("complete -c carnet -n ", quoted(condition));
    for (const Word& word : node.commands) {
      absl::StrAppend(&script, head, " -a ", word.text, " -d ", quoted(word.help), "\n");
    }
    for (const Word& word : node.options) {
      absl::StrAppend(&script, head, " -l ", word.text.substr(2), " -d ", quoted(word.help), "\n");
    }
    if (node.takes_files) absl::StrAppend(&script, head, " -F\n");
  }
  absl::StrAppend(&script,
                  "complete -c carnet -n '__fish_seen_subcommand_from completion' -a 'bash zsh "
                  "fish'\n");
  return script;
}

}  // namespace

std::string CompletionScript(std::string_view shell, const CLI::App& app) {
  std::vector<Node> nodes;
  AddNodes(app, "", {}, &nodes);
  if (shell == "zsh") return Zsh(nodes);
  if (shell == "fish") return Fish(nodes);
  return Bash(nodes);
}

}  // namespace carnet::cli
