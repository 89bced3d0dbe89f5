// What is published of a meaning.
#include "channels/changes.h"

#include <gtest/gtest.h>

#include "channels/adapter.h"
#include "domain/customers/record.h"

namespace carnet::channels {
namespace {

std::vector<v1::Change> Of(std::string_view channel, std::string_view topic,
                           std::string_view body) {
  Delivery delivery;
  delivery.topic = std::string(topic);
  delivery.body = body;
  delivery.received_at_micros = 1;
  delivery.settings.source = "web";
  return ChangesOf("shop", channel, delivery.settings, FindAdapter(channel)->read(delivery));
}

TEST(Changes, TheSameDeliveryHasTheSameIdsAndContent) {
  constexpr std::string_view kBody =
      R"({"id":1,"email":"a@example.com","date_modified_gmt":"2026-09-01T08:15:00"})";
  const auto first = Of("woocommerce", "customer.updated", kBody);
  const auto second = Of("woocommerce", "customer.updated", kBody);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].SerializeAsString(), second[0].SerializeAsString());
  EXPECT_EQ(first[0].external_id(), "customer:1");
  EXPECT_EQ(first[0].intent(), v1::INTENT_FACT);
  const auto other =
      Of("woocommerce", "customer.updated",
         R"({"id":1,"email":"b@example.com","date_modified_gmt":"2026-09-01T08:15:00"})");
  EXPECT_NE(other[0].id(), first[0].id()) << "two states in one second";
}

TEST(Changes, ADeletionIsATombstone) {
  const auto all = Of("shopify", "customers/delete", R"({"id":7})");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(all[0].body().has_record_deleted());
  EXPECT_EQ(all[0].external_id(), "customer:7");
}

TEST(Changes, AMergeMakesBothRecordsAndLinksThem) {
  const auto all = Of("shopify", "customers/merge",
                      R"({"admin_graphql_api_customer_kept_id":"gid://shopify/Customer/1",
                             "admin_graphql_api_customer_deleted_id":"gid://shopify/Customer/2"})");
  ASSERT_EQ(all.size(), 3U);
  const auto& link = all[2];
  EXPECT_EQ(link.intent(), v1::INTENT_REQUEST);
  EXPECT_EQ(link.body().link_customers().customer(),
            domain::RecordId("shop", "shopify", "web", "customer:1").ToString());
  EXPECT_EQ(link.body().link_customers().other(),
            domain::RecordId("shop", "shopify", "web", "customer:2").ToString());
  EXPECT_NE(all[0].id(), all[1].id());
}

TEST(Changes, AConsentIsAChangeOfItsOwn) {
  const auto all = Of("shopify", "customers_email_marketing_consent/update",
                      R"({"customer_id":7,"email_address":"a@example.com","email_marketing_consent":
          {"state":"unsubscribed","consent_updated_at":"2026-09-03T10:00:00Z"}})");
  ASSERT_EQ(all.size(), 2U);
  const auto& consent = all[1].body().consent_recorded();
  EXPECT_EQ(consent.email().plain(), "a@example.com");
  EXPECT_EQ(consent.state(), v1::CONSENT_STATE_WITHDRAWN);
  EXPECT_EQ(consent.purpose(), "newsletter");
}

TEST(Changes, AnswersOfAFormAreCustomFields) {
  const auto all = Of("meta", "GET /{leadgen_id}",
                      R"({"id":"5","field_data":[{"name":"budget_2026","values":["a","b"]},
                             {"name":"bạn_muốn?","values":["Trà"]}]})");
  ASSERT_EQ(all.size(), 1U);
  const auto& contact = all[0].body().contact_observed().contact();
  ASSERT_EQ(contact.custom_size(), 2);
  EXPECT_EQ(contact.custom(0).key(), "budget_2026");
  EXPECT_EQ(contact.custom(0).text().plain(), "a; b");
  EXPECT_TRUE(contact.custom(1).key().starts_with("bn_mun-")) << contact.custom(1).key();
}

TEST(Changes, AWishToBeForgottenIsAnErasure) {
  const auto all = Of("shopify", "customers/redact", R"({"customer":{"id":7}})");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(all[0].body().has_customer_erased());
  EXPECT_EQ(all[0].intent(), v1::INTENT_REQUEST);
  EXPECT_EQ(all[0].external_id(), "customer:7");
}

}  // namespace
}  // namespace carnet::channels
