// The command line's verbs for cards, against a real server: what people read, what programs read,
// and what is said to whom it refuses.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "carnet/v1/identity_service.pb.h"
#include "tests/acceptance/card/card_fixture.h"

namespace carnet::acceptance {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class CliTest : public CardTest {
 protected:
  // One object a line.
  template <typename Message>
  std::vector<Message> Json(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--output", "json"});
    const CliRun run = Cli(arguments);
    EXPECT_EQ(run.exit_code, 0) << run.errors;
    std::vector<Message> messages;
    for (const auto& line : absl::StrSplit(run.output, '\n', absl::SkipEmpty()))
      messages.push_back(Parsed<Message>(std::string(line)));
    return messages;
  }

  template <typename Message>
  static Message Parsed(const std::string& line) {
    Message message;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(line, &message).ok()) << line;
    return message;
  }

  v1::Customer CreateCard(const std::string& json) {
    const auto cards = Json<v1::Customer>({"customer", "create", json});
    EXPECT_EQ(cards.size(), 1u);
    return cards.empty() ? v1::Customer() : cards[0];
  }

  void Sell(const std::string& id, const std::string& amount) {
    EXPECT_EQ(
        Publish(absl::StrCat(
                    "channel: 'pos' source: 'till-1' intent: INTENT_FACT customer: '", id,
                    "' body { posting { kind: VOUCHER_KIND_SALE total { unit: 'EUR' decimal: '",
                    amount, "' } tenders { method: TENDER_METHOD_ON_ACCOUNT amount { decimal: '",
                    amount, "' } } } }"))
            .status(),
        v1::OUTCOME_STATUS_APPLIED);
  }
};

TEST_F(CliTest, CreateShowUpdateAndWhoSaidWhat) {
  const CliRun created = Cli({"customer", "create",
                              R"({"name": {"full": {"plain": "Camille Roux"}},
                                  "emails": [{"plain": "camille@gmial.com"}], "sector": "food"})"});
  EXPECT_EQ(created.exit_code, 0) << created.errors;
  EXPECT_THAT(created.output, StartsWith("Camille Roux\nmerchants/shop-1/customers/"));
  EXPECT_THAT(created.output, HasSubstr("back-office/cli"));
  EXPECT_THAT(created.errors, HasSubstr("did you mean camille@gmail.com?"));
  const std::string id = IdOf(List().at(0).name());

  // A program reads the etag, and changes only what it names.
  const auto shown = Json<v1::Customer>({"customer", "show", id});
  ASSERT_EQ(shown.size(), 1u);
  EXPECT_EQ(shown[0].warnings_size(), 1);
  const auto updated = Json<v1::Customer>({"customer", "update", id,
                                           R"({"emails": [{"plain": "camille@gmail.com"}]})",
                                           "--fields", "emails,sector", "--etag", shown[0].etag()});
  ASSERT_EQ(updated.size(), 1u);
  EXPECT_EQ(updated[0].contact().emails(0).plain(), "camille@gmail.com");
  EXPECT_EQ(updated[0].contact().sector(), "");

  const CliRun late =
      Cli({"customer", "update", id, R"({"sector": "toys"})", "--etag", shown[0].etag()});
  EXPECT_EQ(late.exit_code, 1);
  EXPECT_THAT(late.errors, AllOf(HasSubstr("ETAG_CHANGED"), HasSubstr("look again")));

  const CliRun explained = Cli({"customer", "explain", id, "--field", "emails"});
  EXPECT_THAT(explained.output, AllOf(StartsWith("FIELD"), HasSubstr("camille@gmail.com"),
                                      HasSubstr("EARLIER"), Not(HasSubstr("Camille Roux"))));
  const CliRun all = Cli({"--output", "json", "customer", "explain", id});
  const std::vector<std::string> lines = absl::StrSplit(all.output, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 4u) << all.output;  // name, emails, sector, and why it is one customer
  const auto links = Parsed<v1::ExplainLinksResponse>(lines[3]);
  ASSERT_EQ(links.links_size(), 1);  // what was updated stands in a record of its own
  EXPECT_TRUE(links.links(0).by_person());
  const CliRun history = Cli({"customer", "history", id});
  const auto newest = history.output.find("camille@gmail.com");
  EXPECT_LT(newest, history.output.find("camille@gmial.com"));

  const auto change =
      std::to_string(Parsed<v1::FieldExplanation>(lines[2]).values(1).origin().change_number());
  const CliRun reverted = Cli({"customer", "revert", id, "sector", change});
  EXPECT_EQ(reverted.exit_code, 0) << reverted.errors;
  EXPECT_EQ(Get("merchants/shop-1/customers/" + id).contact().sector(), "food");
  const CliRun never = Cli({"customer", "revert", id, "sector", "9999"});
  EXPECT_EQ(never.exit_code, 1);
  EXPECT_THAT(never.errors, HasSubstr("ExplainCustomer lists what did"));
}

