// What channels delivered, read back: orders as they stand, and deliveries that nobody could use.
#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/uuid.h"
#include "carnet/v1/delivery_service.grpc.pb.h"
#include "carnet/v1/order_service.grpc.pb.h"
#include "runtime/test_http.h"
#include "tests/acceptance/channels/channels_fixture.h"
#include "tests/acceptance/erasure/data_search.h"

namespace carnet::acceptance {
namespace {

using runtime::StatusOf;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DeliveriesTest : public ChannelsTest {
 protected:
  static std::string Endpoint(const std::string& merchant, const std::string& secrets) {
    return "[[endpoint]]\nmerchant = '" + merchant +
           "'\nchannel = 'woocommerce'\nsource = 'web'\nsecrets = [" + secrets + "]\n";
  }
  void Open() {
    WriteEndpoints(Endpoint("shop", "'hush'") + Endpoint("other", "'hush'"));
    Start();
  }
  int Tell(const std::string& body, const std::string& merchant = "shop",
           const std::string& secret = "hush") const {
    return StatusOf(Deliver("/v1/" + merchant + "/woocommerce/web", secret, body,
                            "X-WC-Webhook-Topic: order.updated\r\n"));
  }
  static std::string Order(int id, const std::string& status, int customer = 61) {
    const std::string number = std::to_string(id);
    return R"({"id":)" + number + R"(,"status":")" + status +
           R"(","currency":"EUR","total":"10.00","customer_id":)" + std::to_string(customer) +
           R"(,"number":")" + number +
           R"(","payment_method":"bacs","date_created_gmt":"2026-09-02T08:59:00",)" +
           R"("date_modified_gmt":"2026-09-02T09:00:00","line_items":[{"id":1,"name":"Tea","sku":"T-1",)" +
           R"("quantity":2,"total":"10.00"}],"billing":{"email":"anne)" + std::to_string(customer) +
           R"(@example.fr"}})";
  }

  absl::Status List(const std::string& parent, int page_size, const std::string& token,
                    v1::ListOrdersResponse* page) {
    const auto orders = v1::OrderService::NewStub(carnetd().channel());
    v1::ListOrdersRequest request;
    request.set_parent(parent);
    request.set_page_size(page_size);
    request.set_page_token(token);
    return Call(orders.get(), &v1::OrderService::Stub::ListOrders, request, page);
  }
  // Numbers of orders, over all pages.
  std::vector<std::string> Numbers(const std::string& parent, int page_size = 0) {
    std::vector<std::string> numbers;
    std::string token;
    do {
      v1::ListOrdersResponse page;
      const absl::Status status = List(parent, page_size, token, &page);
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_TRUE(page_size == 0 || page.orders_size() <= page_size);
      for (const auto& order : page.orders()) numbers.push_back(order.number());
      token = page.next_page_token();
    } while (!token.empty());
    return numbers;
  }
  absl::Status Get(const std::string& name, v1::Order* order) {
    const auto orders = v1::OrderService::NewStub(carnetd().channel());
    v1::GetOrderRequest request;
    request.set_name(name);
    v1::GetOrderResponse response;
    absl::Status status = Call(orders.get(), &v1::OrderService::Stub::GetOrder, request, &response);
    *order = response.order();
    return status;
  }
  absl::Status Read(const std::string& merchant, const std::string& id,
                    v1::GetUnusableDeliveryResponse* response) {
    const auto deliveries = v1::DeliveryService::NewStub(carnetd().channel());
    v1::GetUnusableDeliveryRequest request;
    request.set_merchant(merchant);
    request.set_change_id(id);
    return Call(deliveries.get(), &v1::DeliveryService::Stub::GetUnusableDelivery, request,
                response);
  }
};

