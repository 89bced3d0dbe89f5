// An export is the import's template: what goes out comes in again as it was, here, at another
// merchant's, and through a program for spreadsheets.
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "files/card_columns.h"
#include "files/rows.h"
#include "tests/acceptance/card/card_fixture.h"

namespace carnet::acceptance {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<files::Row> RowsOf(const std::string& file) {
  auto reader = files::ReadRows(file, v1::FILE_FORMAT_UNSPECIFIED);
  EXPECT_TRUE(reader.ok()) << reader.status();
  std::vector<files::Row> rows;
  files::Row row;
  for (;;) {
    const auto more = (*reader)->Next(&row);
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) return rows;
    row.resize(std::max(row.size(), rows.empty() ? 0 : rows.front().size()));
    rows.push_back(row);
  }
}

std::string FileOf(const std::vector<files::Row>& rows, v1::FileFormat format) {
  auto writer = files::WriteRows(format);
  EXPECT_TRUE(writer.ok()) << writer.status();
  for (const auto& row : rows) EXPECT_TRUE((*writer)->Add(row).ok());
  EXPECT_TRUE((*writer)->Finish().ok());
  std::string file;
  for (std::string piece; !(piece = (*writer)->Take()).empty();) file += piece;
  return file;
}

// Without what a merchant's booklet gives of itself: id, version and balance. Other ids are another
// order, so: sorted.
std::vector<files::Row> WithoutIds(std::vector<files::Row> rows) {
  for (auto row = rows.begin() + 1; row != rows.end(); ++row) {
    for (const size_t own : {0, 1, 3}) (*row)[own].clear();
  }
  std::sort(rows.begin() + 1, rows.end());
  return rows;
}

// A row in one line: cells that hold something, by their titles.
std::vector<std::string> LinesOf(const std::vector<files::Row>& rows) {
  std::vector<std::string> lines;
  for (auto row = rows.begin() + 1; row != rows.end(); ++row) {
    std::string& line = lines.emplace_back();
    for (size_t i = 0; i < row->size(); ++i) {
      if (!(*row)[i].empty()) absl::StrAppend(&line, rows[0][i], "=", (*row)[i], "|");
    }
  }
  return lines;
}

class RoundTripTest : public CardTest {
 protected:
  // One of everything, and what files like to spoil.
  void FillShop() {
    for (const char* merchant : {kShop, "shop-2"}) {
      Policy(
          "country: 'FR' custom_fields { key: 'size' label: 'Size' type: CUSTOM_FIELD_TYPE_NUMBER "
          "} "
          "custom_fields { key: 'since' label: 'Since' type: CUSTOM_FIELD_TYPE_DATE } "
          "custom_fields "
          "{ key: 'vip' label: 'VIP' type: CUSTOM_FIELD_TYPE_YES_NO } custom_fields { key: "
          "'colour' "
          "label: 'Colour' type: CUSTOM_FIELD_TYPE_CHOICE choices { key: 'red' label: 'Red' } } "
          "custom_fields { key: 'remark' label: 'Remark' type: CUSTOM_FIELD_TYPE_TEXT }",
          merchant);
    }
    Create(
        "type: PARTY_TYPE_COMPANY name { given { plain: 'Camille' } family { plain: 'Roux' } } "
        "company_name { plain: 'Roux & Fils \"SARL\"; Lyon' } emails { plain: 'a@roux.fr' } emails "
        "{ "
        "plain: 'b@roux.fr' } phones { plain: '+33 6 12 34 56 78' } phones { plain: '04 78 00 00 "
        "00' "
        "} addresses { recipient { plain: 'Accueil' } street { plain: '1 rue A\\nBât. 2' } "
        "postcode "
        "{ plain: '01000' } town { plain: 'Bourg' } region: 'Ain' country: 'FR' uses: "
        "ADDRESS_USE_BILLING label: 'siège' } addresses { street { plain: '=2+2' } uses: "
        "ADDRESS_USE_SHIPPING logistics { carrier: 'dhl' days: WEEKDAY_MONDAY days: WEEKDAY_FRIDAY "
        "window_start: '08:00' window_end: '12:00' instructions { plain: 'code 0042' } } } "
        "company_numbers { scheme: 'siret' number { plain: '732 829 320 00074' } } language: 'fr' "
        "country: 'FR' relations: RELATION_CUSTOMER relations: RELATION_SUPPLIER web_site { plain: "
        "'https://roux.fr' } notes { plain: 'first\\nsecond' } tags: 'x' tags: 'y, z' sector: "
        "'food' "
        "relation_type: 'regular' assignee { team: 'north' } salesperson: 'anna' payment_method: "
        "'transfer' price_list: 'b2b' accounting_account: '411007' code: '007' logistics { round: "
        "'tuesday' }");
    Create(
        "type: PARTY_TYPE_CONSUMER name { full { plain: 'Đỗ Thị Thu Hà' } self_chosen: true } "
        "role: "
        "CUSTOMER_ROLE_AGENT birth_date { plain: '1990-02-28' } phones { plain: '0612345678' } "
        "custom { key: 'size' number: '12.50' } custom { key: 'since' date: '2024-02-29' } custom "
        "{ "
        "key: 'vip' yes: true } custom { key: 'colour' choice: 'red' } custom { key: 'remark' text "
        "{ "
        "plain: '@SUM(A1)' } }");
    for (const char* name : {"'tis", "-5", "+1", "1e5", "00012", "2024-01-02", "1/2", "TRUE",
                             "  two  spaces ", "a\\tb", "😀 👩‍👩‍👧", "אבגד",
                             "e\\314\\201", "_x0041_", "''quoted", "=1+1", "#REF!", "x"}) {
      Create(absl::StrCat("name { full { plain: \"", name, "\" } }"));
    }
    Create("code: 'nameless'");
  }
};

