#include "cli/arguments_till.h"

#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

namespace carnet::cli {
namespace {

void AddSaying(CLI::App* leaf, Till* till) {
  leaf->add_option("--source", till->source, "Which till")->type_name("NAME")->required();
  leaf->add_option("--channel", till->channel, "Its channel")
      ->type_name("NAME")
      ->capture_default_str();
  leaf->add_option("--actor", till->actor, "Who is at it, an id")->type_name("ID");
  leaf->add_option("--at", till->at, "When, such as 2026-05-28T09:30:00+02:00; none: now")
      ->type_name("TIME");
  leaf->add_option("--name", till->name, "The customer's name")->type_name("TEXT");
  leaf->add_option("--phone", till->phone, "Their phone")->type_name("NUMBER");
  leaf->add_option("--email", till->email, "Their e-mail address")->type_name("ADDRESS");
}

}  // namespace

void AddTillCommands(CLI::App* app, std::function<void(Command)> choose) {
  CLI::App* const group = app->add_subcommand(
      "till",
      "A till that may be offline: what it says is kept in a file, and sent when the server can be "
      "reached. It may end at any moment, and sync as often as it likes: everything counts once.");
  group->require_subcommand(1);
  const auto till = std::make_shared<Till>();
  group->add_option("--queue", till->queue, "The file")
      ->envname("CARNET_TILL_QUEUE")
      ->type_name("FILE")
      ->capture_default_str();
  const auto leaf = [&](const char* name, Till::Verb verb, const char* help) {
    CLI::App* const command = group->add_subcommand(name, help);
    command->callback([till, verb, choose] {
      till->verb = verb;
      if (verb == Till::Verb::kAdd && till->files.empty()) till->files.push_back("-");
      choose(*till);
    });
    return command;
  };

  CLI::App* add = leaf("add", Till::Verb::kAdd,
                       "Queue changes: protobuf JSON, one carnet.v1.Change a line; all or none. "
                       "What they lack of id, merchant and time is filled in.");
  add->add_option("files", till->files, "Files of changes; - or none: standard input")
      ->type_name("FILE");

  CLI::App* sell = leaf("sell", Till::Verb::kSell, "Queue a sale, or another voucher");
  AddSaying(sell, till.get());
  sell->add_option("--customer", till->customer, "Their id at that till; none: a walk-in")
      ->type_name("ID");
  sell->add_option("--kind", till->kind, "What it is")
      ->check(CLI::IsMember({"sale", "return", "receipt", "payment"}).description(""))
      ->type_name("sale|return|receipt|payment")
      ->capture_default_str();
  sell->add_option("--code", till->code, "The ticket's code")->type_name("CODE");
  sell->add_option("--total", till->total, "Such as 12.50")->type_name("AMOUNT")->required();
  sell->add_option("--unit", till->unit, "Currency")->type_name("CODE")->required();
  sell->add_option("--tender", till->tenders,
                   "How it was paid, such as card=10.00 on-account=2.50; none: in cash")
      ->type_name("METHOD=AMOUNT");

  CLI::App* contact = leaf("contact", Till::Verb::kContact, "Queue what was learnt of a customer");
  AddSaying(contact, till.get());
  contact->add_option("--customer", till->customer, "Their id at that till")
      ->type_name("ID")
      ->required();

  CLI::App* sync = leaf("sync", Till::Verb::kSync, "Send what waits, and remember the answers");
  sync->add_option("--chunk", till->chunk, "Changes a message")
      ->check(CLI::Range(1, 10000).description("1 to 10000"))
      ->capture_default_str();
  sync->add_option("--keep", till->keep,
                   "Forget what counts, once that is more than so many changes")
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""))
      ->type_name("N")
      ->capture_default_str();

  CLI::App* report =
      leaf("report", Till::Verb::kReport, "What was refused and why, what is remarked, what waits");
  report->add_flag("--all", till->all, "Also what waits or counts without a remark");

  CLI::App* drop = leaf("drop", Till::Verb::kDrop, "Give up changes that were refused");
  drop->add_option("ids", till->ids, "Their ids")->type_name("UUID")->required();
}

}  // namespace carnet::cli
