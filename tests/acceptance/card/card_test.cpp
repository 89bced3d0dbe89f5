// What a back office does with cards, over a real socket.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/uuid.h"
#include "tests/acceptance/card/card_fixture.h"

namespace carnet::acceptance {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(CardTest, AnUpdateChangesItsMaskAndClearsWhatIsEmptyThere) {
  const v1::Customer created = Create(
      "name { full { plain: 'Camille Roux' } } emails { plain: 'camille@gmial.com' } sector: "
      "'food'");
  EXPECT_EQ(created.display_name(), "Camille Roux");
  ASSERT_EQ(created.warnings_size(), 1);
  EXPECT_EQ(created.warnings(0).reason(), "EMAIL_TYPO");
  EXPECT_EQ(created.warnings(0).suggestion(), "camille@gmail.com");

  v1::UpdateCustomerResponse updated;
  ASSERT_TRUE(
      Update(created.name(),
             "contact { emails { plain: 'camille@gmail.com' } language: 'fr' } update_mask { "
             "paths: 'emails' paths: 'sector' } etag: '" +
                 created.etag() + "'",
             &updated)
          .ok());
  EXPECT_EQ(updated.customer().contact().emails(0).plain(), "camille@gmail.com");
  EXPECT_EQ(updated.customer().contact().sector(), "");
  EXPECT_EQ(updated.customer().contact().language(), "");  // not in the mask
  EXPECT_EQ(updated.customer().contact().name().full().plain(), "Camille Roux");
  EXPECT_EQ(updated.warnings_size(), 0);