TEST_F(CliTest, ACardFromAnotherProgramAndUnderItsOwnId) {
  const std::string file = scratch_.path() + "/scratch/contact.json";
  std::ofstream(file) << R"({"name": {"full": {"plain": "Linh"}}})";
  const CliRun run = Cli(
      {"customer", "create", R"({"name": {"full": {"plain": "Linh"}}})", "--external-id", "A-31"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_THAT(Cli({"customer", "lookup", "--external-id", "back-office/cli/A-31"}).output,
              HasSubstr("Linh"));
}

TEST_F(CliTest, WhatMakesNoSenseIsSaidWithWhatToDo) {
  const CliRun json = Cli({"customer", "create", "{sector"});
  EXPECT_NE(json.exit_code, 0);
  EXPECT_THAT(json.errors, HasSubstr("UNPARSABLE"));
  const CliRun field = Cli({"customer", "create", R"({"shoe_size": 4})"});
  EXPECT_NE(field.exit_code, 0);
  EXPECT_THAT(field.errors, HasSubstr("shoe_size"));
  const CliRun nobody = Cli({"customer", "show", "0196dd0c-b640-74e1-9bbb-52825cc4d701"});
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_THAT(nobody.errors, AllOf(HasSubstr("CUSTOMER_UNKNOWN"), HasSubstr("customer list")));
  const CliRun order = Cli({"customer", "search", "x", "--order", "shoe-size"});
  EXPECT_EQ(order.exit_code, 2);
  const CliRun amount = Cli({"customer", "search", "--min-balance", "5"});
  EXPECT_NE(amount.exit_code, 0);
  EXPECT_THAT(amount.errors, HasSubstr("--unit"));
  const CliRun words = Cli({"customer", "search", "a b c d e f g h i"});
  EXPECT_EQ(words.exit_code, 1);
  EXPECT_THAT(words.errors, HasSubstr("QUERY_MALFORMED"));
  ASSERT_EQ(
      Cli({"policy", "set", R"({"fields": [{"field": "phones", "required": true}]})"}).exit_code,
      0);
  const CliRun required = Cli({"customer", "create", R"({"sector": "food"})"});
  EXPECT_EQ(required.exit_code, 1);
  EXPECT_THAT(required.errors,
              AllOf(HasSubstr("REQUIRED_FIELD"), HasSubstr("phones"), HasSubstr("policy show")));
}

TEST_F(CliTest, SearchWithEveryFilter) {
  const std::string camille = IdOf(CreateCard(R"({"type": "PARTY_TYPE_CONSUMER",
      "name": {"full": {"plain": "Camille Roux"}}, "emails": [{"plain": "camille@roux.fr"}],
      "tags": ["vip"], "role": "CUSTOMER_ROLE_AGENT", "assignee": {"team": "north"}})")
                                       .name());
  const std::string company = IdOf(CreateCard(R"({"type": "PARTY_TYPE_COMPANY",
      "company_name": {"plain": "Roux SARL"}, "assignee": {"person": "anna"}})")
                                       .name());
  CreateCard(absl::StrCat(R"({"name": {"full": {"plain": "Hugo"}}, "company": "customers/)",
                          company, R"("})"));
  Sell(camille, "40.00");
  EXPECT_EQ(Cli({"customer", "consent", "newsletter", "--email", "camille@roux.fr", "--how",
                 "paper form"})
                .exit_code,
            0);
  const auto found = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"customer", "search"});
    std::vector<std::string> names;
    for (const auto& card : Json<v1::Customer>(more)) names.push_back(card.display_name());
    return names;
  };
  EXPECT_THAT(found({"roux"}), ElementsAre("Camille Roux", "Roux SARL"));
  EXPECT_THAT(found({"roux", "--type", "company"}), ElementsAre("Roux SARL"));
  EXPECT_THAT(found({"--role", "agent"}), ElementsAre("Camille Roux"));
  EXPECT_THAT(found({"--tag", "vip"}), ElementsAre("Camille Roux"));
  EXPECT_THAT(found({"--channel", "pos"}), IsEmpty());
  EXPECT_THAT(found({"--team", "north"}), ElementsAre("Camille Roux"));
  EXPECT_THAT(found({"--person", "anna"}), ElementsAre("Roux SARL"));
  EXPECT_THAT(found({"--company", company}), ElementsAre("Hugo"));
  EXPECT_THAT(found({"--consent", "newsletter"}), ElementsAre("Camille Roux"));
  EXPECT_THAT(found({"--min-balance", "40", "--unit", "EUR"}), ElementsAre("Camille Roux"));
  EXPECT_THAT(found({"--min-balance", "40.01", "--unit", "EUR"}), IsEmpty());
  EXPECT_THAT(found({"--max-balance", "0", "--unit", "EUR"}), ElementsAre("Hugo", "Roux SARL"));
  EXPECT_THAT(found({"--bought-since", "2020-01-01"}), ElementsAre("Camille Roux"));
  EXPECT_THAT(found({"--not-bought-since", "2020-01-01"}), ElementsAre("Hugo", "Roux SARL"));
  EXPECT_THAT(found({"--order", "bought", "--descending", "--limit", "1"}),
              ElementsAre("Camille Roux"));
  const CliRun table = Cli({"customer", "search", "camile"});  // a slip of the finger
  EXPECT_THAT(table.output, AllOf(StartsWith("NAME"), HasSubstr("Camille Roux"),
                                  HasSubstr("40.00 EUR"), HasSubstr("1 customer\n")));
  EXPECT_EQ(Cli({"customer", "search", "nobody"}).output, "Nobody found.\n");
  const CliRun best = Cli({"customer", "best", "--unit", "EUR"});
  EXPECT_THAT(best.output, AllOf(HasSubstr("Camille Roux"), HasSubstr("40.00 EUR")));

  // The same filters choose what is exported: a mailing to those who allowed it.
  const CliRun mailing = Cli({"customer", "export", "-", "--consent", "newsletter"});
  EXPECT_THAT(mailing.output, AllOf(HasSubstr("camille@roux.fr"), Not(HasSubstr("SARL"))));
  EXPECT_EQ(Cli({"customer", "consent", "newsletter", "--email", "camille@roux.fr", "--withdraw"})
                .exit_code,
            0);
  EXPECT_THAT(found({"--consent", "newsletter"}), IsEmpty());
  const CliRun shown = Cli({"customer", "show", camille});
  EXPECT_EQ(shown.exit_code, 0) << shown.errors;
  EXPECT_THAT(shown.output, HasSubstr("withdrawn"));
}