TEST_F(DeliveriesTest, OrdersAreListedPageByPageAndRead) {
  ASSERT_NO_FATAL_FAILURE(Open());
  for (int id = 101; id <= 107; ++id)
    EXPECT_EQ(Tell(Order(id, id == 105 ? "completed" : "on-hold", id == 107 ? 62 : 61)), 200);
  EXPECT_EQ(Tell(Order(900, "on-hold"), "other"), 200);
  WaitUntil([&] { return Numbers("merchants/shop").size() == 7; }, "all orders are there");
  const v1::Customer customer = Await("woocommerce", "web", "customer:61");

  const std::vector<std::string> newest_first = {"107", "106", "105", "104", "103", "102", "101"};
  for (const int page_size : {0, 1, 2, 3, 7, 100})
    EXPECT_EQ(Numbers("merchants/shop", page_size), newest_first) << page_size;
  const std::vector<std::string> of_customer(newest_first.begin() + 1, newest_first.end());
  EXPECT_EQ(Numbers(customer.name(), 4), of_customer);

  v1::ListOrdersResponse page;
  ASSERT_TRUE(List("merchants/shop", 3, "", &page).ok());
  const v1::Order& listed = page.orders(2);
  v1::Order order;
  ASSERT_TRUE(Get(listed.name(), &order).ok());
  EXPECT_EQ(order.SerializeAsString(), listed.SerializeAsString());
  EXPECT_EQ(order.number(), "105");
  EXPECT_EQ(order.state(), v1::ORDER_STATE_COMPLETED);
  EXPECT_EQ(order.total().minor(), 1000);
  // A page's token goes on where it was made, and nowhere else.
  EXPECT_EQ(ReasonOf(List("merchants/other", 3, page.next_page_token(), &page)),
            "PAGE_TOKEN_MALFORMED");
  EXPECT_EQ(ReasonOf(List("merchants/shop", 3, "nonsense", &page)), "PAGE_TOKEN_MALFORMED");
  EXPECT_EQ(ReasonOf(List("merchants/shop", 1001, "", &page)), "PAGE_SIZE");
  EXPECT_EQ(ReasonOf(List("shop", 3, "", &page)), "NAME_MALFORMED");
  EXPECT_EQ(ReasonOf(List("merchants/shop/customers/" + Uuid::Random().ToString(), 3, "", &page)),
            "CUSTOMER_UNKNOWN");

  // Another merchant's names: nothing is known under them here.
  const std::string id = order.name().substr(order.name().rfind('/') + 1);
  const std::string customer_id = customer.name().substr(customer.name().rfind('/') + 1);
  EXPECT_EQ(ReasonOf(Get("merchants/other/orders/" + id, &order)), "ORDER_UNKNOWN");
  EXPECT_EQ(ReasonOf(List("merchants/other/customers/" + customer_id, 3, "", &page)),
            "CUSTOMER_UNKNOWN");
  EXPECT_EQ(Numbers("merchants/other"), std::vector<std::string>({"900"}));
  EXPECT_THAT(Numbers("merchants/nobody"), IsEmpty());
  EXPECT_EQ(ReasonOf(Get("merchants/shop/orders/" + Uuid::Random().ToString(), &order)),
            "ORDER_UNKNOWN");
  EXPECT_EQ(ReasonOf(Get("merchants/shop/customers/" + customer_id, &order)), "NAME_MALFORMED");
}

