#include "query/customers.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/error.h"
#include "query/names.h"
#include "query/test_support.h"

namespace carnet::query {
namespace {

using carnet::v1::Customer;
using testing::Contact;
using testing::Link;
using testing::RecordOf;
using testing::Sale;

constexpr char kShop[] = "shop-1";

class CustomersTest : public ::testing::Test {
 protected:
  void Say(const testing::Said& said) {
    const auto outcome = views_.Fold(vault_.Stamp(said));
    ASSERT_EQ(outcome.status(), carnet::v1::OUTCOME_STATUS_APPLIED) << outcome.reason();
  }
  void LinkRecords(const Uuid& a, const Uuid& b) {
    Say({.body = Link(a, b),
         .channel = "back-office",
         .source = "desk",
         .intent = carnet::v1::INTENT_REQUEST});
  }

  Customer Get(const Uuid& id) {
    carnet::v1::GetCustomerRequest request;
    request.set_name(FormatCustomerName(kShop, id));
    carnet::v1::GetCustomerResponse response;
    const absl::Status status = customers_.Get(views_.view(), request, &response);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(response.position().offset(), views_.position());
    return response.customer();
  }

  // Ids found, as text, in the order of the answer.
  std::vector<std::string> Found(const carnet::v1::LookupCustomersRequest& request) {
    carnet::v1::LookupCustomersResponse response;
    const absl::Status status = customers_.Lookup(views_.view(), request, &response);
    EXPECT_TRUE(status.ok()) << status;
    std::vector<std::string> names;
    for (const auto& customer : response.customers()) names.push_back(customer.name());
    return names;
  }

