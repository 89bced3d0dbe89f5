// What people are called and type, from one letter to as much as fits: over the socket, into the
// card, found again, and out to a file.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/acceptance/card/card_fixture.h"

namespace carnet::acceptance {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class OddInputTest : public CardTest {};

std::string Repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST_F(OddInputTest, NamesOfAllKinds) {
  const struct {
    const char* what;
    std::string name;
    std::string query;  // by which it is found
  } kNames[] = {
      {"one letter", "X", "x"},
      {"one letter beyond ASCII", "Ø", "o"},
      {"one Chinese character", "李", "李"},
      {"200 letters", Repeated("a", 200), Repeated("a", 20)},
      {"200 letters of four bytes", Repeated("𝒜", 200), ""},
      {"emoji", "😀 👩‍👩‍👧", ""},
      {"right to left", "דוד לוי", "לוי"},
      {"right to left with marks of direction", "\u200fمحمد\u200f علي", "علي"},
      {"combining marks", "Ne\u0301e", "née"},
      {"many combining marks", "Z" + Repeated("\u0301\u0323", 60), "z"},
      {"digits", "12345", "12345"},
      {"only marks", "---", ""},
      {"4096 bytes", Repeated("b", 4096), ""},
  };
  for (const auto& [what, name, query] : kNames) {
    v1::Customer card;
    v1::CreateCustomerRequest request;
    request.set_merchant(kShop);
    request.mutable_contact()->mutable_name()->mutable_full()->set_plain(name);
    v1::CreateCustomerResponse response;
    const absl::Status status =
        Call(customers_.get(), &v1::CustomerService::Stub::CreateCustomer, request, &response);
    ASSERT_TRUE(status.ok()) << what << ": " << status;
    EXPECT_EQ(response.customer().display_name(), name) << what;
    EXPECT_EQ(Get(response.customer().name()).contact().name().full().plain(), name) << what;
    if (!query.empty()) {
      EXPECT_THAT(Search("query: '" + query + "'"), Contains(name)) << what;
    }
  }
  const Imported again = Import(Export(v1::FILE_FORMAT_CSV));
  ASSERT_TRUE(again.status.ok()) << again.status;
  EXPECT_EQ(again.Count(v1::IMPORT_RESULT_UNCHANGED), static_cast<int64_t>(std::size(kNames)));
}

TEST_F(OddInputTest, NoNameAtAll) {
  EXPECT_EQ(Create("name { full { plain: '' } } sector: 'x'").display_name(), "");
  EXPECT_EQ(Create("emails { plain: 'linh@example.com' }").display_name(), "linh@example.com");
  EXPECT_EQ(List().size(), 2u);
}

TEST_F(OddInputTest, TooLongIsRefusedWithItsField) {
  v1::Customer card;
  const absl::Status name =
      TryCreate("name { full { plain: '" + Repeated("b", 4097) + "' } }", &card);
  EXPECT_EQ(ReasonOf(name), "VALUE_TOO_LONG") << name;
  EXPECT_THAT(FieldOf(name), HasSubstr("name.full"));
  const absl::Status bytes = TryCreate("name { full { plain: '\\377' } }", &card);
  EXPECT_FALSE(bytes.ok());
}

TEST_F(OddInputTest, FiveHundredPhonesAndNoMore) {
  std::string phones;
  for (int i = 0; i < 500; ++i)
    absl::StrAppend(&phones, "phones { plain: '+336120", 10000 + i, "' } ");
  const v1::Customer card = Create(phones);
  ASSERT_EQ(card.contact().phones_size(), 500);
  EXPECT_EQ(card.contact().phones(499).normalized(), "+33612010499");
  v1::LookupCustomersResponse found;
  ASSERT_TRUE(Call(customers_.get(), &v1::CustomerService::Stub::LookupCustomers,
                   Parse<v1::LookupCustomersRequest>("merchant: 'shop-1' phone: '+33612010499'"),
                   &found)
                  .ok());
  EXPECT_EQ(found.customers_size(), 1);
  EXPECT_EQ(Search("query: '12010250'").size(), 1u);
  for (const auto format : {v1::FILE_FORMAT_CSV, v1::FILE_FORMAT_XLSX})
    EXPECT_THAT(Import(Export(format)).lines(), ElementsAre("2 UNCHANGED"));

  v1::Customer none;
  const absl::Status refused = TryCreate(phones + "phones { plain: '+33612020000' }", &none);
  EXPECT_EQ(ReasonOf(refused), "TOO_MANY_VALUES") << refused;
  EXPECT_THAT(FieldOf(refused), HasSubstr("phones"));
}

TEST_F(OddInputTest, AnAddressOfFourKilobytes) {
  v1::CreateCustomerRequest request;
  request.set_merchant(kShop);
  auto* street = request.mutable_contact()->add_addresses()->mutable_street();
  street->set_plain(Repeated("12 rue de la Très Longue Adresse\n", 120).substr(0, 4096));
  v1::CreateCustomerResponse response;
  ASSERT_TRUE(
      Call(customers_.get(), &v1::CustomerService::Stub::CreateCustomer, request, &response).ok());
  EXPECT_EQ(response.customer().contact().addresses(0).street().plain(), street->plain());
  for (const auto format : {v1::FILE_FORMAT_CSV, v1::FILE_FORMAT_XLSX})
    EXPECT_THAT(Import(Export(format)).lines(), ElementsAre("2 UNCHANGED"));
  street->set_plain(std::string(4097, 'a'));
  EXPECT_EQ(ReasonOf(Call(customers_.get(), &v1::CustomerService::Stub::CreateCustomer, request,
                          &response)),
            "VALUE_TOO_LONG");
}

// More than a cell of a spreadsheet holds: said, not left out.
TEST_F(OddInputTest, WhatASpreadsheetCannotHoldIsSaid) {
  std::string emails;
  for (int i = 0; i < 500; ++i)
    absl::StrAppend(&emails, "emails { plain: '", Repeated("x", 60), i, "@example.com' } ");
  Create(emails);
  const CliRun run = Cli({"customer", "export", scratch_.path() + "/scratch/cards.xlsx"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.errors, HasSubstr("row 2, column"));
  EXPECT_THAT(run.errors, HasSubstr("export CSV"));
  EXPECT_THAT(Import(Export(v1::FILE_FORMAT_CSV)).lines(), ElementsAre("2 UNCHANGED"));
}

}  // namespace
}  // namespace carnet::acceptance