TEST_F(RoundTripTest, TakenInAgainNothingChanges) {
  FillShop();
  for (const auto format : {v1::FILE_FORMAT_CSV, v1::FILE_FORMAT_XLSX}) {
    const std::string file = Export(format);
    const Imported imported = Import(file);
    ASSERT_TRUE(imported.status.ok()) << imported.status;
    EXPECT_EQ(imported.Count(v1::IMPORT_RESULT_UNCHANGED), 21)
        << ::testing::PrintToString(imported.lines());
    EXPECT_EQ(LinesOf(RowsOf(Export(format))), LinesOf(RowsOf(file)));
  }
  const std::string file = Export(v1::FILE_FORMAT_CSV);
  EXPECT_EQ(Export(v1::FILE_FORMAT_CSV), file);
}

TEST_F(RoundTripTest, AnotherMerchantsExportIsTheSame) {
  FillShop();
  for (const auto format : {v1::FILE_FORMAT_CSV, v1::FILE_FORMAT_XLSX}) {
    const std::string merchant = format == v1::FILE_FORMAT_CSV ? "shop-2" : "shop-3";
    Policy(
        "country: 'FR' custom_fields { key: 'size' label: 'Size' type: CUSTOM_FIELD_TYPE_NUMBER } "
        "custom_fields { key: 'since' label: 'Since' type: CUSTOM_FIELD_TYPE_DATE } custom_fields "
        "{ "
        "key: 'vip' label: 'VIP' type: CUSTOM_FIELD_TYPE_YES_NO } custom_fields { key: 'colour' "
        "label: 'Colour' type: CUSTOM_FIELD_TYPE_CHOICE choices { key: 'red' label: 'Red' } } "
        "custom_fields { key: 'remark' label: 'Remark' type: CUSTOM_FIELD_TYPE_TEXT }",
        merchant);
    const auto rows = WithoutIds(RowsOf(Export(format)));
    const Imported imported = Import(FileOf(rows, format), {.merchant = merchant});
    ASSERT_TRUE(imported.status.ok()) << imported.status;
    EXPECT_EQ(imported.Count(v1::IMPORT_RESULT_CREATED), 21)
        << ::testing::PrintToString(imported.lines());
    const auto there = WithoutIds(RowsOf(Export(format, merchant)));
    EXPECT_EQ(there[0], rows[0]);
    EXPECT_EQ(LinesOf(there), LinesOf(rows));
    // So, as bytes: the file made of the one is the file made of the other.
    if (format == v1::FILE_FORMAT_CSV) {
      EXPECT_EQ(FileOf(there, format), FileOf(rows, format));
    }
  }
}

// Somebody changes the card while somebody else has the file open: only what was changed in the
// file is said.
TEST_F(RoundTripTest, ACellThatSaysWhatWasExportedChangesNothing) {
  const v1::Customer card =
      Create("name { full { plain: 'Camille' } } sector: 'food' phones { plain: '+33612345678' }");
  auto rows = RowsOf(Export(v1::FILE_FORMAT_CSV));
  v1::UpdateCustomerResponse updated;
  ASSERT_TRUE(Update(card.name(), "contact { sector: 'toys' }", &updated).ok());
  const auto column = [&](const std::string& title) {
    return static_cast<size_t>(std::find(rows[0].begin(), rows[0].end(), title) - rows[0].begin());
  };
  rows[1][column("salesperson")] = "anna";
  rows[1][column("phones")] = "33612345678";  // as a spreadsheet keeps it
  rows[1][column("name.full")].clear();       // unchanged
  rows[1][column("balance")] = "1000 EUR";    // only to read
  EXPECT_THAT(Import(FileOf(rows, v1::FILE_FORMAT_CSV)).lines(),
              ElementsAre("2 UPDATED salesperson"));
  const v1::Customer now = Get(card.name());
  EXPECT_EQ(now.contact().sector(), "toys");
  EXPECT_EQ(now.contact().phones(0).plain(), "+33612345678");
  EXPECT_EQ(now.display_name(), "Camille");
}

