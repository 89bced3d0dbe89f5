#include "cli/arguments_access.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include <CLI/CLI.hpp>

namespace carnet::cli {
namespace {

using Verb = ManageAccess::Verb;

// "90d", "12h", "15m", "30s".
std::string CheckDuration(const std::string& text) {
  absl::Duration duration;
  return ParseAge(text, &duration) ? "" : "give a time such as 90d, 12h or 15m";
}

class Builder {
 public:
  Builder(CLI::App* app, std::function<void(Command)> choose)
      : access_(app->add_subcommand("access", "Who may call: keys and tokens")),
        choose_(std::move(choose)) {
    access_->require_subcommand(1);
  }

  void AddAll() {
    AddCreate();
    Leaf(Verb::kList, "list", "All keys: whose they are, what they may do, until when");
    auto [revoke, revoked] =
        Leaf(Verb::kRevoke, "revoke", "Refuse a key from now on, and the tokens made with it");
    AddId(revoke, revoked.get());
    auto [rotate, rotated] =
        Leaf(Verb::kRotate, "rotate",
             "Make another key with the same rights, and let the old one end a while later");
    AddId(rotate, rotated.get());
    AddAge(rotate, "--grace", "How long the old key still holds (24h)", &rotated->grace);
    auto [secret, replaced] =
        Leaf(Verb::kRotateSecret, "rotate-secret",
             "Hash new keys and sign new tokens with a new secret; old ones still hold");
    secret->add_flag("--drop-old", replaced->drop_old,
                     "Instead: forget all secrets but the newest, and with them all that they "
                     "vouched for");
    AddToken();
  }

 private:
  std::pair<CLI::App*, std::shared_ptr<ManageAccess>> Leaf(Verb verb, const char* name,
                                                           const char* help) {
    auto command = std::make_shared<ManageAccess>();
    command->verb = verb;
    CLI::App* leaf = access_->add_subcommand(name, help);
    leaf->add_option("--file", command->file, "The file of keys, as carnetd's access.file")
        ->envname("CARNET_ACCESS_FILE")
        ->type_name("FILE")
        ->capture_default_str();
    leaf->add_option("--secrets", command->secrets_file,
                     "The file of secrets (access.key beside the file of keys)")
        ->envname("CARNET_ACCESS_KEY_FILE")
        ->type_name("FILE");
    leaf->callback([choose = choose_, command] { choose(*command); });
    return {leaf, command};
  }

  void AddCreate() {
    auto [app, key] =
        Leaf(Verb::kCreate, "create", "Make a key and print it, once: only its hash is kept");
    app->add_option("--role", key->role, "What it may do")
        ->check(
            CLI::IsMember({"back-office", "till", "reports", "integrator", "operator", "gateway"})
                .description(""))
        ->type_name("back-office|till|reports|integrator|operator|gateway")
        ->required();
    AddList(app, "--merchants", "Whose data (the one of --merchant)", "NAME,…", &key->merchants);
    AddList(app, "--channels", "May publish only for these channels", "NAME,…", &key->channels);
    AddList(app, "--kinds", "May publish only these kinds, such as posting", "KIND,…", &key->kinds);
    AddList(app, "--intents", "May publish only these: fact, request", "INTENT,…", &key->intents)
        ->check(CLI::IsMember({"fact", "request"}).description(""));
    AddList(app, "--permissions",
            "Only these of the role's: read-customers, read-balances, read-history, read-outcomes, "
            "follow, publish, create-tokens, operate, read-deliveries",
            "PERMISSION,…", &key->permissions);
    AddAge(app, "--expires-in", "Refused after that time; without: never", &key->expires_in);
    app->add_option("--note", key->note, "For people: who uses it, and where")->type_name("TEXT");
  }

  void AddToken() {
    auto token = std::make_shared<MakeToken>();
    CLI::App* app = access_->add_subcommand(
        "token", "Ask carnetd for a short-lived token: for a customer, or who looks after them");
    app->add_option("customers", token->customers, "customers/ID, or the ID alone")
        ->type_name("ID…")
        ->required();
    app->add_flag("--guardian", token->guardian, "Purchase history of all that are named");
    AddAge(app, "--expires-in", "Refused after that time, a day at most (15m)", &token->ttl);
    app->callback([choose = choose_, token] { choose(*token); });
  }

  static void AddId(CLI::App* app, ManageAccess* command) {
    app->add_option("id", command->id, "The key's id: its second part, and in lists")
        ->type_name("ID")
        ->required();
  }

  static CLI::Option* AddList(CLI::App* app, const char* name, const char* help, const char* type,
                              std::vector<std::string>* values) {
    return app->add_option(name, *values, help)->delimiter(',')->type_name(type);
  }

  static void AddAge(CLI::App* app, const char* name, const char* help, absl::Duration* value) {
    app->add_option_function<std::string>(
           name, [value](const std::string& text) { ParseAge(text, value); }, help)
        ->check(CLI::Validator([](std::string& text) { return CheckDuration(text); }, ""))
        ->type_name("TIME");
  }

  CLI::App* const access_;
  const std::function<void(Command)> choose_;
};

}  // namespace

bool ParseAge(std::string_view text, absl::Duration* age) {
  if (text.size() < 2 || text.size() > 8) return false;
  int64_t number = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + (c - '0');
  }
  switch (text.back()) {
    case 'd':
      *age = absl::Hours(24) * number;
      return true;
    case 'h':
      *age = absl::Hours(number);
      return true;
    case 'm':
      *age = absl::Minutes(number);
      return true;
    case 's':
      *age = absl::Seconds(number);
      return true;
    default:
      return false;
  }
}

void AddAccessCommands(CLI::App* app, std::function<void(Command)> choose) {
  Builder(app, std::move(choose)).AddAll();
}

}  // namespace carnet::cli
