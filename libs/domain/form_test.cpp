// What a body must be, reason by reason; the expected column is written by hand.
#include "domain/form.h"

#include <string>

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace carnet::domain {
namespace {

using carnet::v1::Body;

Body Parse(const std::string& text) {
  Body body;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &body)) << text;
  return body;
}

// Canonicalises and checks, as a gateway does: "ok", or the reason and where.
std::string Check(const std::string& text, carnet::v1::Intent intent = carnet::v1::INTENT_FACT) {
  Body body = Parse(text);
  carnet::v1::Preconditions preconditions;
  DropEmptyValues(&body);
  auto error = CheckFields(body, PersonalForm::kPlain);
  if (!error) error = CanonicalizeAmounts(&body, &preconditions);
  if (!error) error = CheckBody(body, intent, preconditions);
  return error ? std::string(error->reason) + " " + error->field : "ok";
}

std::string Sale(const std::string& total, const std::string& rest) {
  return "posting { kind: VOUCHER_KIND_SALE total { " + total + " } " + rest + " }";
}

TEST(Form, Postings) {
  const std::string cash = "tenders { method: TENDER_METHOD_CASH amount { decimal: '12.50' } }";
  const std::string euro = "unit: 'EUR' decimal: '12.50'";
  const struct {
    std::string body;
    std::string expected;
  } cases[] = {
      {Sale(euro, cash), "ok"},
      {Sale("unit: 'EUR' minor: 1250", cash), "ok"},
      {Sale("unit: 'EUR' decimal: '12.501'", cash), "AMOUNT_PRECISION posting.total.decimal"},
      {Sale("unit: 'VND' decimal: '12.5'", cash), "AMOUNT_PRECISION posting.total.decimal"},
      {Sale("unit: 'EUR' decimal: '99999999999999999999'", cash), "OVERFLOW posting.total.decimal"},
      {Sale("unit: 'EUR' decimal: '1,5'", cash), "AMOUNT_MALFORMED posting.total.decimal"},
      {Sale("unit: 'EUR'", cash), "AMOUNT_MISSING posting.total"},
      {Sale("decimal: '1'", cash), "UNKNOWN_CURRENCY posting.total.unit"},
      {Sale("unit: 'EURO' decimal: '1'", cash), "UNKNOWN_CURRENCY posting.total.unit"},
      {Sale("unit: 'XAU' decimal: '1'", cash), "UNKNOWN_CURRENCY posting.total.unit"},
      {Sale("unit: 'EUR' decimal: '0'", cash), "AMOUNT_NOT_POSITIVE posting.total"},
      {Sale("unit: 'EUR' decimal: '-12.50'", cash), "AMOUNT_NOT_POSITIVE posting.total"},
      {Sale(euro, "tenders { method: TENDER_METHOD_CASH amount { unit: 'USD' decimal: '12.50' } }"),
       "CURRENCY_MISMATCH posting.tenders[0].amount.unit"},
      {Sale(euro, "tenders { method: TENDER_METHOD_CASH amount { decimal: '12.49' } }"),
       "UNBALANCED posting.tenders"},
      {Sale(euro,
            "tenders { method: TENDER_METHOD_CASH amount { decimal: '12.49' } } rounding { "
            "decimal: '-0.01' }"),
       "ok"},
      {Sale(euro, "tenders { amount { decimal: '12.50' } }"),
       "METHOD_MISSING posting.tenders[0].method"},
      {Sale(euro, "tenders { method: TENDER_METHOD_CASH amount { decimal: '-1' } }"),
       "AMOUNT_NOT_POSITIVE posting.tenders[0].amount"},
      {Sale(euro, ""), "TENDER_MISSING posting.tenders"},
      {Sale(euro, cash + " tax { decimal: '12.51' }"), "AMOUNT_NOT_POSITIVE posting.tax"},
      {Sale(euro, cash + " due_date: '2026-02-30'"), "TIME_MALFORMED posting.due_date"},
      {Sale(euro, cash + " code: '" + std::string(129, 'x') + "'"), "VALUE_TOO_LONG posting.code"},
      {"posting { kind: VOUCHER_KIND_RECEIPT total { " + euro +
           " } tenders { method: TENDER_METHOD_ON_ACCOUNT amount { decimal: '12.50' } } }",
       "TENDER_NOT_ALLOWED posting.tenders[0].method"},
      {"posting { kind: VOUCHER_KIND_RECEIPT total { " + euro + " } tax { decimal: '1' } " + cash +
           " }",
       "TAX_NOT_ALLOWED posting.tax"},
      {"posting { kind: VOUCHER_KIND_OPENING total { " + euro + " } }",
       "INTENT_NOT_ALLOWED intent"},
      {"posting { kind: VOUCHER_KIND_ADJUSTMENT total { " + euro + " } }",
       "INTENT_NOT_ALLOWED intent"},
      {"posting { kind: VOUCHER_KIND_TRANSFER total { " + euro + " } }",
       "KIND_NOT_ALLOWED posting.kind"},
      {"posting { kind: VOUCHER_KIND_REVERSAL total { " + euro + " } }",
       "KIND_NOT_ALLOWED posting.kind"},
      {"posting { total { " + euro + " } }", "KIND_NOT_ALLOWED posting.kind"},
      {"", "BODY_MISSING body"},
      {"reversal { }", "CODE_MISSING reversal.target_code"},
      {"reversal { target_code: 'S1' target_source: 'Till' }",
       "NAME_MALFORMED reversal.target_source"},
      {"set_debt { target { unit: 'EUR' minor: 0 } }", "INTENT_NOT_ALLOWED intent"},
      {"assign_voucher { target_code: 'S1' }", "INTENT_NOT_ALLOWED intent"},
      {"set_book_dates { closed_until: '2026-05-31' }", "INTENT_NOT_ALLOWED intent"},
      {"link_customers { }", "INTENT_NOT_ALLOWED intent"},
  };
  for (const auto& c : cases) EXPECT_EQ(Check(c.body), c.expected) << c.body;
}

