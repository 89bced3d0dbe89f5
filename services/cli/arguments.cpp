#include "cli/arguments.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include <CLI/CLI.hpp>

#include "cli/arguments_access.h"
#include "cli/arguments_admin.h"
#include "cli/arguments_cards.h"
#include "cli/arguments_delivery.h"
#include "cli/arguments_log.h"
#include "cli/arguments_till.h"
#include "cli/completion.h"

namespace carnet::cli {
namespace {

// CLI11 keeps the tree of commands; each leaf, when it is the one that was named, sets `command`.
class Parser {
 public:
  explicit Parser(Arguments* arguments) : arguments_(arguments) {
    app_.require_subcommand(1);
    // Common options may stand before or after the command.
    app_.fallthrough();
    app_.set_version_flag("--version", "carnet " CARNET_VERSION);
    app_.set_help_all_flag("--help-all", "Help of all commands");
    AddCommonOptions();
    AddConnectionOptions();
    AddPublish();
    AddCustomers();
    AddLedger();
    AddBooks();
    AddFeed();
    AddIdentity();
    AddOperations();
    AddChannels();
    AddDeliveryCommands(&app_,
                        [this](Command command) { arguments_->command = std::move(command); });
    AddTillCommands(&app_, [this](Command command) { arguments_->command = std::move(command); });
    AddAccessCommands(&app_, [this](Command command) { arguments_->command = std::move(command); });
    AddAdminCommands(&app_, [this](Command command) { arguments_->command = std::move(command); });
    AddLogCommands(&app_, [this](Command command) { arguments_->command = std::move(command); });
    AddCompletion();
  }

  absl::StatusOr<Arguments> Parse(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::Success& success) {  // --help, --version
      std::ostringstream out;
      app_.exit(success, out, out);
      arguments_->command = PrintText{out.str()};
    } catch (const CLI::ParseError& error) {
      return absl::InvalidArgumentError(
          absl::StrCat(error.what(), "\nTry: ", CommandPath(), " --help"));
    }
    return *arguments_;
  }

 private:
  template <typename T>
  CLI::App* Leaf(CLI::App* parent, const char* name, const char* help, std::shared_ptr<T> command) {
    CLI::App* leaf = parent->add_subcommand(name, help);
    leaf->callback([this, command] { arguments_->command = *command; });
    return leaf;
  }

  void AddCommonOptions() {
    CommonOptions& common = arguments_->common;
    app_.add_option("--address", common.address, "Where carnetd listens, HOST:PORT")
        ->envname("CARNET_ADDRESS")
        ->type_name("HOST:PORT")
        ->capture_default_str();
    app_.add_option("--merchant", common.merchant, "Whose booklet to read")
        ->envname("CARNET_MERCHANT")
        ->type_name("NAME");
    app_.add_option_function<std::string>(
            "--output",
            [&common](const std::string& form) {
              common.output = form == "json" ? Output::kJson : Output::kTable;
            },
            "For people, or for programs: one object a line")
        ->check(CLI::IsMember({"table", "json"}).description(""))
        ->type_name("table|json");
    app_.add_option_function<double>(
            "--timeout", [&common](double seconds) { common.timeout = absl::Seconds(seconds); },
            "Seconds to wait for an answer (10)")
        ->check(CLI::Range(0.001, 86400.0).description(""))
        ->type_name("SECONDS");
    app_.add_option("--min-position,--after", common.min_position,
                    "Answer from a state that has seen this position, as publish printed it")
        ->type_name("POSITION");
  }

  // How to be let in.
  void AddConnectionOptions() {
    CommonOptions& common = arguments_->common;
    app_.add_option("--key-file", common.key_file,
                    "File with your key or token (or the key itself in CARNET_API_KEY)")
        ->envname("CARNET_KEY_FILE")
        ->type_name("FILE");
    app_.add_flag("--tls", common.tls, "Encrypted, the server known by the system's roots");
    app_.add_option("--ca", common.ca_file, "Encrypted, the server known by these roots (PEM)")
        ->envname("CARNET_CA")
        ->type_name("FILE");
    CLI::Option* certificate =
        app_.add_option("--certificate", common.certificate_file,
                        "Your own certificate (PEM), where the server wants one")
            ->envname("CARNET_CERTIFICATE")
            ->type_name("FILE");
    CLI::Option* key =
        app_.add_option("--certificate-key", common.certificate_key_file, "Its private key (PEM)")
            ->envname("CARNET_CERTIFICATE_KEY")
            ->type_name("FILE");
    certificate->needs(key);
    key->needs(certificate);
  }