TEST_F(DeliveriesTest, WhatNobodyCouldUseIsReadAsItCame) {
  ASSERT_NO_FATAL_FAILURE(Open());
  std::string odd = "<html>Fitzwillow \xff\x01\r\n";
  odd.append("\0 binary", 8);
  std::string large = Order(1, "on-hold");
  large.replace(large.find("10.00"), 5, "10.005");
  large.insert(large.size() - 1, R"(,"meta_data":")" + std::string(200'000, 'x') + "\"");
  EXPECT_EQ(Tell(odd), 200);
  for (int id = 101; id < 140; ++id) EXPECT_EQ(Tell(Order(id, "on-hold")), 200);
  EXPECT_EQ(Tell(large), 200);
  EXPECT_EQ(Tell(odd, "other"), 200);
  WaitUntil([&] { return UnusableDeliveries().size() == 2; }, "both are kept");
  const auto letters = UnusableDeliveries();
  EXPECT_EQ(letters[0].reason(), "AMOUNT_PRECISION");
  EXPECT_EQ(letters[1].reason(), "UNPARSABLE");
  for (int again = 0; again < 2; ++again) {
    v1::GetUnusableDeliveryResponse read;
    absl::Status status = Read("shop", letters[0].change_id(), &read);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(read.body(), large);
    EXPECT_EQ(read.channel() + "/" + read.source(), "woocommerce/web");
    EXPECT_EQ(read.dead_letter().SerializeAsString(), letters[0].SerializeAsString());
    status = Read("shop", letters[1].change_id(), &read);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(read.body(), odd);
    EXPECT_FALSE(read.body_gone());
    // After a restart, too.
    ASSERT_EQ(carnetd().Terminate(), 0) << carnetd().Messages();
    ASSERT_NO_FATAL_FAILURE(StartAgain());
  }
  v1::GetUnusableDeliveryResponse read;
  EXPECT_EQ(ReasonOf(Read("other", letters[0].change_id(), &read)), "CHANGE_UNKNOWN");
  EXPECT_EQ(ReasonOf(Read("shop", Uuid::Random().ToString(), &read)), "CHANGE_UNKNOWN");
  EXPECT_EQ(ReasonOf(Read("shop", "nonsense", &read)), "ID_MISSING");

  // For people: by the command line.
  const std::vector<std::string> command = {CARNET_BINARY, "--address", carnetd().address(),
                                            "--merchant",  "shop",      "dead-letters"};
  EXPECT_THAT(OutputOf(command, scratch_.path()), HasSubstr("AMOUNT_PRECISION"));
  auto show = command;
  show.insert(show.end(), {"show", letters[1].change_id()});
  EXPECT_THAT(OutputOf(show, scratch_.path()), HasSubstr("<html>Fitzwillow \xff\\x01\\x0d\n\\x00"));
  show.push_back("--raw");
  EXPECT_EQ(OutputOf(show, scratch_.path()), odd);

  // At rest it is sealed: what stands in the files is neither the body nor its text.
  ASSERT_EQ(carnetd().Terminate(), 0) << carnetd().Messages();
  const DataSearch search(data_);
  ASSERT_EQ(search.trouble(), "");
  EXPECT_THAT(search.FindBytes(runtime::Base64(odd.substr(0, 15)), ""), IsEmpty());
  EXPECT_THAT(search.FindBytes("Fitzwillow", ""), IsEmpty());
  // Not because it is not there, or the search is blind: with the keys it is found.
  EXPECT_THAT(search.Find(runtime::Base64(odd.substr(0, 15))), Not(IsEmpty()));
  EXPECT_THAT(search.FindBytes("AMOUNT_PRECISION", ""), Not(IsEmpty()));
}