  testing::Vault vault_;
  testing::MemoryViews views_;
  Customers customers_{&vault_.opener(), &vault_.lookup()};
};

// "name from pos/till-1 by change 1", field by field.
std::vector<std::string> Origins(const Customer& customer) {
  std::vector<std::string> origins;
  for (const auto& origin : customer.origins()) {
    origins.push_back(origin.field() + " from " + origin.channel() + "/" + origin.source() +
                      " by change " + std::to_string(origin.change_number()));
  }
  return origins;
}

TEST_F(CustomersTest, CardHoldsPlainValuesWithTheirOrigin) {
  Say({.body = Contact("name { given { plain: 'Anne' } family { plain: 'Le Goff' } } "
                       "phones { plain: '06 12 34 56 78' }"),
       .external_id = "c-1"});
  Say({.body = Sale("S-1", 1250), .external_id = "c-1"});
  const Customer customer = Get(RecordOf("c-1"));
  EXPECT_EQ(customer.name(), FormatCustomerName(kShop, RecordOf("c-1")));
  EXPECT_EQ(customer.display_name(), "Anne Le Goff");
  EXPECT_EQ(customer.contact().name().given().plain(), "Anne");
  EXPECT_EQ(customer.contact().phones(0).plain(), "06 12 34 56 78");
  EXPECT_EQ(customer.contact().phones(0).normalized(), "+33612345678");
  EXPECT_EQ(Origins(customer), (std::vector<std::string>{"name from pos/till-1 by change 1",
                                                         "phones from pos/till-1 by change 1"}));
  ASSERT_EQ(customer.records_size(), 1);
  EXPECT_EQ(customer.records(0).external_id(), "c-1");
  ASSERT_EQ(customer.balances_size(), 1);
  EXPECT_EQ(customer.balances(0).unit(), "EUR");
  EXPECT_EQ(customer.balances(0).receivable_minor(), 1250);
  EXPECT_EQ(customer.balances(0).receivable(), "12.50");
}

TEST_F(CustomersTest, NothingSealedLeavesTheHouse) {
  Say({.body = Contact("name { full { plain: 'Anne Le Goff' } } emails { plain: 'anne@example.fr' }"
                       " addresses { street { plain: '1 rue de Siam' } }"),
       .external_id = "c-1"});
  const std::string text = Get(RecordOf("c-1")).DebugString();
  EXPECT_EQ(text.find("sealed"), std::string::npos) << text;
  EXPECT_EQ(text.find("token"), std::string::npos) << text;
}

TEST_F(CustomersTest, LinkedCustomerIsTheUnionOfItsRecords) {
  Say({.body = Contact("name { full { plain: 'Anne' } } language: 'fr'"),
       .external_id = "c-1",
       .minute = 10});
  Say({.body = Contact("name { full { plain: 'Anne Le Goff' } }"),
       .external_id = "w-9",
       .channel = "web-shop",
       .source = "shop",
       .minute = 20});
  Say({.body = Sale("S-1", 1000), .external_id = "c-1"});
  Say({.body = Sale("W-1", 500), .external_id = "w-9", .channel = "web-shop", .source = "shop"});
  Say({.body = Sale("W-2", 7, "VND"),
       .external_id = "w-9",
       .channel = "web-shop",
       .source = "shop"});
  const Uuid till = RecordOf("c-1");
  const Uuid web = RecordOf("w-9", "web-shop", "shop");
  LinkRecords(web, till);

  const Customer customer = Get(web);
  EXPECT_EQ(customer.name(), FormatCustomerName(kShop, till)) << "the oldest member's id";
  EXPECT_EQ(customer.contact().name().full().plain(), "Anne Le Goff") << "later by its clock";
  EXPECT_EQ(customer.contact().language(), "fr");
  ASSERT_EQ(customer.records_size(), 2);
  EXPECT_EQ(customer.records(0).channel(), "pos");
  EXPECT_EQ(customer.records(1).channel(), "web-shop");
  ASSERT_EQ(customer.balances_size(), 2);
  EXPECT_EQ(customer.balances(0).receivable(), "15.00");
  EXPECT_EQ(customer.balances(1).receivable(), "7");
  EXPECT_EQ(Get(till).SerializeAsString(), customer.SerializeAsString());
}

TEST_F(CustomersTest, OrderOfArrivalDoesNotDecideAcrossRecords) {
  Say({.body = Contact("name { full { plain: 'New' } }"),
       .external_id = "w-9",
       .channel = "web-shop",
       .source = "shop",
       .minute = 2});
  Say({.body = Contact("name { full { plain: 'Old' } }"), .external_id = "c-1", .minute = 1});
  LinkRecords(RecordOf("c-1"), RecordOf("w-9", "web-shop", "shop"));
  EXPECT_EQ(Get(RecordOf("c-1")).display_name(), "New");
}

TEST_F(CustomersTest, EtagFollowsTheCardButNotItsBalances) {
  Say({.body = Contact("name { full { plain: 'Anne' } }"), .external_id = "c-1"});
  const std::string first = Get(RecordOf("c-1")).etag();
  EXPECT_FALSE(first.empty());
  Say({.body = Contact("name { full { plain: 'Bea' } }"), .external_id = "c-2"});
  EXPECT_EQ(Get(RecordOf("c-1")).etag(), first) << "nothing of this one changed";
  Say({.body = Sale("S-1", 1000), .external_id = "c-1"});
  EXPECT_EQ(Get(RecordOf("c-1")).etag(), first) << "a sale does not get in a back office's way";
  Say({.body = Contact("name { full { plain: 'Anna' } }"), .external_id = "c-1"});
  EXPECT_NE(Get(RecordOf("c-1")).etag(), first);
  const std::string alone = Get(RecordOf("c-1")).etag();
  LinkRecords(RecordOf("c-1"), RecordOf("c-2"));
  EXPECT_NE(Get(RecordOf("c-1")).etag(), alone);
}

TEST_F(CustomersTest, UnknownAndMalformedNamesAreToldApart) {
  carnet::v1::GetCustomerRequest request;
  carnet::v1::GetCustomerResponse response;
  request.set_name(FormatCustomerName(kShop, RecordOf("nobody")));
  absl::Status status = customers_.Get(views_.view(), request, &response);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status), "CUSTOMER_UNKNOWN");
  for (const char* name : {"", "customers/x", "merchants/shop-1", "merchants/shop-1/customers/",
                           "merchants/Shop/customers/1", "merchants/shop-1/customers/12",
                           "merchants/shop-1/vouchers/1"}) {
    request.set_name(name);
    status = customers_.Get(views_.view(), request, &response);
    EXPECT_EQ(ReasonOf(status), "NAME_MALFORMED") << name;
    EXPECT_EQ(FieldOf(status), "name");
  }
}

