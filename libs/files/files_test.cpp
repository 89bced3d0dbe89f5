#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "files/card_columns.h"
#include "files/rows.h"
#include "files/zip_test.h"

namespace carnet::files {
namespace {

using ::testing::ElementsAre;

std::vector<Row> ReadAll(std::string_view bytes,
                         v1::FileFormat format = v1::FILE_FORMAT_UNSPECIFIED) {
  std::vector<Row> rows;
  auto reader = ReadRows(bytes, format);
  EXPECT_TRUE(reader.ok()) << reader.status();
  if (!reader.ok()) return rows;
  Row row;
  for (;;) {
    const auto more = (*reader)->Next(&row);
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) return rows;
    rows.push_back(row);
  }
}

absl::Status ErrorOf(std::string_view bytes) {
  auto reader = ReadRows(bytes, v1::FILE_FORMAT_UNSPECIFIED);
  if (!reader.ok()) return reader.status();
  Row row;
  for (;;) {
    const auto more = (*reader)->Next(&row);
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
  }
}

std::string Written(v1::FileFormat format, const std::vector<Row>& rows) {
  auto writer = WriteRows(format);
  EXPECT_TRUE(writer.ok());
  std::string file;
  for (const Row& row : rows) {
    EXPECT_TRUE((*writer)->Add(row).ok());
    if (format == v1::FILE_FORMAT_CSV) file += (*writer)->Take();
  }
  EXPECT_TRUE((*writer)->Finish().ok());
  for (std::string piece; !(piece = (*writer)->Take()).empty();) file += piece;
  return file;
}

TEST(Csv, SeparatorsQuotesAndLineEnds) {
  EXPECT_THAT(ReadAll("a,b\r\n1,\"x\"\"y\"\r\n"), ElementsAre(Row{"a", "b"}, Row{"1", "x\"y"}));
  EXPECT_THAT(ReadAll("a;b\n1;2,5\n"), ElementsAre(Row{"a", "b"}, Row{"1", "2,5"}));
  EXPECT_THAT(ReadAll("a\tb\r1\t2"), ElementsAre(Row{"a", "b"}, Row{"1", "2"}));
  EXPECT_THAT(ReadAll("a,b\n\"line 1\nline 2\",2\n\n,\n3,4"),
              ElementsAre(Row{"a", "b"}, Row{"line 1\nline 2", "2"}, Row{"3", "4"}));
  EXPECT_THAT(ReadAll("\"a;b\",c\n"), ElementsAre(Row{"a;b", "c"}));
  EXPECT_THAT(ReadAll(" a , b\n"), ElementsAre(Row{" a ", " b"}));
  EXPECT_THAT(ReadAll(""), ElementsAre());
}

TEST(Csv, Utf8WithAndWithoutMarkAndWindows1252) {
  EXPECT_THAT(ReadAll("\xef\xbb\xbfn\xc3\xa9,b"), ElementsAre(Row{"n\xc3\xa9", "b"}));
  EXPECT_THAT(ReadAll("n\xc3\xa9,\xf0\x9f\x98\x80"),
              ElementsAre(Row{"n\xc3\xa9", "\xf0\x9f\x98\x80"}));
  EXPECT_THAT(ReadAll("n\xe9,\x80 5"), ElementsAre(Row{"n\xc3\xa9", "\xe2\x82\xac 5"}));
}

TEST(Csv, RowNumbersAndErrorsSayWhere) {
  auto reader = ReadRows("a\n\n\nb\n", v1::FILE_FORMAT_CSV);
  Row row;
  ASSERT_TRUE(*(*reader)->Next(&row));
  ASSERT_TRUE(*(*reader)->Next(&row));
  EXPECT_EQ((*reader)->row_number(), 4);
  const absl::Status open = ErrorOf("a,b\n1,\"never closed");
  EXPECT_EQ(ReasonOf(open), "FILE_MALFORMED");
  EXPECT_NE(open.message().find("row 2"), std::string::npos) << open;
  EXPECT_EQ(ReasonOf(ErrorOf("a,b\n1,x\"y\n")), "FILE_MALFORMED");
  EXPECT_EQ(ReasonOf(ErrorOf(std::string("a\0b", 3))), "FILE_MALFORMED");
}

TEST(Files, WhatIsWrittenIsReadAgain) {
  const std::vector<Row> rows = {{"id", "name", "phones"},
                                 {"1", "O\"Brien; Smith, Jr.", "+33 6 12 34 56 78\n+84912345678"},
                                 {"007", " spaced ", "0612345678"},
                                 {"", "\xd7\x93\xd7\x95\xd7\x93", std::string(200, 'x')}};
  EXPECT_EQ(ReadAll(Written(v1::FILE_FORMAT_CSV, rows)), rows);
  std::vector<Row> read = ReadAll(Written(v1::FILE_FORMAT_XLSX, rows));
  for (Row& row : read) row.resize(3);
  EXPECT_EQ(read, rows);
}

TEST(Xlsx, WhatIsNoSpreadsheetIsRefused) {
  EXPECT_EQ(ReasonOf(ErrorOf(std::string("PK\x03\x04 nothing", 12))), "FILE_MALFORMED");
  const std::string file = Written(v1::FILE_FORMAT_XLSX, {{"a"}, {"b"}});
  EXPECT_EQ(ReasonOf(ErrorOf(file.substr(0, file.size() / 2))), "FILE_MALFORMED");
}

TEST(Xlsx, TheFirstSheetIsTheOneTheBookNamesFirst) {
  // As it is after somebody deleted the first sheet.
  const std::string file = test::Zip({
      {"xl/workbook.xml",
       "<workbook xmlns:r=\"x\"><sheets><sheet name=\"B\" r:id=\"rId7\"/><sheet name=\"A\" "
       "r:id=\"rId1\"/></sheets></workbook>"},
      {"xl/_rels/workbook.xml.rels",
       "<Relationships><Relationship Id=\"rId1\" Type=\"x/worksheet\" "
       "Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId7\" Type=\"x/worksheet\" "
       "Target=\"/xl/worksheets/sheet2.xml\"/></Relationships>"},
      {"xl/worksheets/sheet1.xml",
       "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>"},
      {"xl/worksheets/sheet2.xml",
       "<worksheet><sheetData><row><c><v>2</v></c></row></sheetData></worksheet>"},
  });
  EXPECT_THAT(ReadAll(file), ElementsAre(Row{"2"}));
}

TEST(Xlsx, EscapesOfSpreadsheets) {
  const std::vector<Row> rows = {{"_x0041_", "_x005F_", "_x", "a\x01z", "_x000D_\r", "_x00e9_"}};
  EXPECT_EQ(ReadAll(Written(v1::FILE_FORMAT_XLSX, rows)), rows);
}

TEST(Xlsx, WhatACellCannotHoldIsSaidWithItsPlace) {
  auto writer = WriteRows(v1::FILE_FORMAT_XLSX);
  ASSERT_TRUE((*writer)->Add({"a", std::string(32'767, 'x')}).ok());
  const absl::Status status = (*writer)->Add({"a", std::string(32'768, 'x')});
  EXPECT_EQ(ReasonOf(status), "CELL_TOO_LONG");
  EXPECT_NE(status.message().find("row 2, column B"), std::string::npos) << status;
}

TEST(Xlsx, IsWrittenInTheTemporaryFolderAndLeavesNothingThere) {
  const std::string folder = std::filesystem::temp_directory_path() / "carnet-files-test";
  std::filesystem::create_directories(folder);
  setenv("TMPDIR", folder.c_str(), 1);
  {
    auto writer = WriteRows(v1::FILE_FORMAT_XLSX);
    ASSERT_TRUE(writer.ok()) << writer.status();
    ASSERT_TRUE((*writer)->Add({"a"}).ok());
    EXPECT_TRUE(std::filesystem::is_empty(folder));  // no name: kill -9 would leave nothing
    ASSERT_TRUE((*writer)->Finish().ok());
    EXPECT_FALSE((*writer)->Take().empty());
  }
  std::filesystem::remove_all(folder);
  const auto none = WriteRows(v1::FILE_FORMAT_XLSX);
  EXPECT_EQ(ReasonOf(none.status()), "NO_TEMPORARY_FILE") << none.status();
  unsetenv("TMPDIR");
}

TEST(Utf8, AsTheStandardHasIt) {
  for (const char* good : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf",
                           "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82", "\xe2\x82z"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
}

carnet::v1::Contact ContactOf(const std::string& text) {
  carnet::v1::Contact contact;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &contact));
  return contact;
}

const Column& Find(const CardColumns& columns, std::string_view title) {
  for (const Column& column : columns.columns()) {
    if (column.title == title) return column;
  }
  ADD_FAILURE() << "no column " << title;
  return columns.columns().front();
}

TEST(CardColumns, EveryFieldOfTheCatalogueHasOne) {
  carnet::v1::MerchantPolicy policy;
  auto* field = policy.add_custom_fields();
  field->set_key("size");
  field->set_type(carnet::v1::CUSTOM_FIELD_TYPE_NUMBER);
  const CardColumns columns(policy);
  const auto* descriptor = carnet::v1::Contact::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const std::string& name = descriptor->field(i)->name();
    const bool any =
        std::any_of(columns.columns().begin(), columns.columns().end(), [&](const Column& column) {
          return column.card_field == name || column.card_field.substr(0, 7) == name + ".";
        });
    EXPECT_TRUE(any) << name;
  }
  Find(columns, "addresses.2.logistics.instructions");
  Find(columns, "custom.size");
}

TEST(CardColumns, CellsGoRound) {
  const CardColumns columns({});
  const carnet::v1::Contact contact = ContactOf(
      "type: PARTY_TYPE_COMPANY name { given { plain: 'Camille' } family { plain: 'Roux' } } "
      "emails { "
      "plain: 'a@b.fr' } emails { plain: 'c@d.fr' } phones { plain: '+33612345678' } addresses { "
      "street "
      "{ plain: '1 rue A\\nBât. 2' } uses: ADDRESS_USE_BILLING } addresses { town { plain: 'Hà "
      "Nội' } } "
      "relations: RELATION_CUSTOMER relations: RELATION_SUPPLIER tags: 'x' tags: 'y' assignee { "
      "team: "
      "'north' } logistics { days: WEEKDAY_MONDAY window_start: '08:00' } company_numbers { "
      "scheme: "
      "'siret' number { plain: '732 829 320 00074' } }");
  carnet::v1::Contact again;
  for (const Column& column : columns.columns()) {
    const std::string cell = CellOf(contact, column);
    if (cell.empty()) continue;
    EXPECT_EQ(SetCell(column, cell, &again), std::nullopt) << column.title;
  }
  EXPECT_EQ(again.DebugString(), contact.DebugString());
}

TEST(CardColumns, WrongTypesSayWhatTheyShouldBe) {
  const CardColumns columns({});
  carnet::v1::Contact contact;
  const auto wrong = SetCell(Find(columns, "type"), "person", &contact);
  ASSERT_TRUE(wrong.has_value());
  EXPECT_EQ(*wrong, "it is one of: consumer, company");
}

TEST(CardColumns, PhonesSurviveASpreadsheetAndFormulasDoNot) {
  const CardColumns columns({});
  EXPECT_TRUE(SameCell(Find(columns, "phones"), "+33 6 12 34 56 78", "33612345678"));
  EXPECT_FALSE(SameCell(Find(columns, "phones"), "+33612345678", "33612345679"));
  EXPECT_FALSE(SameCell(Find(columns, "code"), "+7", "7"));
  for (const char* cell : {"=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd"}) {
    EXPECT_TRUE(IsFormula(cell)) << cell;
    EXPECT_EQ(UnguardCell(GuardCell(cell)), cell);
    EXPECT_FALSE(IsFormula(GuardCell(cell)));
  }
  for (const char* cell : {"+33 6 12", "-5", "'tis", "''", "'=x", "", "x=1"}) {
    EXPECT_EQ(UnguardCell(GuardCell(cell)), cell) << cell;
  }
  EXPECT_EQ(GuardCell("+33 6 12 34 56 78"), "+33 6 12 34 56 78");
}

}  // namespace
}  // namespace carnet::files