TEST_F(CliTest, ArchiveRestoreAndDuplicate) {
  const std::string id = IdOf(CreateCard(R"({"name": {"full": {"plain": "Camille"}},
      "emails": [{"plain": "camille@roux.fr"}], "sector": "food"})")
                                  .name());
  Sell(id, "40.00");
  const CliRun refused = Cli({"customer", "archive", id});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.errors,
              AllOf(HasSubstr("HAS_BALANCE"), HasSubstr("EUR"), HasSubstr("--keep-balance")));
  const CliRun archived = Cli({"customer", "archive", id, "--keep-balance"});
  EXPECT_EQ(archived.exit_code, 0) << archived.errors;
  EXPECT_THAT(archived.output, HasSubstr("Archived: out of sight."));
  EXPECT_EQ(Cli({"customer", "search", "camille"}).output, "Nobody found.\n");
  EXPECT_THAT(Cli({"customer", "search", "camille", "--archived"}).output, HasSubstr("Camille"));
  const CliRun restored = Cli({"customer", "restore", id});
  EXPECT_EQ(restored.exit_code, 0) << restored.errors;
  EXPECT_THAT(restored.output, Not(HasSubstr("Archived")));

  const auto copy = Json<v1::Customer>({"customer", "duplicate", id});
  ASSERT_EQ(copy.size(), 1u);
  EXPECT_EQ(copy[0].contact().sector(), "food");
  EXPECT_EQ(copy[0].contact().emails_size(), 0);
  EXPECT_EQ(copy[0].balances_size(), 0);
}