// However a card came to be what it is.
TEST_F(RoundTripTest, AFileSaysWhatTheCardsSay) {
  Policy(
      "country: 'FR' account_prefix: '411' default_assignee { team: 'north' } custom_fields { key: "
      "'size' label: 'Size' type: CUSTOM_FIELD_TYPE_NUMBER } custom_fields { key: 'remark' label: "
      "'Remark' type: CUSTOM_FIELD_TYPE_TEXT }");
  FillShop();
  const auto say = [&](const std::string& id, const std::string& body) {
    const v1::Outcome outcome =
        Publish(absl::StrCat("channel: 'pos' source: 'till-1' intent: INTENT_FACT external_id: '",
                             id, "' body { ", body, " }"));
    EXPECT_EQ(outcome.status(), v1::OUTCOME_STATUS_APPLIED) << outcome.DebugString();
  };
  // Their names are what else is there.
  say("C-1",
      "contact_observed { contact { emails { plain: 'a@x.fr' } emails { plain: 'b@x.fr' } } }");
  say("C-2", "contact_observed { contact { phones { plain: '06 12 34 56 70' } } }");
  say("C-3", "contact_observed { contact { sector: 'food' } }");
  say("C-4", "contact_observed { contact { name { given { plain: 'Ana' } } } }");
  say("C-5",
      "contact_observed { contact { addresses { town { plain: 'A' } } addresses { town { "
      "plain: 'B' } } addresses { town { plain: 'C' } } company_numbers { scheme: 'siret' "
      "number { plain: '73282932000074' } } } }");
  // Cleared; forgotten by its channel, and known again; put back.
  say("C-6", "contact_observed { contact { name { full { plain: 'Zoe' } } sector: 'food' } }");
  say("C-6", "contact_observed { clear: 'sector' }");
  say("C-7",
      "contact_observed { contact { name { full { plain: 'Yan' } } notes { plain: 'n' } } }");
  say("C-7", "record_deleted {}");
  say("C-7", "contact_observed { contact { sector: 'garden' } }");
  const v1::Customer back = Create("name { full { plain: 'Back' } } sector: 'food'");
  v1::UpdateCustomerResponse updated;
  ASSERT_TRUE(Update(back.name(), "contact { sector: 'toys' }", &updated).ok());
  v1::RevertFieldRequest revert;
  revert.set_name(back.name());
  revert.set_field("sector");
  revert.set_change_number(back.records(0).created_change_number());
  v1::RevertFieldResponse reverted;
  ASSERT_TRUE(
      Call(customers_.get(), &v1::CustomerService::Stub::RevertField, revert, &reverted).ok());
  // Two records, one customer.
  const v1::Customer one =
      Create("name { full { plain: 'One' } } custom { key: 'size' number: '1' }");
  const v1::Customer other = Create("sector: 'food' custom { key: 'remark' text { plain: 'r' } }");
  EXPECT_EQ(
      Publish(absl::StrCat("channel: 'back-office' source: 'office' intent: INTENT_REQUEST body { "
                           "link_customers { customer: '",
                           IdOf(one.name()), "' other: '", IdOf(other.name()), "' } }"))
          .status(),
      v1::OUTCOME_STATUS_APPLIED);
  say("C-8",
      "posting { kind: VOUCHER_KIND_SALE total { unit: 'EUR' decimal: '40.00' } tenders { "
      "method: TENDER_METHOD_ON_ACCOUNT amount { decimal: '40.00' } } }");
  // What policy hides is on no card.
  v1::MerchantPolicy policy;
  const std::string now =
      "country: 'FR' account_prefix: '411' default_assignee { team: 'north' } fields { field: "
      "'notes' switched_off: true } custom_fields { key: 'size' label: 'Size' type: "
      "CUSTOM_FIELD_TYPE_NUMBER } custom_fields { key: 'since' label: 'Since' type: "
      "CUSTOM_FIELD_TYPE_DATE } custom_fields { key: 'vip' label: 'VIP' type: "
      "CUSTOM_FIELD_TYPE_YES_NO } custom_fields { key: 'colour' label: 'Colour' type: "
      "CUSTOM_FIELD_TYPE_CHOICE choices { key: 'red' label: 'Red' } } custom_fields { key: "
      "'remark' label: 'Remark' type: CUSTOM_FIELD_TYPE_TEXT }";
  Policy(now);
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(now, &policy));

  const files::CardColumns columns(policy);
  std::vector<files::Row> wanted = {columns.Titles()};
  const auto rows = RowsOf(Export(v1::FILE_FORMAT_CSV));
  const std::vector<v1::Customer> cards = List();
  ASSERT_EQ(rows.size(), cards.size() + 1);
  for (const v1::Customer& card : cards) {
    std::vector<std::string> balances;
    for (const auto& balance : card.balances())
      balances.push_back(absl::StrCat(balance.receivable(), " ", balance.unit()));
    files::Row& row = wanted.emplace_back(files::Row{IdOf(card.name()), rows[1][1],
                                                     files::GuardCell(card.display_name()),
                                                     absl::StrJoin(balances, "; ")});
    for (const files::Column& column : columns.columns())
      row.push_back(files::GuardCell(files::CellOf(card.contact(), column)));
  }
  EXPECT_EQ(LinesOf(rows), LinesOf(wanted));
  EXPECT_THAT(LinesOf(rows), ::testing::Contains(HasSubstr("balance=40.00 EUR")));
  EXPECT_THAT(LinesOf(rows), ::testing::Contains(HasSubstr("accounting_account=411")));
  EXPECT_THAT(LinesOf(rows), ::testing::Not(::testing::Contains(HasSubstr("|notes="))));
}

