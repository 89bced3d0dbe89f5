#include "cli/arguments_cards.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace carnet::cli {
namespace {

class Adder {
 public:
  Adder(CLI::App* app, Arguments* arguments) : app_(app), arguments_(arguments) {}

  void AddSearches(CLI::App* customer) {
    auto search = std::make_shared<SearchCustomers>();
    CLI::App* app = Leaf(
        customer, "search",
        "Find customers by words of name, e-mail, code or tag, or by a phone's digits", search);
    app->add_option("query", search->query, "Words, in any order")->type_name("WORDS");
    app->add_option("--order", search->order, "name, balance, bought or last-purchase")
        ->check(CLI::IsMember({"name", "balance", "bought", "last-purchase"}).description(""))
        ->type_name("ORDER")
        ->capture_default_str();
    app->add_flag("--descending", search->descending, "Largest or newest first");
    AddFilter(app, &search->filter);
    AddLimit(app, &search->limit);

    auto rank = std::make_shared<RankCustomers>();
    app = Leaf(customer, "best", "The best customers of a period", rank);
    app->add_option("--unit", rank->unit, "Currency")->type_name("CODE")->required();
    app->add_option("--from", rank->from, "First day")->type_name("YYYY-MM-DD");
    app->add_option("--to", rank->to, "Last day")->type_name("YYYY-MM-DD");
    app->add_flag("--net", rank->net, "By what was bought without tax");
    AddLimit(app, &rank->limit);

    for (const bool history : {false, true}) {
      auto explain = std::make_shared<ExplainCustomer>();
      explain->history = history;
      app = Leaf(customer, history ? "history" : "explain",
                 history ? "What was said of a customer, newest first"
                         : "Each field and each link: why it is so, and what the others lost by",
                 explain);
      AddCustomer(app, &explain->customer);
      app->add_option("--field", explain->field, "This field only")->type_name("FIELD");
    }
  }

  void AddWrites(CLI::App* customer) {
    for (const bool is_new : {true, false}) {
      auto write = std::make_shared<WriteCustomer>();
      CLI::App* app = Leaf(customer, is_new ? "create" : "update",
                           is_new ? "A new card" : "Change fields of a card", write);
      if (!is_new) AddCustomer(app, &write->customer);
      app->add_option(
             "contact", write->contact,
             "Fields as JSON: '{\"emails\": [{\"plain\": \"a@b.fr\"}]}'; -: from standard input")
          ->type_name("JSON")
          ->required();
      if (is_new) {
        app->add_option("--external-id", write->external_id, "By which they are known")
            ->type_name("ID");
        continue;
      }
      app->add_option("--fields", write->fields, "Only these; those that are empty are cleared")
          ->delimiter(',')
          ->type_name("FIELD,…");
      app->add_option(
             "--etag", write->etag,
             "Only if the card is still that one, by the etag of `customer show --output json`")
          ->type_name("ETAG");
    }
    auto revert = std::make_shared<RevertField>();
    CLI::App* app = Leaf(customer, "revert", "Put a field back to an earlier value", revert);
    AddCustomer(app, &revert->customer);
    app->add_option("field", revert->field, "Which field")->type_name("FIELD")->required();
    app->add_option("change", revert->change, "Number of the change that said it; see explain")
        ->type_name("NUMBER")
        ->required();
    auto duplicate = std::make_shared<DuplicateCustomer>();
    AddCustomer(Leaf(customer, "duplicate", "A copy without identifiers", duplicate),
                &duplicate->customer);
    for (const bool restore : {false, true}) {
      auto archive = std::make_shared<ArchiveCustomer>();
      archive->restore = restore;
      app = Leaf(customer, restore ? "restore" : "archive",
                 restore ? "Put a customer back in sight" : "Put a customer out of sight", archive);
      AddCustomer(app, &archive->customer);
      if (!restore)
        app->add_flag("--keep-balance", archive->keep_balance, "Though something is open");
    }
    auto consent = std::make_shared<RecordConsent>();
    app = Leaf(customer, "consent", "A use of an address or number is allowed, or no longer",
               consent);
    app->add_option("purpose", consent->purpose, "What for: newsletter, sms …")
        ->type_name("PURPOSE")
        ->required();
    CLI::Option_group* target = app->add_option_group("target");
    target->add_option("--email", consent->email, "Of this address")->type_name("ADDRESS");
    target->add_option("--phone", consent->phone, "Of this number")->type_name("NUMBER");
    target->require_option(1);
    app->add_flag("--withdraw", consent->withdraw, "No longer");
    app->add_option("--how", consent->how, "\"paper form\"")->type_name("TEXT");
    app->add_option("--place", consent->place, "\"shop Hanoi 2\"")->type_name("TEXT");
    CLI::App* policy = app_->add_subcommand("policy", "How a merchant's booklet is kept");
    policy->require_subcommand(1);
    Leaf(policy, "show", "Today's policy", std::make_shared<ShowPolicy>());
    auto set = std::make_shared<SetPolicy>();
    app = Leaf(policy, "set", "Change it", set);
    app->add_option("policy", set->policy, "Fields as JSON: '{\"country\": \"FR\"}'")
        ->type_name("JSON")
        ->required();
    app->add_option("--fields", set->fields, "Only these; those that are empty are emptied")
        ->delimiter(',')
        ->type_name("FIELD,…");
    app->add_option("--etag", set->etag, "Only if it is still that one")->type_name("ETAG");
  }