TEST_F(CliTest, ExportEditImport) {
  CreateCard(R"({"name": {"full": {"plain": "Camille"}}, "sector": "food"})");
  for (const char* name : {"cards.csv", "cards.xlsx"}) {
    const std::string file = scratch_.path() + "/scratch/" + name;
    const CliRun out = Cli({"customer", "export", file});
    EXPECT_EQ(out.exit_code, 0) << out.errors;
    EXPECT_THAT(out.errors, HasSubstr("1 customer"));
    const CliRun again = Cli({"customer", "import", file});
    EXPECT_EQ(again.exit_code, 0) << again.errors;
    EXPECT_THAT(again.errors, HasSubstr("1 unchanged"));
  }
  const std::string file = scratch_.path() + "/scratch/new.csv";
  std::ofstream(file) << "name.full,emails,type\nLinh,linh@gmial.com,\nBob,,person\n";
  const CliRun preview = Cli({"customer", "import", file, "--preview"});
  EXPECT_EQ(preview.exit_code, 1);
  EXPECT_THAT(preview.output,
              AllOf(HasSubstr("row 2: created"), HasSubstr("linh@gmail.com"),
                    HasSubstr("row 3: refused"), HasSubstr("it is one of: consumer, company")));
  EXPECT_THAT(preview.errors, HasSubstr("preview: 1 created, 1 refused"));
  EXPECT_EQ(List().size(), 1u);
  const CliRun imported = Cli({"customer", "import", file, "--source", "old-till"});
  EXPECT_EQ(imported.exit_code, 1);
  EXPECT_THAT(imported.errors, HasSubstr("1 created, 1 refused"));
  EXPECT_THAT(imported.output, Not(HasSubstr("REQUIRED")));
  EXPECT_THAT(Cli({"customer", "search", "linh"}).output, HasSubstr("Linh"));
  const auto rows =
      Json<v1::ImportRow>({"customer", "import", scratch_.path() + "/scratch/cards.csv"});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].result(), v1::IMPORT_RESULT_UNCHANGED);

  std::ofstream(file) << "name.full,shoe size\nx,y\n";
  const CliRun unknown = Cli({"customer", "import", file});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.errors, AllOf(HasSubstr("row 1, column B"), HasSubstr("FILE_COLUMN_UNKNOWN"),
                                    HasSubstr("carnet customer export FILE")));
  const CliRun nowhere = Cli({"customer", "import", "/nowhere.csv"});
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_THAT(nowhere.errors, HasSubstr("can't open /nowhere.csv"));
  EXPECT_THAT(Cli({"customer", "export", "/nowhere/x.csv"}).errors,
              HasSubstr("can't open /nowhere/x.csv"));
}

}  // namespace
}  // namespace carnet::acceptance