  void AddPublish() {
    auto publish = std::make_shared<Publish>();
    CLI::App* app = Leaf(&app_, "publish",
                         "Publish changes: protobuf JSON, one carnet.v1.Change a line. Safe to "
                         "repeat: an id counts once.",
                         publish);
    app->add_option("files", publish->files, "Files of changes; - or none: standard input")
        ->type_name("FILE");
    app->add_flag("--wait", publish->wait, "Wait for the outcomes, and sum them up");
    app->add_flag("--results", publish->results, "Print what became of each line");
    app->add_option("--chunk", publish->chunk, "Changes a message")
        ->check(CLI::Range(1, 10000).description("1 to 10000"))
        ->capture_default_str();
    app->callback([this, publish] {
      if (publish->files.empty()) publish->files.push_back("-");
      arguments_->command = *publish;
    });
  }

  void AddCustomers() {
    CLI::App* customer = app_.add_subcommand("customer", "Who customers are");
    customer->require_subcommand(1);

    auto show = std::make_shared<ShowCustomer>();
    Leaf(customer, "show", "A customer's card: each value, and where it came from", show)
        ->add_option("customer", show->customer, "customers/ID, or the ID alone")
        ->type_name("ID")
        ->required();

    auto list = std::make_shared<ListCustomers>();
    AddLimit(Leaf(customer, "list", "All customers of a merchant", list), &list->limit);

    auto lookup = std::make_shared<LookupCustomers>();
    CLI::App* app =
        Leaf(customer, "lookup", "Find customers by phone, e-mail or external id", lookup);
    CLI::Option_group* key = app->add_option_group("key");
    key->add_option("--phone", lookup->phone, "In any format")->type_name("NUMBER");
    key->add_option("--email", lookup->email, "In any case")->type_name("ADDRESS");
    key->add_option("--external-id", lookup->external_id, "An id that a source gave")
        ->type_name("CHANNEL/SOURCE/ID");
    key->require_option(1);
    app->add_option("--country", lookup->country,
                    "Two-letter country of a phone without a country code")
        ->type_name("CC");
    AddCardCommands(&app_, customer, arguments_);
  }

  void AddLedger() {
    auto balance = std::make_shared<ShowBalance>();
    CLI::App* app = Leaf(&app_, "balance", "What a customer owes, as of any day", balance);
    AddCustomer(app, &balance->customer);
    AddUnit(app, &balance->unit);
    AddOwnRecord(app, &balance->own_record_only);
    AddDate(app, "--as-of", &balance->as_of, "As of this effective date");
    AddKnown(app, &balance->known);

    auto voucher = std::make_shared<ShowVoucher>();
    app = Leaf(&app_, "voucher", "One voucher: its legs, and the balance after it on both axes",
               voucher);
    app->add_option("code", voucher->code, "Its code, or merchants/MERCHANT/vouchers/NUMBER")
        ->type_name("CODE")
        ->required();
    app->add_option("--source", voucher->source, "The source whose code it is; none: generated")
        ->type_name("SOURCE");

    auto vouchers = std::make_shared<ListVouchers>();
    app = Leaf(&app_, "vouchers", "Vouchers of a customer or of the merchant, newest first",
               vouchers);
    app->add_option("customer", vouchers->customer, "customers/ID, or the ID alone; none: all")
        ->type_name("ID");
    app->add_option("--kind", vouchers->kinds, "Only these, such as sale,supplier-payment")
        ->delimiter(',')
        ->type_name("KIND,…");
    app->add_option("--status", vouchers->status, "Only those that stand, or were reversed")
        ->check(CLI::IsMember({"posted", "reversed"}).description(""))
        ->type_name("posted|reversed");
    AddPeriod(app, &vouchers->from, &vouchers->to);
    app->add_option("--code", vouchers->code, "Only those with exactly this code")
        ->type_name("CODE");
    app->add_option("--source", vouchers->source, "Only those of this source")->type_name("SOURCE");
    AddLimit(app, &vouchers->limit);

    auto statement = std::make_shared<ShowStatement>();
    app = Leaf(&app_, "statement", "A customer's account over a period: opening, lines, closing",
               statement);
    AddCustomer(app, &statement->customer);
    AddUnit(app, &statement->unit);
    app->add_flag("--payable", statement->payable, "What we owe them, not what they owe us");
    AddPeriod(app, &statement->from, &statement->to);
    AddKnown(app, &statement->known);
    AddOwnRecord(app, &statement->own_record_only);
    app->add_flag("--csv", statement->csv, "As CSV, with a line of titles");

    auto outcome = std::make_shared<ShowOutcome>();
    Leaf(&app_, "outcome", "What became of a change", outcome)
        ->add_option("change", outcome->change_id, "The change's id, a UUID")
        ->type_name("UUID")
        ->required();
  }