  void AddIdentity(CLI::App* customer) {
    auto suggestions = std::make_shared<ListSuggestions>();
    CLI::App* app =
        Leaf(customer, "suggestions",
             "Who else this may be, and why: link or distinguish says which", suggestions);
    AddCustomer(app, &suggestions->customer);
    app->add_option("--limit", suggestions->limit, "So many at most")->type_name("N");
    auto link = std::make_shared<LinkCustomer>();
    app = Leaf(customer, "link", "These two are one customer", link);
    AddPair(app, link.get());
    app->add_flag("--preview", link->preview, "Only say what it would come to");
    auto unlink = std::make_shared<UnlinkCustomer>();
    app = Leaf(customer, "unlink", "Undo a link between two source records", unlink);
    AddPair(app, unlink.get());
    app->add_flag("--preview", unlink->preview, "Only say what it would come to");
    auto distinguish = std::make_shared<DistinguishCustomer>();
    AddPair(Leaf(customer, "distinguish", "These two are not the same customer", distinguish),
            distinguish.get());
    auto erase = std::make_shared<EraseCustomer>();
    app = Leaf(customer, "erase", "Forget who this was, for ever; the books stay", erase);
    AddCustomer(app, &erase->customer);
    app->add_option("--etag", erase->etag, "Only if the card is still that one")->type_name("ETAG");
    app->add_flag("--yes", erase->yes, "There is no way back");
  }

  void AddFiles(CLI::App* customer) {
    auto out = std::make_shared<ExportCustomers>();
    CLI::App* app =
        Leaf(customer, "export", "Customers as a file that can be changed and imported", out);
    app->add_option("file", out->file, "Ends in .csv or .xlsx; -: CSV to standard output")
        ->type_name("FILE")
        ->required();
    app->add_option("--query", out->query, "Only those found by these words")->type_name("WORDS");
    AddFilter(app, &out->filter);
    auto in = std::make_shared<ImportCustomers>();
    app = Leaf(customer, "import", "Take such a file", in);
    app->add_option("file", in->file, "CSV or XLSX")->type_name("FILE")->required();
    app->add_flag("--preview", in->preview, "Only say what would happen");
    app->add_option("--source", in->source, "To which new customers belong")->type_name("NAME");
  }

  template <typename Pair>
  static void AddPair(CLI::App* app, Pair* pair) {
    AddCustomer(app, &pair->customer);
    app->add_option("other", pair->other, "The other one")->type_name("ID")->required();
  }

  static void AddCustomer(CLI::App* app, std::string* customer) {
    app->add_option("customer", *customer, "customers/ID, or the ID alone")
        ->type_name("ID")
        ->required();
  }

 private:
  template <typename T>
  CLI::App* Leaf(CLI::App* parent, const char* name, const char* help, std::shared_ptr<T> command) {
    CLI::App* leaf = parent->add_subcommand(name, help);
    leaf->callback([arguments = arguments_, command] { arguments->command = *command; });
    return leaf;
  }

  static void AddFilter(CLI::App* app, FilterWords* filter) {
    const auto one_of = [app](const char* name, std::string* value, std::vector<std::string> words,
                              const char* help) {
      app->add_option(name, *value, help)
          ->check(CLI::IsMember(std::move(words)).description(""))
          ->type_name("WORD");
    };
    one_of("--type", &filter->type, {"consumer", "company"}, "consumer or company");
    one_of("--role", &filter->role, {"none", "collaborator", "agent"},
           "none, collaborator or agent");
    app->add_option("--channel", filter->channel, "Seen in this channel")->type_name("NAME");
    app->add_option("--tag", filter->tag, "With this tag")->type_name("TAG");
    app->add_option("--min-balance", filter->min_balance, "Owes at least; with --unit")
        ->type_name("AMOUNT");
    app->add_option("--max-balance", filter->max_balance, "Owes at most; with --unit")
        ->type_name("AMOUNT");
    app->add_option("--unit", filter->unit, "Currency of the amounts")->type_name("CODE");
    app->add_option("--bought-since", filter->bought_since, "Bought on this day or later")
        ->type_name("YYYY-MM-DD");
    app->add_option("--not-bought-since", filter->not_bought_since, "Nothing since this day")
        ->type_name("YYYY-MM-DD");
    app->add_option("--consent", filter->consent, "Allowed this use")->type_name("PURPOSE");
    app->add_option("--company", filter->company, "Contact of this company")->type_name("ID");
    app->add_option("--person", filter->person, "Assigned to this person")->type_name("ID");
    app->add_option("--team", filter->team, "Assigned to this team")->type_name("ID");
    app->add_flag("--incomplete", filter->incomplete, "Without a field that policy requires");
    app->add_flag("--archived", filter->archived, "Also those out of sight");
  }

  static void AddLimit(CLI::App* app, int64_t* limit) {
    app->add_option("--limit", *limit, "So many at most; 0: all")
        ->check(CLI::Validator(CLI::NonNegativeNumber).description(""))
        ->type_name("N")
        ->capture_default_str();
  }

  CLI::App* const app_;
  Arguments* const arguments_;
};

}  // namespace

void AddCardCommands(CLI::App* app, CLI::App* customer, Arguments* arguments) {
  Adder adder(app, arguments);
  adder.AddSearches(customer);
  adder.AddWrites(customer);
  adder.AddIdentity(customer);
  adder.AddFiles(customer);
}

}  // namespace carnet::cli