TEST_F(RoundTripTest, ALargeSpreadsheetIsWhole) {
  // Some MB of text that does not pack well.
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    std::string notes;
    while (notes.size() < 4000) notes.push_back(static_cast<char>('a' + random() % 26));
    Create(absl::StrCat("name { full { plain: 'No. ", i, "' } } notes { plain: '", notes, "' }"));
  }
  const std::string file = Export(v1::FILE_FORMAT_XLSX);
  EXPECT_GT(file.size(), size_t{300'000});
  EXPECT_EQ(LinesOf(RowsOf(file)), LinesOf(RowsOf(Export(v1::FILE_FORMAT_CSV))));
}

// Clients take messages of 4 MiB, as gRPC has it, and the server puts many customers into one.
TEST_F(RoundTripTest, CardsOfAnySizeAreExported) {
  const std::string notes(4000, 'n');
  std::string card = absl::StrCat("notes { plain: '", notes, "' } ");
  for (int i = 0; i < 4; ++i)
    absl::StrAppend(&card, "addresses { recipient { plain: '", notes, "' } } ");
  constexpr int kCustomers = 480;  // fewer than are read at once
  for (int i = 0; i < kCustomers; ++i)
    Create(absl::StrCat(card, "name { full { plain: 'No. ", i, "' } }"));
  const std::string file = Export(v1::FILE_FORMAT_CSV);
  EXPECT_GT(file.size(), size_t{5} << 20);
  EXPECT_EQ(RowsOf(file).size(), size_t{kCustomers} + 1);
}

TEST_F(RoundTripTest, ASpreadsheetSavedByLibreOfficeIsTheSame) {
  if (system("command -v soffice >/dev/null") != 0) {
    GTEST_SKIP() << "NOT TESTED: there is no soffice here. `deploy/install --long` installs "
                    "LibreOffice Calc, or: apt-get install libreoffice-calc";
  }
  FillShop();
  const std::string folder = scratch_.path() + "/scratch/office";
  std::filesystem::create_directories(folder + "/saved");
  const std::string file = Export(v1::FILE_FORMAT_XLSX);
  std::ofstream(folder + "/cards.xlsx", std::ios::binary) << file;
  // Opened, and saved in its own way, by a user of its own.
  const std::string command =
      absl::StrCat("timeout 240 soffice --headless -env:UserInstallation=file://", folder,
                   "/user --convert-to 'xlsx:Calc MS Excel 2007 XML' --outdir ", folder, "/saved ",
                   folder, "/cards.xlsx >", folder, "/log 2>&1");
  ASSERT_EQ(system(command.c_str()), 0) << command;
  std::ifstream saved_file(folder + "/saved/cards.xlsx", std::ios::binary);
  const std::string saved{std::istreambuf_iterator<char>(saved_file), {}};
  ASSERT_FALSE(saved.empty());
  ASSERT_NE(saved, file);
  const auto rows = RowsOf(file);
  const auto rows_saved = RowsOf(saved);
  EXPECT_EQ(rows_saved[0], rows[0]);
  EXPECT_EQ(LinesOf(rows_saved), LinesOf(rows));
  const Imported imported = Import(saved);
  ASSERT_TRUE(imported.status.ok()) << imported.status;
  EXPECT_EQ(imported.Count(v1::IMPORT_RESULT_UNCHANGED), 21)
      << ::testing::PrintToString(imported.lines());
}

}  // namespace
}  // namespace carnet::acceptance