  void AddBooks() {
    auto sums = std::make_shared<ShowSums>();
    CLI::App* app = Leaf(&app_, "takings",
                         "What came in and went out, by day and method; or other accounts", sums);
    app->add_option("accounts", sums->accounts,
                    "Accounts of a trial balance, such as sales; none: all money")
        ->type_name("ACCOUNT");
    AddPeriod(app, &sums->from, &sums->to);
    AddKnown(app, &sums->known);
    app->add_option("--by", sums->period, "A sum for each day or month, or one over all")
        ->check(CLI::IsMember({"day", "month", "all"}).description(""))
        ->type_name("day|month|all")
        ->capture_default_str();
    AddUnit(app, &sums->unit);
    app->add_option("--source", sums->source, "Of one source only")->type_name("SOURCE");
    app->add_flag("--by-source", sums->by_source, "A sum for each source");

    auto trial_balance = std::make_shared<ShowTrialBalance>();
    app =
        Leaf(&app_, "trial-balance", "All accounts of the merchant, as of any day", trial_balance);
    AddDate(app, "--as-of", &trial_balance->as_of, "As of this effective date");
    AddKnown(app, &trial_balance->known);
    AddUnit(app, &trial_balance->unit);

    auto explain = std::make_shared<ExplainFigure>();
    app = Leaf(&app_, "explain",
               "The vouchers of which a figure is the sum, and where each is from", explain);
    app->add_option("customer", explain->customer,
                    "customers/ID, or the ID alone; none: an account of the merchant's own")
        ->type_name("ID");
    app->add_option("--account", explain->account, "receivable, payable, cash, sales, …")
        ->type_name("ACCOUNT");
    AddUnit(app, &explain->unit);
    AddPeriod(app, &explain->from, &explain->to);
    AddKnown(app, &explain->known);
    app->add_option("--source", explain->source, "Money of one source only")->type_name("SOURCE");
    AddOwnRecord(app, &explain->own_record_only);
    AddLimit(app, &explain->limit);

    Leaf(&app_, "verify", "Add up all books of the merchant anew, and say what does not agree",
         std::make_shared<VerifyBooks>());
  }

  void AddFeed() {
    auto subscribe = std::make_shared<Subscribe>();
    CLI::App* app = Leaf(&app_, "subscribe",
                         "Follow what changes, as JSON lines, until interrupted", subscribe);
    app->add_option("--from", subscribe->from, "First sequence wanted (1: from the beginning)")
        ->type_name("SEQUENCE");
    app->add_option("--epoch", subscribe->epoch, "Epoch that the sequence belongs to")
        ->type_name("EPOCH");
    app->add_flag("--snapshot", subscribe->snapshot, "Begin with every customer as it is now")
        ->excludes(app->get_option("--from"));
    app->add_option("--kinds", subscribe->kinds, "Only these, such as balance_changed")
        ->delimiter(',')
        ->type_name("KIND,…");
    app->add_option("--count", subscribe->count, "End after so many events")
        ->check(CLI::Validator(CLI::PositiveNumber).description(""))
        ->type_name("N");
  }

  void AddIdentity() {
    CLI::App* identity = app_.add_subcommand("identity", "Who is the same customer");
    identity->require_subcommand(1);
    auto command = std::make_shared<TryIdentity>();
    CLI::App* app = Leaf(identity, "try",
                         "What an export of contact changes would come to, without a server: "
                         "JSON lines {index, merchant, channel, external_id, occurred_at, region, "
                         "kind, fields}",
                         command);
    app->add_option("events", command->events, "The export")->type_name("FILE")->required();
    app->add_option("--clusters", command->clusters, "Write index,cluster here")->type_name("CSV");
    app->add_option("--suggestions", command->suggestions, "Write cluster,other,score here")
        ->type_name("CSV");
  }