TEST_F(CustomersTest, LookupFindsByIdPhoneAndEmail) {
  Say({.body = Contact("phones { plain: '06 12 34 56 78' } emails { plain: 'Anne@Example.fr' }"),
       .external_id = "c-1"});
  Say({.body = Contact("phones { plain: '+33 6 12 34 56 78' }"), .external_id = "c-2"});
  Say({.body = Contact("phones { plain: '+33 6 12 34 56 78' }"), .external_id = "c-3"});
  LinkRecords(RecordOf("c-2"), RecordOf("c-3"));
  const std::string anne = FormatCustomerName(kShop, RecordOf("c-1"));
  const std::string linked = FormatCustomerName(kShop, RecordOf("c-2"));

  carnet::v1::LookupCustomersRequest request;
  request.set_merchant(kShop);
  request.mutable_external_id()->set_channel("pos");
  request.mutable_external_id()->set_source("till-1");
  request.mutable_external_id()->set_id("c-3");
  EXPECT_EQ(Found(request), std::vector<std::string>{linked});
  request.mutable_external_id()->set_id("nobody");
  EXPECT_TRUE(Found(request).empty());

  request.set_email("anne@example.FR");
  EXPECT_EQ(Found(request), std::vector<std::string>{anne});

  request.set_phone("0612345678");
  request.set_country("FR");
  std::vector<std::string> both = {anne, linked};
  std::sort(both.begin(), both.end());
  EXPECT_EQ(Found(request), both) << "each customer once, by id";
  request.set_country("");
  request.set_phone("+33612345678");
  EXPECT_EQ(Found(request), both);
  request.set_phone("12");
  EXPECT_TRUE(Found(request).empty()) << "no phone: nobody";

  request.clear_key();
  carnet::v1::LookupCustomersResponse response;
  EXPECT_EQ(ReasonOf(customers_.Lookup(views_.view(), request, &response)), "LOOKUP_KEY_MISSING");
}

TEST_F(CustomersTest, ListShowsEachCustomerOncePageByPage) {
  for (int i = 0; i < 7; ++i) {
    Say({.body = Sale("S-" + std::to_string(i), 100), .external_id = "c-" + std::to_string(i)});
  }
  LinkRecords(RecordOf("c-1"), RecordOf("c-2"));
  LinkRecords(RecordOf("c-5"), RecordOf("c-2"));
  Say({.body = Sale("S-1", 100), .external_id = "other", .merchant = "shop-10"});

  std::vector<std::string> names;
  carnet::v1::ListCustomersRequest request;
  request.set_merchant(kShop);
  request.set_page_size(2);
  int pages = 0;
  do {
    carnet::v1::ListCustomersResponse response;
    const absl::Status status = customers_.List(views_.view(), request, &response);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_LE(response.customers_size(), 2);
    for (const auto& customer : response.customers()) names.push_back(customer.name());
    request.set_page_token(response.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(names.size(), 5u);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::count(names.begin(), names.end(), FormatCustomerName(kShop, RecordOf("c-1"))), 1);
  EXPECT_EQ(std::count(names.begin(), names.end(), FormatCustomerName(kShop, RecordOf("c-2"))), 0);

  // One by one, as a subscription's snapshot does.
  std::vector<std::string> walked;
  std::optional<Uuid> last;
  while (true) {
    Customer customer;
    const auto found = customers_.Next(views_, kShop, &last, &customer);
    ASSERT_TRUE(found.ok());
    if (!*found) break;
    walked.push_back(customer.name());
  }
  EXPECT_EQ(walked, names);
}

TEST_F(CustomersTest, PageTokensOfOtherListsAndGenerationsAreRefused) {
  for (int i = 0; i < 3; ++i) {
    Say({.body = Sale("S-" + std::to_string(i), 100), .external_id = "c-" + std::to_string(i)});
  }
  carnet::v1::ListCustomersRequest request;
  request.set_merchant(kShop);
  request.set_page_size(1);
  carnet::v1::ListCustomersResponse response;
  ASSERT_TRUE(customers_.List(views_.view(), request, &response).ok());
  request.set_page_token(response.next_page_token());

  absl::Status status = customers_.List(views_.view(/*generation=*/2), request, &response);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), "PAGE_TOKEN_EXPIRED");

  request.set_merchant("shop-2");
  EXPECT_EQ(ReasonOf(customers_.List(views_.view(), request, &response)), "PAGE_TOKEN_MALFORMED");
  request.set_merchant(kShop);
  for (const std::string& token :
       {std::string("x"), std::string("!!"), response.next_page_token() + "A"}) {
    request.set_page_token(token);
    status = customers_.List(views_.view(), request, &response);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << token;
    EXPECT_EQ(ReasonOf(status), "PAGE_TOKEN_MALFORMED") << token;
  }
  request.clear_page_token();
  for (const int size : {-1, 1001}) {
    request.set_page_size(size);
    EXPECT_EQ(ReasonOf(customers_.List(views_.view(), request, &response)), "PAGE_SIZE");
  }
}

TEST_F(CustomersTest, SomebodyKnownOnlyByAnIdentifierHasNoExternalId) {
  auto change = vault_.Stamp({.body = Contact("emails { plain: 'anne@example.fr' }"),
                              .external_id = "email:00112233445566778899aabbccddeeff"});
  change.set_external_id_derived(true);
  views_.Fold(change);
  const Customer customer = Get(RecordOf("email:00112233445566778899aabbccddeeff"));
  EXPECT_EQ(customer.records(0).external_id(), "");
  EXPECT_EQ(customer.display_name(), "anne@example.fr");
}

}  // namespace
}  // namespace carnet::query
