// A shop passes on that somebody wants to be forgotten: afterwards nobody can read who it was, and
// the books stay.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnet/v1/admin_service.grpc.pb.h"
#include "carnet/v1/ledger_service.grpc.pb.h"
#include "channels/signature.h"
#include "runtime/test_http.h"
#include "tests/acceptance/channels/channels_fixture.h"
#include "tests/acceptance/erasure/data_search.h"

namespace carnet::acceptance {
namespace {

using runtime::StatusOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class RedactTest : public ChannelsTest {
 protected:
  void Open() {
    WriteEndpoints(
        "[[endpoint]]\nmerchant = 'shop'\nchannel = 'shopify'\nsource = 'web'\nsecrets = ['hush']\n"
        "[[endpoint]]\nmerchant = 'shop'\nchannel = 'meta'\nsource = 'page'\n"
        "secrets = ['app-secret']\npublic_url = 'https://shop.example/v1/shop/meta/page'\n");
    Start();
  }

  std::string Tell(const std::string& topic, const std::string& body, const std::string& event,
                   const std::string& secret = "hush") {
    return Deliver("/v1/shop/shopify/web", secret, body,
                   "X-Shopify-Topic: " + topic + "\r\nX-Shopify-Event-Id: " + event + "\r\n");
  }
  // A customer with a name, an address and an order that is still to be paid.
  void TellOf(const std::string& id, const std::string& given, const std::string& email) {
    EXPECT_EQ(StatusOf(Tell("customers/create",
                            R"({"id":)" + id + R"(,"first_name":")" + given +
                                R"(","last_name":"Quetzal)" + id + R"(","email":")" + email +
                                R"(","admin_url":"Portrait)" + id +
                                R"(","updated_at":"2026-09-03T10:00:00-04:00"})",
                            "c-" + id)),
              200);
    EXPECT_EQ(
        StatusOf(Tell(
            "orders/create",
            R"({"id":99)" + id + R"(,"name":"#)" + id +
                R"(","created_at":"2026-09-04T10:00:00+02:00","updated_at":"2026-09-04T10:00:00+02:00",)" +
                R"("currency":"EUR","total_price":"100.00","financial_status":"pending",)" +
                R"("payment_gateway_names":["bank_transfer"],"note":"ring at Wexfort)" + id +
                R"(","customer":{"id":)" + id + R"(,"email":")" + email + R"("},"email":")" +
                email + R"("})",
            "o-" + id)),
        200);
  }
  v1::Customer Get(const std::string& name) {
    v1::GetCustomerRequest request;
    request.set_name(name);
    v1::GetCustomerResponse response;
    const absl::Status status =
        Call(customers_.get(), &v1::CustomerService::Stub::GetCustomer, request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response.customer();
  }
  void ExpectSoundBooks() {
    const auto ledger = v1::LedgerService::NewStub(carnetd().channel());
    v1::VerifyBooksRequest request;
    request.set_parent("merchants/shop");
    grpc::ClientContext context;
    SetDeadline(&context);
    const auto stream = ledger->VerifyBooks(&context, request);
    v1::VerifyBooksResponse response;
    bool summed = false;
    while (stream->Read(&response)) {
      EXPECT_EQ(response.findings_size(), 0) << response.ShortDebugString();
      summed = summed || response.has_summary();
    }
    EXPECT_TRUE(stream->Finish().ok());
    EXPECT_TRUE(summed);
  }
  std::vector<std::string> DeadLetters() {
    const auto admin = v1::AdminService::NewStub(carnetd().channel());
    v1::ListDeadLettersRequest request;
    request.set_merchant("shop");
    v1::ListDeadLettersResponse response;
    EXPECT_TRUE(
        Call(admin.get(), &v1::AdminService::Stub::ListDeadLetters, request, &response).ok());
    std::vector<std::string> letters;
    for (const auto& letter : response.dead_letters())
      letters.push_back(letter.reason() + " " + letter.detail());
    return letters;
  }
};