// What changes were made of, too; until its days are over.
TEST_F(DeliveriesTest, WhatAChangeCameOfIsReadAsItCameUntilItIsDropped) {
  ASSERT_NO_FATAL_FAILURE(Open());
  // What no field of ours takes stands in the delivery alone.
  std::string order = Order(101, "on-hold");
  order.insert(order.size() - 1,
               R"(,"customer_note_of_theirs":"Plumtree \u00e9)" + std::string(50'000, 'y') + "\"");
  const std::string change = ChangesOf("woocommerce", "web", "order.updated", order).at(0);
  for (int time = 0; time < 3; ++time) EXPECT_EQ(Tell(order), 200);  // it comes again
  auto read = Delivery(change);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->body(), order);
  EXPECT_EQ(read->channel() + "/" + read->source(), "woocommerce/web");
  EXPECT_GT(read->received_at().seconds(), 1'700'000'000);
  std::string topic;
  for (const auto& header : read->headers()) {
    if (header.name() == "x-wc-webhook-topic") topic = header.value();
    EXPECT_TRUE(header.name().starts_with("x-")) << header.name();
  }
  EXPECT_EQ(topic, "order.updated");
  const auto run = [&](std::vector<std::string> words) {
    const std::vector<std::string> command = {CARNET_BINARY, "--address", carnetd().address(),
                                              "--merchant",  "shop",      "delivery"};
    words.insert(words.begin(), command.begin(), command.end());
    return OutputOf(words, scratch_.path());
  };
  // What it says and prints where it must not be done.
  const auto refused = [&](const std::string& words) {
    const std::string command =
        absl::StrCat("if ", CARNET_BINARY, " --address ", carnetd().address(),
                     " --merchant shop delivery ", words, " 2>&1; then echo DONE; fi");
    return OutputOf({"/bin/sh", "-c", command}, scratch_.path());
  };
  EXPECT_EQ(run({"show", change, "--raw"}), order);
  EXPECT_THAT(run({"show", change}), HasSubstr("x-wc-webhook-topic: order.updated"));

  // By nobody else, of nothing else.
  const auto deliveries = v1::DeliveryService::NewStub(carnetd().channel());
  v1::GetDeliveryRequest request;
  v1::GetDeliveryResponse response;
  request.set_merchant("other");
  request.set_change_id(change);
  EXPECT_EQ(
      ReasonOf(Call(deliveries.get(), &v1::DeliveryService::Stub::GetDelivery, request, &response)),
      "CHANGE_UNKNOWN");

  // At rest it is sealed, and small.
  ASSERT_EQ(carnetd().Terminate(), 0) << carnetd().Messages();
  {
    const DataSearch search(data_);
    ASSERT_EQ(search.trouble(), "");
    EXPECT_THAT(search.FindBytes("Plumtree", ""), IsEmpty());
    EXPECT_THAT(search.Find("Plumtree"), Contains(HasSubstr("/log:")));
    EXPECT_THAT(search.FindBytes(std::string(100, 'y'), ""), IsEmpty());
  }
  ASSERT_NO_FATAL_FAILURE(StartAgain());

  // Its day can't be over before it is.
  const auto day = [](int days) {
    return absl::FormatTime("%Y-%m-%d", absl::Now() + absl::Hours(24 * days), absl::UTCTimeZone());
  };
  EXPECT_THAT(run({"drop", "--before", day(-1)}), HasSubstr("Nothing of that time is kept"));
  EXPECT_THAT(refused("drop --before " + day(3)),
              AllOf(HasSubstr("TIME_MALFORMED"), Not(HasSubstr("DONE"))));
  ASSERT_TRUE(Delivery(change).ok());
  EXPECT_EQ(Delivery(change)->body(), order);
  EXPECT_THAT(run({"drop", "--before", day(1)}), HasSubstr("Dropped"));
  WaitUntil([&] { return Delivery(change)->body_gone(); }, "it is gone");
  EXPECT_EQ(Delivery(change)->body(), "");
  EXPECT_THAT(refused("show --raw " + change),
              AllOf(HasSubstr("can't be read any more"), Not(HasSubstr("Plumtree"))));
  // What comes later on a day that was dropped is taken, and not kept.
  const std::string later = Order(102, "on-hold");
  EXPECT_EQ(Tell(later), 200);
  EXPECT_EQ(
      ReasonOf(Delivery(ChangesOf("woocommerce", "web", "order.updated", later).at(0)).status()),
      "DELIVERY_UNKNOWN");
  EXPECT_EQ(Tell(order, "other"), 200);
  WaitUntil([&] { return Numbers("merchants/other").size() == 1; }, "another merchant's is there");
  ASSERT_EQ(carnetd().Terminate(), 0) << carnetd().Messages();
  const DataSearch search(data_);
  ASSERT_EQ(search.trouble(), "");
  EXPECT_EQ(search.Find("Plumtree").size(), 1U);  // the other merchant's
}