TEST(Form, SumsDoNotOverflow) {
  const std::string big =
      "tenders { method: TENDER_METHOD_CASH amount { minor: 9223372036854775807 } }";
  EXPECT_EQ(Check(Sale("unit: 'EUR' minor: 9223372036854775807", big + big)),
            "UNBALANCED posting.tenders");
}

TEST(Form, AThousandTendersAndNoMore) {
  std::string tenders;
  for (int i = 0; i < 1000; ++i)
    tenders += "tenders { method: TENDER_METHOD_CASH amount { minor: 1 } } ";
  EXPECT_EQ(Check(Sale("unit: 'EUR' minor: 1000", tenders)), "ok");
  tenders += "tenders { method: TENDER_METHOD_CASH amount { minor: 1 } } ";
  EXPECT_EQ(Check(Sale("unit: 'EUR' minor: 1001", tenders)), "TOO_MANY_VALUES posting.tenders");
}

TEST(Form, Contacts) {
  const auto contact = [](const std::string& text) {
    return Check("contact_observed { contact { " + text + " } }");
  };
  EXPECT_EQ(contact("emails { plain: 'not an address' }"), "ok") << "kept as typed";
  EXPECT_EQ(contact("emails { sealed { box: 'x' } }"),
            "SEALED_NOT_ALLOWED contact_observed.contact.emails[0]");
  EXPECT_EQ(contact("emails { plain: 'a@example.com' normalized: 'x' }"),
            "SEALED_NOT_ALLOWED contact_observed.contact.emails[0]");
  EXPECT_EQ(contact("name { full { plain: 'A' } tokens { } }"),
            "SEALED_NOT_ALLOWED contact_observed.contact.name.tokens[0]");
  EXPECT_EQ(contact("company_name { plain: '" + std::string(4097, 'x') + "' }"),
            "VALUE_TOO_LONG contact_observed.contact.company_name");
  EXPECT_EQ(contact("country: 'fr'"), "NAME_MALFORMED contact_observed.contact.country");
}

TEST(Form, EmptyValuesSayNothing) {
  Body body = Parse(
      "contact_observed { contact { name { given { plain: '' } } emails { plain: '' } emails { "
      "plain: 'a@example.com' } "
      "addresses { street { } } company_name { } } }");
  DropEmptyValues(&body);
  EXPECT_EQ(body.ShortDebugString(),
            "contact_observed { contact { emails { plain: \"a@example.com\" } } }");
}

TEST(Form, OneFormForOneMeaning) {
  Body one = Parse(Sale("unit: 'EUR' decimal: '12.5'",
                        "tenders { method: TENDER_METHOD_CASH amount { unit: 'EUR' minor: 1250 } } "
                        "tax { decimal: '0.00' }"));
  Body other = Parse(Sale("unit: 'EUR' minor: 1250",
                          "tenders { method: TENDER_METHOD_CASH amount { decimal: '12.500' } }"));
  carnet::v1::Preconditions none;
  EXPECT_FALSE(CanonicalizeAmounts(&one, &none));
  EXPECT_FALSE(CanonicalizeAmounts(&other, &none));
  EXPECT_EQ(one.SerializeAsString(), other.SerializeAsString());
}

TEST(Form, Names) {
  EXPECT_TRUE(IsName("till-1.a_b"));
  EXPECT_TRUE(IsName(std::string(63, 'a')));
  for (const std::string& bad : {std::string(), std::string("-a"), std::string("A"),
                                 std::string("é"), std::string("a b"), std::string(64, 'a')}) {
    EXPECT_FALSE(IsName(bad)) << bad;
  }
}

}  // namespace
}  // namespace carnet::domain