  v1::UpdateCustomerResponse stale;
  const absl::Status refused =
      Update(created.name(), "contact { language: 'nl' } etag: '" + created.etag() + "'", &stale);
  EXPECT_EQ(refused.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(refused), "ETAG_CHANGED");
}

TEST_F(CardTest, EveryValueIsExplainedAndCanBePutBack) {
  Policy("channel_ranks { channel: 'pos' rank: 5 }");
  const v1::Customer created = Create("sector: 'food'");
  const std::string id = created.name().substr(created.name().rfind('/') + 1);
  EXPECT_EQ(Publish("channel: 'pos' source: 'till-1' intent: INTENT_FACT customer: '" + id +
                    "' body { contact_observed { contact { sector: 'toys' } } }")
                .status(),
            v1::OUTCOME_STATUS_APPLIED);
  v1::UpdateCustomerResponse updated;
  ASSERT_TRUE(Update(created.name(), "contact { sector: 'garden' }", &updated).ok());
  EXPECT_EQ(updated.customer().contact().sector(), "toys");  // the till ranks higher

  v1::ExplainCustomerRequest explain;
  explain.set_name(created.name());
  explain.set_field("sector");
  v1::ExplainCustomerResponse explained;
  ASSERT_TRUE(
      Call(customers_.get(), &v1::CustomerService::Stub::ExplainCustomer, explain, &explained)
          .ok());
  std::vector<std::string> lines;
  uint64_t first_change = 0;
  for (const auto& value : explained.fields(0).values()) {
    lines.push_back(value.value().sector() + " " + value.origin().channel() + " " + value.reason());
    if (value.value().sector() == "food") first_change = value.origin().change_number();
  }
  EXPECT_THAT(lines, ElementsAre("toys pos CHANNEL_RANK", "garden back-office CHANNEL_RANK",
                                 "food back-office CHANNEL_RANK"));

  v1::RevertFieldRequest revert;
  revert.set_name(created.name());
  revert.set_field("sector");
  revert.set_change_number(first_change);
  v1::RevertFieldResponse reverted;
  ASSERT_TRUE(
      Call(customers_.get(), &v1::CustomerService::Stub::RevertField, revert, &reverted).ok());
  EXPECT_EQ(reverted.customer().contact().sector(), "food");
}

TEST_F(CardTest, PolicyIsLearntByTheGatewayAndAskedForByField) {
  Policy(
      "country: 'FR' fields { field: 'phones' required: true } fields { field: 'notes' "
      "switched_off: true } custom_fields { key: 'size' label: 'Size' type: "
      "CUSTOM_FIELD_TYPE_NUMBER required: true }");
  v1::CreateCustomerResponse response;
  absl::Status refused = Call(
      customers_.get(), &v1::CustomerService::Stub::CreateCustomer,
      Parse<v1::CreateCustomerRequest>("merchant: 'shop-1' contact { sector: 'x' }"), &response);
  EXPECT_EQ(ReasonOf(refused), "REQUIRED_FIELD");
  std::vector<std::string> fields;
  ForEachFieldViolation(
      refused, [&](std::string_view field, std::string_view) { fields.emplace_back(field); });
  EXPECT_THAT(fields, ElementsAre("custom.size", "phones"));

  const v1::Customer created = Create(
      "phones { plain: '06 12 34 56 78' } notes { plain: 'secret' } custom { key: 'size' number: "
      "'42' }");
  EXPECT_EQ(created.contact().phones(0).normalized(), "+33612345678");
  EXPECT_FALSE(created.contact().has_notes());
  EXPECT_EQ(created.missing_fields_size(), 0);

  // Incomplete follows today's policy; what was folded stays.
  Policy(
      "custom_fields { key: 'colour' label: 'Colour' type: CUSTOM_FIELD_TYPE_TEXT required: true "
      "}");
  const v1::Customer now = Get(created.name());
  EXPECT_THAT(now.missing_fields(), ElementsAre("custom.colour"));
  EXPECT_EQ(now.contact().custom_size(), 0);  // hidden
  EXPECT_THAT(Search("filter { incomplete: true }"), ElementsAre("06 12 34 56 78"));

  // Look-ups read a phone in the merchant's country.
  v1::LookupCustomersResponse found;
  ASSERT_TRUE(Call(customers_.get(), &v1::CustomerService::Stub::LookupCustomers,
                   Parse<v1::LookupCustomersRequest>("merchant: 'shop-1' phone: '0612345678'"),
                   &found)
                  .ok());
  EXPECT_EQ(found.customers_size(), 1);
}

TEST_F(CardTest, ACopyHasNoIdentifierAndConsentBelongsToTheAddress) {
  const v1::Customer created = Create(
      "name { full { plain: 'Camille Roux' } } emails { plain: 'camille@roux.fr' } sector: 'food' "
      "company_numbers { scheme: 'siret' number { plain: '732 829 320 00074' } }");
  v1::RecordConsentResponse recorded;
  ASSERT_TRUE(Call(customers_.get(), &v1::CustomerService::Stub::RecordConsent,
                   Parse<v1::RecordConsentRequest>(
                       "merchant: 'shop-1' consent { email { plain: 'Camille@Roux.fr' } purpose: "
                       "'newsletter' state: CONSENT_STATE_GIVEN how: 'paper form' }"),
                   &recorded)
                  .ok());
  const v1::Customer consenting = Get(created.name());
  ASSERT_EQ(consenting.consents_size(), 1);
  EXPECT_EQ(consenting.consents(0).email(), "camille@roux.fr");
  EXPECT_EQ(consenting.consents(0).how(), "paper form");

  v1::DuplicateCustomerRequest duplicate;
  duplicate.set_name(created.name());
  v1::DuplicateCustomerResponse copy;
  ASSERT_TRUE(
      Call(customers_.get(), &v1::CustomerService::Stub::DuplicateCustomer, duplicate, &copy).ok());
  EXPECT_NE(copy.customer().name(), created.name());
  EXPECT_EQ(copy.customer().display_name(), "Camille Roux");
  EXPECT_EQ(copy.customer().contact().sector(), "food");
  EXPECT_EQ(copy.customer().contact().emails_size(), 0);
  EXPECT_EQ(copy.customer().contact().company_numbers_size(), 0);
  EXPECT_EQ(copy.customer().consents_size(), 0);
  EXPECT_THAT(Search("filter { consent_purpose: 'newsletter' }"), ElementsAre("Camille Roux"));
}

TEST_F(CardTest, ArchivedIsOutOfSightAndRefusedWhileSomethingIsOpen) {
  const v1::Customer created = Create("name { full { plain: 'Camille Roux' } }");
  const std::string id = created.name().substr(created.name().rfind('/') + 1);
  EXPECT_EQ(
      Publish(
          "channel: 'pos' source: 'till-1' intent: INTENT_FACT customer: '" + id +
          "' body { posting { kind: VOUCHER_KIND_SALE total { unit: 'EUR' decimal: '40.00' } "
          "tax { decimal: '6.67' } tenders { method: TENDER_METHOD_ON_ACCOUNT amount { decimal: "
          "'40.00' } } } }")
          .status(),
      v1::OUTCOME_STATUS_APPLIED);
  const v1::Customer buyer = Get(created.name());
  ASSERT_EQ(buyer.bought_size(), 1);
  EXPECT_EQ(buyer.bought(0).gross(), "40.00");
  EXPECT_EQ(buyer.bought(0).net(), "33.33");
  v1::ArchiveCustomerRequest archive;
  archive.set_name(created.name());
  v1::ArchiveCustomerResponse archived;
  EXPECT_EQ(ReasonOf(Call(customers_.get(), &v1::CustomerService::Stub::ArchiveCustomer, archive,
                          &archived)),
            "HAS_BALANCE");
  EXPECT_THAT(Search("query: 'roux'"), ElementsAre("Camille Roux"));
  archive.set_balance(v1::BALANCE_ON_ARCHIVE_KEEP);
  ASSERT_TRUE(
      Call(customers_.get(), &v1::CustomerService::Stub::ArchiveCustomer, archive, &archived).ok());
  EXPECT_TRUE(archived.customer().archived());
  EXPECT_THAT(Search("query: 'roux'"), ElementsAre());
  EXPECT_THAT(Search("query: 'roux' filter { archived: true }"), ElementsAre("Camille Roux"));

  v1::RankCustomersResponse ranked;
  ASSERT_TRUE(Call(customers_.get(), &v1::CustomerService::Stub::RankCustomers,
                   Parse<v1::RankCustomersRequest>("merchant: 'shop-1' unit: 'EUR'"), &ranked)
                  .ok());
  ASSERT_EQ(ranked.customers_size(), 1);
  EXPECT_EQ(ranked.customers(0).bought().gross(), "40.00");
}

TEST_F(CardTest, ARepeatedRequestIsTheSameChange) {
  const std::string id = Uuid::Random().ToString();
  std::string first;
  for (int i = 0; i < 3; ++i) {
    v1::CreateCustomerResponse response;
    const absl::Status status =
        Call(customers_.get(), &v1::CustomerService::Stub::CreateCustomer,
             Parse<v1::CreateCustomerRequest>(
                 "merchant: 'shop-1' contact { sector: 'x' } request_id: '" + id + "'"),
             &response);
    ASSERT_TRUE(status.ok()) << status;
    if (first.empty()) first = response.customer().name();
    EXPECT_EQ(response.customer().name(), first);
  }
}

}  // namespace
}  // namespace carnet::acceptance