  void AddOperations() {
    auto status = std::make_shared<ShowStatus>();
    Leaf(&app_, "status", "What carnetd runs, and how far its views are", status)
        ->add_option_function<double>(
            "--wait", [status](double seconds) { status->wait = absl::Seconds(seconds); },
            "First wait until it serves, so many seconds at most")
        ->check(CLI::Range(0.0, 86400.0).description(""))
        ->type_name("SECONDS");

    auto dead_letters = std::make_shared<ListDeadLetters>();
    CLI::App* app =
        Leaf(&app_, "dead-letters", "Records that could not be folded, newest first", dead_letters);
    app->add_flag("--untrusted", dead_letters->untrusted,
                  "Those of which the merchant could not be trusted, instead of a merchant's");
    AddLimit(app, &dead_letters->limit);
    auto show = std::make_shared<ShowDeadLetter>();
    CLI::App* shown = Leaf(app, "show", "What a channel had delivered, as it came", show);
    shown->add_option("change", show->change_id, "The dead letter's change id")
        ->type_name("CHANGE")
        ->required();
    shown->add_flag("--raw", show->raw, "Print the body alone, byte for byte");
    // Without a subcommand: the list.
    app->callback([this, app, dead_letters] {
      if (app->get_subcommands().empty()) arguments_->command = *dead_letters;
    });
  }

  void AddChannels() {
    CLI::App* channel = app_.add_subcommand("channel", "Web shops, pages and tills that send");
    channel->require_subcommand(1);
    auto attempt = std::make_shared<TryChannel>();
    CLI::App* app = Leaf(channel, "try",
                         "What payloads would become, one JSON object each, without publishing; "
                         "several are taken one after the other",
                         attempt);
    app->add_option("channel", attempt->channel, "woocommerce, shopify, meta, kiotviet or square")
        ->type_name("CHANNEL")
        ->required();
    app->add_option("files", attempt->files, "Bodies as they came")->type_name("FILE")->required();
    app->add_option("--topic", attempt->topics,
                    "As the channel names it (order.updated), for all files, or given once for "
                    "each; none: from headers or the payload")
        ->type_name("TOPIC")
        ->allow_extra_args(false);
    app->add_option("--source", attempt->source, "Name of the shop, page or retailer")
        ->type_name("NAME");
    app->add_option("--country", attempt->country,
                    "Two-letter country of phones without a country code")
        ->type_name("CC");
    app->add_option("--header", attempt->headers, "A header that came with it; may be repeated")
        ->type_name("NAME:VALUE")
        ->allow_extra_args(false);
  }

  void AddCompletion() {
    CLI::App* completion =
        app_.add_subcommand("completion", "Print a script that completes commands in your shell");
    auto shell = std::make_shared<std::string>();
    completion->add_option("shell", *shell, "bash, zsh or fish")
        ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""))
        ->type_name("SHELL")
        ->required();
    completion->callback(
        [this, shell] { arguments_->command = PrintText{CompletionScript(*shell, app_)}; });
  }

  void AddLimit(CLI::App* app, int64_t* limit) {
    app->add_option("--limit", *limit, "So many at most; 0: all")
        ->check(CLI::Validator(CLI::NonNegativeNumber).description(""))
        ->type_name("N")
        ->capture_default_str();
  }

  void AddCustomer(CLI::App* app, std::string* customer) {
    app->add_option("customer", *customer, "customers/ID, or the ID alone")
        ->type_name("ID")
        ->required();
  }

  void AddUnit(CLI::App* app, std::string* unit) {
    app->add_option("--unit", *unit, "One currency only")->type_name("CODE");
  }

  void AddOwnRecord(CLI::App* app, bool* own_record_only) {
    app->add_flag("--own-record", *own_record_only,
                  "Of that source record alone, not of all that are linked with it");
  }

  void AddDate(CLI::App* app, const char* name, std::string* date, const char* help) {
    app->add_option(name, *date, help)->type_name("YYYY-MM-DD");
  }

  void AddKnown(CLI::App* app, std::string* date) {
    AddDate(app, "--known", date, "As it was known at the end of this recorded date");
  }

  void AddPeriod(CLI::App* app, std::string* from, std::string* to) {
    AddDate(app, "--from", from, "First effective date");
    AddDate(app, "--to", to, "Last effective date");
  }

  // "carnet customer show", as far as it was understood.
  std::string CommandPath() const {
    std::string path = app_.get_name();
    const CLI::App* at = &app_;
    while (!at->get_subcommands().empty()) {
      at = at->get_subcommands().front();
      absl::StrAppend(&path, " ", at->get_name());
    }
    return path;
  }

  Arguments* const arguments_;
  CLI::App app_{
      "Carnet on the command line: publish what happened, ask who customers are and what "
      "they owe.",
      "carnet"};
};

}  // namespace

absl::StatusOr<Arguments> ParseArguments(int argc, const char* const* argv) {
  Arguments arguments;
  return Parser(&arguments).Parse(argc, argv);
}

}  // namespace carnet::cli
