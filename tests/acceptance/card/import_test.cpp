// Files of customers taken in by the shipped server: row by row, once, whatever happens meanwhile.
//
// CARNET_IMPORT_ROWS: rows of the large file.
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "files/rows.h"
#include "files/zip_test.h"
#include "tests/acceptance/card/card_fixture.h"

namespace carnet::acceptance {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ImportTest : public CardTest {};

std::string LargeFile(int64_t rows) {
  std::string file = "name.given,name.family,emails,phones,addresses.1.street,addresses.1.town\n";
  for (int64_t i = 0; i < rows; ++i) {
    absl::StrAppend(&file, "Given", i % 100, ",Family", i, ",person", i, "@example.com,+336",
                    10'000'000 + i, ",", i % 200, " rue de la Gare,Lyon", "\n");
  }
  return file;
}

int64_t RowsFromEnvironment(int64_t usual) {
  const char* rows = std::getenv("CARNET_IMPORT_ROWS");
  return rows == nullptr ? usual : std::atoll(rows);
}

TEST_F(ImportTest, APreviewSaysRowByRowWhatTheImportThenDoes) {
  Policy(
      "email_uniqueness: UNIQUENESS_REFUSE fields { field: 'name' required: true } custom_fields { "
      "key: 'size' label: 'Size' type: CUSTOM_FIELD_TYPE_NUMBER }");
  const std::string camille =
      IdOf(Create("name { full { plain: 'Camille' } } emails { plain: 'camille@roux.fr' }").name());
  const std::string file =
      absl::StrCat("id,name.full,emails,type,custom.size\n",         //
                   ",Linh,linh@gmial.com,,\n",                       // 2: new, with a typing error
                   ",,nobody@example.com,,\n",                       // 3: lacks its name
                   ",Bob,,person,\n",                                // 4: no such type
                   "0196dd0c-b640-74e1-9bbb-52825cc4d701,Zoé,,,\n",  // 5: nobody has this id
                   camille, ",Camille Roux,,company,42\n",           // 6: a change
                   camille, ",Camille,camille@roux.fr,,\n",          // 7: nothing new
                   ",Somebody else,camille@roux.fr,,\n",             // 8: the e-mail is Camille's
                   ",Linh again,linh@gmial.com,,\n",                 // 9: the e-mail is row 2's
                   ",Hugo,=1+1,,\n",                                 // 10: a formula
                   ",Léa,,,large\n");                                // 11: no number
  ImportOptions options{.preview = true};
  const Imported preview = Import(file, options);
  ASSERT_TRUE(preview.status.ok()) << preview.status;
  EXPECT_THAT(
      preview.lines(),
      ElementsAre("2 CREATED emails name (EMAIL_TYPO)", "3 REFUSED REQUIRED_FIELD name",
                  "4 REFUSED WRONG_TYPE type", "5 REFUSED NOT_FOUND id",
                  "6 UPDATED custom.size name type", "7 UNCHANGED", "8 REFUSED VALUE_TAKEN emails",
                  "9 REFUSED VALUE_TAKEN emails (EMAIL_TYPO)", "10 REFUSED FORMULA emails",
                  "11 REFUSED CUSTOM_VALUE_MALFORMED custom.size"));
  EXPECT_EQ(List().size(), 1u);
  EXPECT_EQ(Get(preview.rows[4].customer().empty() ? "" : "merchants/shop-1/customers/" + camille)
                .display_name(),
            "Camille");

  const Imported imported = Import(file);
  ASSERT_TRUE(imported.status.ok()) << imported.status;
  EXPECT_EQ(imported.lines(), preview.lines());
  for (size_t i = 0; i < imported.rows.size(); ++i)
    EXPECT_EQ(imported.rows[i].DebugString(), preview.rows[i].DebugString());
  EXPECT_EQ(List().size(), 2u);
  const v1::Customer linh = Get("merchants/shop-1/" + imported.rows[0].customer());
  EXPECT_EQ(linh.display_name(), "Linh");
  EXPECT_EQ(linh.records(0).source(), "import");
}

TEST_F(ImportTest, TheSameFileAgainChangesNothing) {
  const v1::Customer camille = Create("name { full { plain: 'Camille' } } sector: 'food'");
  const std::string file = absl::StrCat("id,name.full,sector,salesperson\n",  //
                                        ",Linh,toys,\n", ",Linh,toys,\n",     //
                                        IdOf(camille.name()), ",Camille R,garden,anna\n");
  EXPECT_THAT(Import(file).lines(), ElementsAre("2 CREATED name sector", "3 CREATED name sector",
                                                "4 UPDATED name salesperson sector"));
  EXPECT_THAT(Import(file).lines(), ElementsAre("2 REPEATED", "3 REPEATED", "4 REPEATED"));
  // Also after the card says something else: what was taken is not taken again, nor undone.
  v1::UpdateCustomerResponse updated;
  ASSERT_TRUE(Update(camille.name(), "contact { sector: 'wine' }", &updated).ok());
  EXPECT_THAT(Import(file, {.preview = true}).lines(),
              ElementsAre("2 REPEATED", "3 REPEATED", "4 REPEATED"));
  EXPECT_THAT(Import(file).lines(), ElementsAre("2 REPEATED", "3 REPEATED", "4 REPEATED"));
  EXPECT_EQ(Get(camille.name()).contact().sector(), "wine");
  EXPECT_EQ(List().size(), 3u);
  // Another file is another wish.
  EXPECT_THAT(Import(file + ",Zoé,,\n").lines(),
              ElementsAre("2 CREATED name sector", "3 CREATED name sector", "4 UPDATED sector",
                          "5 CREATED name"));
  // Other merchants have their own.
  EXPECT_THAT(Import("name.full\nLinh\n", {.merchant = "shop-2"}).lines(),
              ElementsAre("2 CREATED name"));
}

// What was refused stays so, with its reason, for this file.
TEST_F(ImportTest, ARefusedRowIsRefusedAgainAndSaysWhatToDo) {
  Policy("fields { field: 'emails' required: true }");
  const std::string file = "name.full\nLinh\n";
  EXPECT_THAT(Import(file).lines(), ElementsAre("2 REFUSED REQUIRED_FIELD emails"));
  Policy("fields { field: 'emails' }");
  const Imported again = Import(file);
  EXPECT_THAT(again.lines(), ElementsAre("2 REFUSED REQUIRED_FIELD emails"));
  EXPECT_THAT(again.rows[0].violations(0).detail(), HasSubstr("change something in the file"));
  EXPECT_THAT(Import("name.full\nLinh \n").lines(), ElementsAre("2 CREATED name"));
}

TEST_F(ImportTest, GoesOnAfterTheClientHungUpAndAfterTheServerWasKilled) {
  constexpr int64_t kRows = 2000;
  const std::string file = LargeFile(kRows);
  Imported hung_up = Import(file, {.rows_at_once = 100, .hang_up_after = 400});
  EXPECT_EQ(hung_up.status.code(), absl::StatusCode::kCancelled) << hung_up.status;
  EXPECT_EQ(hung_up.Count(v1::IMPORT_RESULT_CREATED), 400);

  // Killed in the middle of the rest: the client sees what became of each row or an error.
  Imported killed;
  {
    grpc::ClientContext context;
    SetDeadline(&context);
    const auto stream = customers_->ImportCustomers(&context);
    v1::ImportCustomersRequest request;
    v1::ImportCustomersResponse response;
    request.mutable_header()->set_merchant(kShop);
    ASSERT_TRUE(stream->Write(request) && stream->Read(&response));
    request.set_data(file);
    ASSERT_TRUE(stream->Write(request) && stream->Read(&response));
    request.mutable_next()->set_rows(100);
    while (killed.Count(v1::IMPORT_RESULT_CREATED) < 500) {
      ASSERT_TRUE(stream->Write(request) && stream->Read(&response));
      killed.rows.insert(killed.rows.end(), response.rows().begin(), response.rows().end());
    }
    for (int i = 0; i < 5; ++i) stream->Write(request);
    carnetd_.Kill();
    while (stream->Read(&response)) {
      killed.rows.insert(killed.rows.end(), response.rows().begin(), response.rows().end());
    }
    killed.status = runtime::FromGrpcStatus(stream->Finish());
  }
  EXPECT_EQ(killed.status.code(), absl::StatusCode::kUnavailable) << killed.status;

  StartServer();
  const Imported rest = Import(file);
  ASSERT_TRUE(rest.status.ok()) << rest.status;
  EXPECT_EQ(rest.total, kRows);
  // All that was told to be done was done, once.
  std::set<std::string> customers;
  for (const auto& row : rest.rows) customers.insert(row.customer());
  EXPECT_EQ(customers.size(), static_cast<size_t>(kRows));
  for (const Imported* before : {&hung_up, &killed}) {
    for (const auto& row : before->rows) {
      const auto& now = rest.rows[static_cast<size_t>(row.row() - 2)];
      EXPECT_EQ(now.result(), v1::IMPORT_RESULT_REPEATED) << row.row();
      EXPECT_EQ(now.customer(), row.customer());
    }
  }
  EXPECT_GE(rest.Count(v1::IMPORT_RESULT_REPEATED), 900);
  EXPECT_GT(rest.Count(v1::IMPORT_RESULT_CREATED), 0);
  EXPECT_EQ(List().size(), static_cast<size_t>(kRows));
}

TEST_F(ImportTest, ALargeFile) {
  const int64_t rows = RowsFromEnvironment(5'000);
  const Imported imported = Import(LargeFile(rows));
  ASSERT_TRUE(imported.status.ok()) << imported.status;
  EXPECT_EQ(imported.total, rows);
  EXPECT_EQ(imported.Count(v1::IMPORT_RESULT_CREATED), rows);
  EXPECT_EQ(imported.rows.back().row(), rows + 1);
  const std::string exported = Export(v1::FILE_FORMAT_CSV);
  const Imported again = Import(exported, {.preview = true});
  ASSERT_TRUE(again.status.ok()) << again.status;
  EXPECT_EQ(again.Count(v1::IMPORT_RESULT_UNCHANGED), rows);
}

TEST_F(ImportTest, EncodingsSeparatorsAndQuotedLines) {
  const struct {
    const char* what;
    std::string file;
  } kFiles[] = {
      {"UTF-8", "name.full,notes\nN\xc3\xa9,\"a,b\"\"c\"\"\nd\"\n"},
      {"UTF-8 with a mark", "\xef\xbb\xbfname.full,notes\r\nN\xc3\xa9,\"a,b\"\"c\"\"\nd\"\r\n"},
      {"Windows-1252", "name.full,notes\nN\xe9,\"a,b\"\"c\"\"\nd\"\n"},
      {"semicolons", "name.full;notes\nN\xc3\xa9;\"a,b\"\"c\"\"\nd\"\n"},
      {"tabs", "name.full\tnotes\nN\xc3\xa9\t\"a,b\"\"c\"\"\nd\"\n"},
      {"semicolons, Windows-1252, CRLF", "name.full;notes\r\nN\xe9;\"a,b\"\"c\"\"\nd\"\r\n"},
      {"no line end at the end, titles in capitals and with spaces",
       "Name.Full , NOTES\nN\xc3\xa9,\"a,b\"\"c\"\"\nd\""},
  };
  for (const auto& [what, file] : kFiles) {
    const Imported imported = Import(file);
    ASSERT_TRUE(imported.status.ok()) << what << ": " << imported.status;
    ASSERT_THAT(imported.lines(), ElementsAre("2 CREATED name notes")) << what;
    const v1::Customer card = Get("merchants/shop-1/" + imported.rows[0].customer());
    EXPECT_EQ(card.display_name(), "N\xc3\xa9") << what;
    EXPECT_EQ(card.contact().notes().plain(), "a,b\"c\"\nd") << what;
  }
  // The euro sign and the ligature are where Windows-1252 is not Latin-1.
  const Imported euro = Import("name.full\n\x80uro c\x9cur\n");
  EXPECT_EQ(Get("merchants/shop-1/" + euro.rows.at(0).customer()).display_name(), "€uro cœur");
}

TEST_F(ImportTest, WhatIsWrongWithAFileIsSaidWithItsPlace) {
  const auto spreadsheet = [](const std::vector<files::Row>& rows) {
    auto writer = files::WriteRows(v1::FILE_FORMAT_XLSX);
    for (const auto& row : rows) EXPECT_TRUE((*writer)->Add(row).ok());
    EXPECT_TRUE((*writer)->Finish().ok());
    std::string file;
    for (std::string piece; !(piece = (*writer)->Take()).empty();) file += piece;
    return file;
  };
  const std::string good = spreadsheet({{"name.full"}, {"Linh"}});
  const struct {
    const char* what;
    std::string file;
    const char* reason;
    const char* place;  // "row/column", or empty
  } kFiles[] = {
      {"nothing", "", "FILE_EMPTY", "/"},
      {"a title twice", "name.full,notes,Name.full\nx,y,z\n", "FILE_COLUMN_TWICE", "1/3"},
      {"a title of nothing", "name.full,shoe size\nx,y\n", "FILE_COLUMN_UNKNOWN", "1/2"},
      {"a quote that does not end", "name.full,notes\nx,y\nx,\"y\n", "FILE_MALFORMED", "3/2"},
      {"a quote inside", "name.full,notes\nx,y\"z\n", "FILE_MALFORMED", "2/2"},
      {"zero bytes", std::string("name.full\nx\0y\n", 14), "FILE_MALFORMED", "/"},
      {"UTF-16", std::string("\xff\xfen\0a\0m\0e\0", 10), "FILE_MALFORMED", "/"},
      {"a broken spreadsheet", good.substr(0, good.size() / 2), "FILE_MALFORMED", "/"},
      {"a spreadsheet with a formula",
       files::test::SpreadsheetOf(
           "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>name.full</t></is></c></row>"
           "<row r=\"3\"><c r=\"B3\"><f>1+1</f><v>2</v></c></row>"),
       "FILE_FORMULA", "3/2"},
      {"a spreadsheet with an error in a cell",
       files::test::SpreadsheetOf(
           "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>name.full</t></is></c></row>"
           "<row r=\"2\"><c r=\"A2\" t=\"e\"><v>#REF!</v></c></row>"),
       "FILE_FORMULA", "2/1"},
      {"a spreadsheet with bytes that are no text",
       files::test::SpreadsheetOf(
           "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>n\xff</t></is></c></row>"),
       "FILE_MALFORMED", "1/1"},
      {"a spreadsheet that grows a thousandfold", files::test::ZipBomb(), "FILE_TOO_LARGE", "/"},
  };
  for (const auto& [what, file, reason, place] : kFiles) {
    const Imported imported = Import(file);
    EXPECT_EQ(imported.status.code(), absl::StatusCode::kInvalidArgument) << what;
    EXPECT_EQ(ReasonOf(imported.status), reason) << what << ": " << imported.status;
    std::string row;
    std::string column;
    ForEachErrorMetadata(imported.status, [&](std::string_view key, std::string_view value) {
      if (key == "row") row = value;
      if (key == "column") column = value;
    });
    EXPECT_EQ(row + "/" + column, place) << what << ": " << imported.status;
    EXPECT_THAT(imported.rows, IsEmpty()) << what;
  }
  // What is broken at its end has changed nothing at its beginning.
  EXPECT_THAT(List(), IsEmpty());
}

// A yes/no column of the card's own, with what is neither.
TEST_F(ImportTest, YesAndNo) {
  EXPECT_THAT(
      Import("name.full,name.self_chosen\nLinh,yes\nZoé,perhaps\nBob,no\n").lines(),
      ElementsAre("2 CREATED name", "3 REFUSED WRONG_TYPE name.self_chosen", "4 CREATED name"));
  const std::string file = Export(v1::FILE_FORMAT_CSV);
  EXPECT_THAT(Import(file).lines(), ElementsAre("2 UNCHANGED", "3 UNCHANGED"));
}

TEST_F(ImportTest, AFileOfAGigabyteIsRefusedPolitely) {
  const std::string path = scratch_.path() + "/scratch/large.csv";
  {
    std::ofstream file(path, std::ios::binary);
    file << "name.full\nLinh\n";
    file.seekp((int64_t{1} << 30) - 1);
    file << '\n';
  }
  const CliRun run = Cli({"customer", "import", path});
  EXPECT_EQ(run.exit_code, 1) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("a file has at most 128 MiB: split it"));
  EXPECT_THAT(run.errors, HasSubstr("FILE_TOO_LARGE"));
  // It is there, and takes others.
  EXPECT_THAT(Import("name.full\nLinh\n").lines(), ElementsAre("2 CREATED name"));
}

}  // namespace
}  // namespace carnet::acceptance
