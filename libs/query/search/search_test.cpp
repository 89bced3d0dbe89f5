#include "query/search/search.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "query/test_support.h"

namespace carnet::query {
namespace {

using testing::CashSale;
using testing::Contact;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::RecordOf;
using testing::Sale;

class SearchTest : public ::testing::Test {
 protected:
  void Say(const testing::Said& said) {
    const auto outcome = views_.Fold(vault_.Stamp(said));
    ASSERT_EQ(outcome.status(), carnet::v1::OUTCOME_STATUS_APPLIED) << outcome.reason();
  }
  void Person(std::string_view id, std::string_view name, std::string_view more = "") {
    Say({.body =
             Contact("name { full { plain: \"" + std::string(name) + "\" } } " + std::string(more)),
         .external_id = std::string(id)});
  }
  carnet::v1::SearchCustomersResponse Search(const std::string& text) {
    carnet::v1::SearchCustomersRequest request;
    EXPECT_TRUE(
        google::protobuf::TextFormat::ParseFromString("merchant: 'shop-1' " + text, &request));
    carnet::v1::SearchCustomersResponse response;
    const absl::Status status = search_.Search(views_.view(), request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
  std::vector<std::string> Names(const std::string& text) {
    std::vector<std::string> names;
    const auto found = Search(text);
    for (const auto& customer : found.customers()) names.push_back(customer.display_name());
    return names;
  }
  std::vector<std::string> Words(const std::string& query) {
    return Names("query: '" + query + "'");
  }

  testing::Vault vault_;
  testing::MemoryViews views_;
  Customers customers_{&vault_.opener(), &vault_.lookup()};
  CustomerSearch search_{&customers_};
};

TEST_F(SearchTest, WordsInAnyOrderByTheirBeginningsWithoutMarks) {
  Person("1", "Nguyễn Thị Hà");
  Person("2", "Đặng Thu Hà");
  Person("3", "Élodie Lefèvre");
  Person("4", "O'Brien-Smith");
  EXPECT_THAT(Words("ha nguyen"), ElementsAre("Nguyễn Thị Hà"));
  EXPECT_THAT(Words("HÀ"), ElementsAre("Đặng Thu Hà", "Nguyễn Thị Hà"));
  EXPECT_THAT(Words("dang"), ElementsAre("Đặng Thu Hà"));
  EXPECT_THAT(Words("lef elo"), ElementsAre("Élodie Lefèvre"));
  EXPECT_THAT(Words("e"), ElementsAre("Élodie Lefèvre"));
  EXPECT_THAT(Words("smith"), ElementsAre("O'Brien-Smith"));
  EXPECT_THAT(Words("zzz"), IsEmpty());
}

TEST_F(SearchTest, OneSlipOfTheFingersIsForgiven) {
  Person("1", "Camille Rousseau");
  Person("2", "Hugo Martin");
  for (const char* typed : {"rouseau", "rousseaux", "roussaeu", "roosseau", "camile"}) {
    EXPECT_THAT(Words(typed), ElementsAre("Camille Rousseau")) << typed;
  }
  EXPECT_THAT(Words("martn hugo"), ElementsAre("Hugo Martin"));
  EXPECT_THAT(Words("rossau"), IsEmpty());  // two
}

TEST_F(SearchTest, PhonesByAnyFormatAndByTheirLastDigits) {
  Person("1", "A", "phones { plain: '06 12 34 56 78' } country: 'FR'");
  Person("2", "B", "phones { plain: '+84 912 345 699' }");
  for (const char* typed : {"0612345678", "+33 6 12 34 56 78", "06.12.34.56.78", "0033612345678",
                            "5678", "34 56 78", "0612"}) {
    EXPECT_THAT(Words(typed), ElementsAre("A")) << typed;
  }
  EXPECT_THAT(Words("5699"), ElementsAre("B"));
  EXPECT_THAT(Words("0912345699"), ElementsAre("B"));
}

TEST_F(SearchTest, EmailsCodesTagsAndExternalIds) {
  Person("KH-0042", "A", "emails { plain: 'lea.roux@orange.fr' }");
  Person("2", "B", "code: 'VIP-7' tags: 'wholesale'");
  EXPECT_THAT(Words("lea.roux@orange.fr"), ElementsAre("A"));
  EXPECT_THAT(Words("lea.roux@"), ElementsAre("A"));
  EXPECT_THAT(Words("roux"), ElementsAre("A"));
  EXPECT_THAT(Words("KH-0042"), ElementsAre("A"));
  EXPECT_THAT(Words("vip-7"), ElementsAre("B"));
  EXPECT_THAT(Words("whole"), ElementsAre("B"));
}

TEST_F(SearchTest, FiltersAndOrders) {
  Person("1", "Anna", "type: PARTY_TYPE_CONSUMER tags: 'gold'");
  Person("2", "Bela", "type: PARTY_TYPE_COMPANY role: CUSTOMER_ROLE_AGENT");
  Person("3", "Cleo", "tags: 'gold'");
  Say({.body = Sale("S1", 4000), .external_id = "1"});
  Say({.body = CashSale("S2", 9000), .external_id = "2"});
  Say({.body = Sale("S3", 500), .external_id = "3"});
  EXPECT_THAT(Names("filter { tag: 'Gold' }"), ElementsAre("Anna", "Cleo"));
  EXPECT_THAT(Names("filter { type: PARTY_TYPE_COMPANY }"), ElementsAre("Bela"));
  EXPECT_THAT(Names("filter { role: CUSTOMER_ROLE_AGENT }"), ElementsAre("Bela"));
  EXPECT_THAT(Names("filter { channel: 'pos' }"), ElementsAre("Anna", "Bela", "Cleo"));
  EXPECT_THAT(Names("filter { channel: 'web' }"), IsEmpty());
  EXPECT_THAT(Names("filter { unit: 'EUR' min_balance_minor: 1000 }"), ElementsAre("Anna"));
  EXPECT_THAT(Names("filter { bought_since: '2026-05-01' }"), ElementsAre("Anna", "Bela", "Cleo"));
  EXPECT_THAT(Names("filter { not_bought_since: '2026-05-01' }"), IsEmpty());
  EXPECT_THAT(Names("order_by: CUSTOMER_ORDER_BALANCE descending: true"),
              ElementsAre("Anna", "Cleo", "Bela"));
  EXPECT_THAT(Names("order_by: CUSTOMER_ORDER_TOTAL_BOUGHT descending: true unit: 'EUR'"),
              ElementsAre("Bela", "Anna", "Cleo"));
  EXPECT_THAT(Names("descending: true"), ElementsAre("Cleo", "Bela", "Anna"));
}

TEST_F(SearchTest, WhatHappensSinceIsFound) {
  Person("1", "Anna Bauer");
  EXPECT_THAT(Words("bauer"), ElementsAre("Anna Bauer"));
  Person("1", "Anna Kurz");
  Person("2", "Bela Kurz");
  EXPECT_THAT(Words("bauer"), IsEmpty());
  EXPECT_THAT(Words("kurz"), ElementsAre("Anna Kurz", "Bela Kurz"));
  Say({.body = testing::Link(RecordOf("1"), RecordOf("2")), .intent = carnet::v1::INTENT_REQUEST});
  EXPECT_EQ(Words("kurz").size(), 1U);
  Say({.body = Sale("S1", 700), .external_id = "1"});
  EXPECT_EQ(Names("filter { unit: 'EUR' min_balance_minor: 700 }").size(), 1U);
  // Many small pieces become one again.
  for (int i = 0; i < 40; ++i) {
    Person("p" + std::to_string(i), "Person Nummer" + std::to_string(i));
    EXPECT_EQ(Words("nummer" + std::to_string(i)).front(), "Person Nummer" + std::to_string(i));
  }
  EXPECT_EQ(Words("person").size(), 40U);
}

TEST_F(SearchTest, PagesFollowEachOtherInEveryOrder) {
  for (int i = 0; i < 25; ++i) {
    Person("c" + std::to_string(i), "Kunde " + std::to_string(i % 5));
    Say({.body = Sale("S" + std::to_string(i), 100 * (i % 3 + 1)),
         .external_id = "c" + std::to_string(i)});
  }
  for (const char* order : {"", "descending: true", "order_by: CUSTOMER_ORDER_BALANCE",
                            "order_by: CUSTOMER_ORDER_BALANCE descending: true"}) {
    std::vector<std::string> all;
    const auto whole = Search(std::string(order));
    for (const auto& customer : whole.customers()) all.push_back(customer.name());
    ASSERT_EQ(all.size(), 25U) << order;
    std::vector<std::string> paged;
    std::string token;
    do {
      const auto page = Search(std::string(order) + " page_size: 4 page_token: '" + token + "'");
      for (const auto& customer : page.customers()) paged.push_back(customer.name());
      token = page.next_page_token();
    } while (!token.empty());
    EXPECT_EQ(paged, all) << order;
  }
}

TEST_F(SearchTest, BadQueriesAreRefusedByName) {
  const auto reason = [&](const std::string& text) {
    carnet::v1::SearchCustomersRequest request;
    EXPECT_TRUE(
        google::protobuf::TextFormat::ParseFromString("merchant: 'shop-1' " + text, &request));
    carnet::v1::SearchCustomersResponse response;
    return ReasonOf(search_.Search(views_.view(), request, &response));
  };
  EXPECT_EQ(reason("query: 'a b c d e f g h i'"), "QUERY_MALFORMED");
  EXPECT_EQ(reason("query: '" + std::string(600, 'a') + "'"), "QUERY_MALFORMED");
  EXPECT_EQ(reason("filter { min_balance_minor: 5 }"), "UNKNOWN_CURRENCY");
  EXPECT_EQ(reason("filter { bought_since: 'yesterday' }"), "DATE_MALFORMED");
  EXPECT_EQ(reason("page_token: 'x'"), "PAGE_TOKEN_MALFORMED");
  EXPECT_EQ(reason("page_size: 5000"), "PAGE_SIZE");
}

TEST_F(SearchTest, OddNamesDoNoHarm) {
  Person("1", "X");
  Person("2", std::string(200, 'y'));
  Person("3", "😀 Smiley");
  Person("4", "‫דוד‬");
  Say({.body = Contact("language: 'fr'"), .external_id = "5"});
  EXPECT_THAT(Words("x"), ElementsAre("X"));
  EXPECT_THAT(Words("yyyyyy").size(), 1U);
  EXPECT_THAT(Words("smiley").size(), 1U);
  EXPECT_THAT(Words("😀").size(), ::testing::Le(1U));
  EXPECT_THAT(Names("").size(), 5U);
}

}  // namespace
}  // namespace carnet::query
