#include "vault/normalize/company_number.h"

#include "gtest/gtest.h"

namespace carnet::vault {
namespace {

void Expect(const char* scheme, const char* typed, CompanyNumberKind kind, const char* number) {
  SCOPED_TRACE(std::string(scheme) + " " + typed);
  const NormalCompanyNumber normal = NormalizeCompanyNumber(scheme, typed);
  EXPECT_EQ(normal.kind, kind);
  EXPECT_EQ(normal.number, number);
}

TEST(CompanyNumberTest, PunctuationAndCaseDoNotMatter) {
  Expect("vat", "nl 0012.34.567 b01", CompanyNumberKind::kValid, "NL001234567B01");
  Expect("kvk", "1234 5670", CompanyNumberKind::kValid, "12345670");
  Expect("mst", "0038991154-001", CompanyNumberKind::kValid, "0038991154001");
  Expect("", "Ａ１２３４", CompanyNumberKind::kValid, "A1234");  // full width
}

TEST(CompanyNumberTest, SiretAndSirenByLuhn) {
  Expect("siret", "732 829 320 00074", CompanyNumberKind::kValid, "73282932000074");
  Expect("siret", "732 829 320 00075", CompanyNumberKind::kInvalid, "73282932000075");
  Expect("siret", "73282932", CompanyNumberKind::kInvalid, "73282932");
  Expect("siren", "732 829 320", CompanyNumberKind::kValid, "732829320");
  Expect("siren", "732829321", CompanyNumberKind::kInvalid, "732829321");
}

TEST(CompanyNumberTest, LaPosteHasARuleOfItsOwn) {
  // Both fail Luhn; the digits of the first sum up to 15.
  Expect("siret", "356 000 000 00001", CompanyNumberKind::kValid, "35600000000001");
  Expect("siret", "356 000 000 00002", CompanyNumberKind::kInvalid, "35600000000002");
}

TEST(CompanyNumberTest, FrenchVatByItsKey) {
  Expect("vat", "FR 44 732829320", CompanyNumberKind::kValid, "FR44732829320");
  Expect("vat", "FR 45 732829320", CompanyNumberKind::kInvalid, "FR45732829320");
}

TEST(CompanyNumberTest, PlaceholdersIdentifyNobody) {
  for (const char* typed : {"", "-", "123", "000 000 000 00000", "XXXXXX"}) {
    Expect("siret", typed, CompanyNumberKind::kBlocked, "");
  }
}

}  // namespace
}  // namespace carnet::vault
