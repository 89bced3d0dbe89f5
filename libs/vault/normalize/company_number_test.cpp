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
  Expect("mst", "0300588569-001", CompanyNumberKind::kValid, "0300588569001");
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

TEST(CompanyNumberTest, AbnByWeights) {
  Expect("abn", "51 824 753 556", CompanyNumberKind::kValid, "51824753556");
  Expect("abn", "51 824 753 557", CompanyNumberKind::kInvalid, "51824753557");
  Expect("abn", "5182475355", CompanyNumberKind::kInvalid, "5182475355");
}

TEST(CompanyNumberTest, VietnameseTaxCodeByItsCheckDigit) {
  Expect("mst", "0300588569", CompanyNumberKind::kValid, "0300588569");
  Expect("mst", "0300588568", CompanyNumberKind::kInvalid, "0300588568");
  Expect("mst", "0300588569-000", CompanyNumberKind::kInvalid, "0300588569000");
  Expect("mst", "079085012345", CompanyNumberKind::kValid, "079085012345");
}

TEST(CompanyNumberTest, KvkByForm) {
  Expect("kvk", "1234567", CompanyNumberKind::kInvalid, "1234567");
  Expect("kvk", "1234567A", CompanyNumberKind::kInvalid, "1234567A");
}

TEST(CompanyNumberTest, PlaceholdersIdentifyNobody) {
  for (const char* typed : {"", "-", "123", "000 000 000 00000", "XXXXXX"}) {
    Expect("siret", typed, CompanyNumberKind::kBlocked, "");
  }
}

}  // namespace
}  // namespace carnet::vault