TEST_F(RedactTest, WhoIsToBeForgottenIsUnreadableAndTheBooksStay) {
  ASSERT_NO_FATAL_FAILURE(Open());
  TellOf("8812001", "Ottoline", "ottoline@mailbox.example");
  TellOf("8812002", "Barnabas", "barnabas@postbox.example");
  const v1::Customer before = Await("shopify", "web", "customer:8812001");
  Await("shopify", "web", "customer:8812002");
  WaitUntil([&] { return Get(before.name()).balances_size() == 1; }, "the order is posted");
  EXPECT_EQ(Get(before.name()).balances(0).receivable_minor(), 10000);

  const std::string redact =
      R"({"shop_id":1,"shop_domain":"shop.example","orders_to_redact":[998812001],)"
      R"("customer":{"id":8812001,"email":"ottoline@mailbox.example","phone":null}})";
  // Whoever has not the secret erases nobody.
  EXPECT_EQ(StatusOf(Tell("customers/redact", redact, "r-0", "wrong")), 401);
  EXPECT_EQ(StatusOf(Post("/v1/shop/shopify/web", redact, "X-Shopify-Topic: customers/redact\r\n")),
            401);
  EXPECT_EQ(StatusOf(Tell("customers/redact", redact, "r-1")), 200);
  WaitUntil([&] { return Get(before.name()).erased(); }, "they are forgotten");
  EXPECT_EQ(StatusOf(Tell("customers/redact", redact, "r-1")), 200);  // it comes again
  // Of somebody nobody knows, too: there is nothing to be forgotten, and who it was is not kept.
  EXPECT_EQ(StatusOf(Tell("customers/redact",
                          R"({"customer":{"id":5,"email":"stranger@nowhere.example"},)"
                          R"("orders_to_redact":[]})",
                          "r-2")),
            200);
  const v1::Customer after = Get(before.name());
  EXPECT_TRUE(after.display_name().empty()) << after.ShortDebugString();
  ASSERT_EQ(after.balances_size(), 1);
  EXPECT_EQ(after.balances(0).receivable_minor(), 10000);
  EXPECT_EQ(Await("shopify", "web", "customer:8812002").display_name(), "Barnabas Quetzal8812002");
  EXPECT_FALSE(Find("shopify", "web", "customer:8812001").has_value());
  ExpectSoundBooks();
  EXPECT_THAT(DeadLetters(), IsEmpty());
  ASSERT_EQ(carnetd().Terminate(), 0) << carnetd().Messages();

  const DataSearch search(data_);
  ASSERT_EQ(search.trouble(), "");
  for (const char* value : {"Ottoline", "Quetzal8812001", "ottoline@mailbox.example",
                            "Wexfort8812001", "Portrait8812001", "stranger@nowhere.example"})
    EXPECT_THAT(search.Find(value), IsEmpty()) << value;
  for (const char* value : {"Barnabas", "Quetzal8812002", "barnabas@postbox.example",
                            "Wexfort8812002", "Portrait8812002"})
    EXPECT_THAT(search.Find(value), Not(IsEmpty())) << value;
}

// What only a person can do is kept where it is seen, and says nothing of who it is about but an
// id.
TEST_F(RedactTest, WhatAPersonMustDoIsKept) {
  ASSERT_NO_FATAL_FAILURE(Open());
  TellOf("8812001", "Ottoline", "ottoline@mailbox.example");
  Await("shopify", "web", "customer:8812001");
  EXPECT_EQ(StatusOf(Tell("customers/data_request",
                          R"({"customer":{"id":8812001,"email":"fitzwillow@mailbox.example"},)"
                          R"("data_request":{"id":9}})",
                          "d-1")),
            200);
  EXPECT_EQ(StatusOf(Tell("shop/redact", R"({"shop_id":1,"shop_domain":"shop.example"})", "s-1")),
            200);
  WaitUntil([&] { return DeadLetters().size() == 2; }, "both are kept");
  EXPECT_THAT(DeadLetters(), Contains(HasSubstr("DATA_REQUESTED send the shop what is known of "
                                                "customer:8812001")));
  EXPECT_THAT(DeadLetters(), Contains(HasSubstr("SHOP_LEFT")));
  EXPECT_FALSE(Await("shopify", "web", "customer:8812001").erased());

  // {"user_id":"218471","algorithm":"HMAC-SHA256"}, as Meta signs it.
  const std::string payload = "eyJ1c2VyX2lkIjoiMjE4NDcxIiwiYWxnb3JpdGhtIjoiSE1BQy1TSEEyNTYifQ";
  std::string signature = runtime::Base64(channels::HmacSha256("app-secret", payload));
  for (char& c : signature) c = c == '+' ? '-' : c == '/' ? '_' : c;
  signature.erase(signature.find('='));
  std::string answer = Post("/v1/shop/meta/page", "signed_request=" + signature + "." + payload);
  EXPECT_EQ(StatusOf(answer), 200);
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json"));
  EXPECT_THAT(answer, HasSubstr(R"({"url":"https://shop.example/v1/shop/meta/page?deletion=)"));
  EXPECT_THAT(answer, HasSubstr(R"("confirmation_code":")"));
  WaitUntil([&] { return DeadLetters().size() == 3; }, "it is kept");
  EXPECT_THAT(DeadLetters()[0], HasSubstr("DELETION_REQUESTED find out who the app's user 218471"));
  signature[3] = signature[3] == 'A' ? 'B' : 'A';
  EXPECT_EQ(StatusOf(Post("/v1/shop/meta/page", "signed_request=" + signature + "." + payload)),
            403);
  ASSERT_EQ(carnetd().Terminate(), 0) << carnetd().Messages();
  const DataSearch search(data_);
  EXPECT_THAT(search.Find("fitzwillow"), IsEmpty()) << "an address that nobody could erase";
}

}  // namespace
}  // namespace carnet::acceptance