// One body for the pages of two merchants would show each the other's customers.
TEST_F(DeliveriesTest, WhatSpeaksOfTwoMerchantsIsKeptForNeither) {
  const auto endpoint = [](const std::string& merchant, const std::string& page) {
    return "[[endpoint]]\nmerchant = '" + merchant +
           "'\nchannel = 'meta'\nsource = 'page'\nsecrets = ['hush']\n"
           "graph_url = 'http://127.0.0.1:1'\npage_tokens = { " +
           page + " = 'token' }\n";
  };
  const auto entry = [](const std::string& page, const std::string& who) {
    return R"({"id":")" + page + R"(","time":1,"messaging":[{"sender":{"id":")" + who +
           R"("},"recipient":{"id":")" + page + R"("},"timestamp":1788300100123,)" +
           R"("message":{"mid":"m_)" + who + R"(","text":"hi"}}]})";
  };
  const auto body = [](const std::string& entries) {
    return R"({"object":"page","entry":[)" + entries + "]}";
  };
  WriteEndpoints(endpoint("shop", "5550001") + endpoint("other", "5550002"));
  Start();
  const std::string own = body(entry("5550001", "P1"));
  const std::string both = body(entry("5550001", "P2") + "," + entry("5550002", "P3"));
  for (const std::string& told : {own, both})
    EXPECT_EQ(StatusOf(Deliver("/v1/shop/meta/page", "hush", told)), 200);
  const auto kept = Delivery(ChangesOf("meta", "page", "", own).at(0));
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(kept->body(), own);
  const std::string of_both = ChangesOf("meta", "page", "", both).at(0);
  EXPECT_EQ(ReasonOf(Delivery(of_both).status()), "DELIVERY_UNKNOWN");
}

// Two secrets sign while one is changed, without a restart; a file that can't be used changes
// nothing.
TEST_F(DeliveriesTest, ASecretIsExchangedWhileBothSign) {
  WriteEndpoints(Endpoint("shop", "'old'"));
  ASSERT_NO_FATAL_FAILURE(Start());
  EXPECT_EQ(Tell(Order(1, "on-hold"), "shop", "old"), 200);
  EXPECT_EQ(Tell(Order(2, "on-hold"), "shop", "new"), 401);
  WriteEndpoints(Endpoint("shop", "'old', 'new'"));
  WaitUntil([&] { return Tell(Order(2, "on-hold"), "shop", "new") == 200; }, "both sign");
  EXPECT_EQ(Tell(Order(3, "on-hold"), "shop", "old"), 200);
  EXPECT_EQ(Tell(Order(4, "on-hold"), "shop", "another"), 401);
  WriteEndpoints("[[endpoint]]\nmerchant = 'shop'\nsecrets = ['secret-that-nobody-reads']\n");
  WaitUntil([&] { return carnetd().Messages().find("can't be used") != std::string::npos; },
            "the bad file is said");
  EXPECT_THAT(carnetd().Messages(), HasSubstr("line 1: endpoint: needs merchant, channel and"));
  EXPECT_THAT(carnetd().Messages(), Not(HasSubstr("secret-that-nobody-reads")));
  EXPECT_EQ(Tell(Order(5, "on-hold"), "shop", "old"), 200);
  WriteEndpoints(Endpoint("shop", "'new'"));
  WaitUntil([&] { return Tell(Order(6, "on-hold"), "shop", "old") == 401; }, "the old one ends");
  EXPECT_EQ(Tell(Order(7, "on-hold"), "shop", "new"), 200);
  EXPECT_EQ(carnetd().Terminate(), 0) << carnetd().Messages();
}

}  // namespace
}  // namespace carnet::acceptance
