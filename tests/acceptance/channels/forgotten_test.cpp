// What channels delivered and nobody could use, and what still waits to be published, may speak of
// anybody: after somebody was forgotten, none of it from before can be read.
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/uuid.h"
#include "carnet/v1/delivery_service.grpc.pb.h"
#include "carnet/v1/identity_service.grpc.pb.h"
#include "gateway/http/delivery_codec.h"
#include "gateway/http/spool.h"
#include "runtime/test_http.h"
#include "tests/acceptance/channels/channels_fixture.h"
#include "tests/acceptance/erasure/data_search.h"
#include "vault/root_key.h"

namespace carnet::acceptance {
namespace {

using runtime::StatusOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ForgottenTest : public ChannelsTest {
 protected:
  void Open() {
    const auto endpoint = [](const std::string& merchant) {
      return "[[endpoint]]\nmerchant = '" + merchant +
             "'\nchannel = 'woocommerce'\nsource = 'web'\nsecrets = ['hush']\n";
    };
    WriteEndpoints(endpoint("shop") + endpoint("other") +
                   "[[endpoint]]\nmerchant = 'shop'\nchannel = 'shopify'\nsource = 'web'\n"
                   "secrets = ['hush']\n");
    Start();
  }
  int Tell(const std::string& body, const std::string& merchant = "shop") const {
    return StatusOf(Deliver("/v1/" + merchant + "/woocommerce/web", "hush", body,
                            "X-WC-Webhook-Topic: customer.updated\r\n"));
  }
  static std::string Customer(int id, const std::string& given) {
    return R"({"id":)" + std::to_string(id) + R"(,"role":"customer","first_name":")" + given +
           R"(","last_name":"Quetzal","email":")" + given +
           R"(@mailbox.example","date_created_gmt":"2026-09-02T08:59:00",)" +
           R"("date_modified_gmt":"2026-09-02T09:00:00","billing":{},"shipping":{}})";
  }

  // As the server leaves it when it is killed while the log takes nothing. It does not run.
  void Spool(const std::string& path, const std::string& body, absl::Time received_at) const {
    const auto root = vault::LoadRootKey(data_ + "/root.key");
    ASSERT_TRUE(root.ok()) << root.status();
    auto spool = gateway::Spool::Open(data_ + "/spool", *root);
    ASSERT_TRUE(spool.ok()) << spool.status();
    channels::Delivery delivery;
    delivery.topic = "customer.updated";
    delivery.headers = {{"X-WC-Webhook-Topic", "customer.updated"}};
    delivery.body = body;
    delivery.received_at_micros = absl::ToUnixMicros(received_at);
    std::string bundle;
    gateway::AddToBundle(gateway::EncodeDelivery(path, delivery), &bundle);
    ASSERT_TRUE((*spool)->Add(bundle).ok());
  }

  v1::GetUnusableDeliveryResponse Read(const v1::DeadLetter& letter) {
    const auto deliveries = v1::DeliveryService::NewStub(carnetd().channel());
    v1::GetUnusableDeliveryRequest request;
    request.set_merchant("shop");
    request.set_change_id(letter.change_id());
    v1::GetUnusableDeliveryResponse response;
    const absl::Status status =
        Call(deliveries.get(), &v1::DeliveryService::Stub::GetUnusableDelivery, request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
  void Erase(const std::string& name) {
    const auto identity = v1::IdentityService::NewStub(carnetd().channel());
    v1::EraseCustomerRequest request;
    request.set_name(name);
    request.set_request_id(Uuid::Random().ToString());
    v1::EraseCustomerResponse response;
    const absl::Status status =
        Call(identity.get(), &v1::IdentityService::Stub::EraseCustomer, request, &response);
    EXPECT_TRUE(status.ok()) << status;
  }
};

TEST_F(ForgottenTest, NoDeliveryFromBeforeCanBeReadAnyMore) {
  ASSERT_NO_FATAL_FAILURE(Open());
  EXPECT_EQ(Tell(Customer(1, "Ottoline")), 200);
  const v1::Customer person = Await("woocommerce", "web", "customer:1");
  EXPECT_EQ(Tell("<html>Ottoline rang again</html>"), 200);
  EXPECT_EQ(Tell("<html>Barnabas, of another shop</html>", "other"), 200);
  WaitUntil([&] { return UnusableDeliveries().size() == 1; }, "it is kept");
  EXPECT_EQ(Read(UnusableDeliveries()[0]).body(), "<html>Ottoline rang again</html>");

  // Two wait in the spool, one of them for an endpoint that is gone.
  ASSERT_EQ(carnetd().Terminate(), 0) << carnetd().Messages();
  const absl::Time before_erasure = absl::Now();
  Spool("/v1/shop/woocommerce/closed", Customer(1, "Ottoline"), before_erasure);
  Spool("/v1/shop/woocommerce/web", "<html>Ottoline, spooled</html>", before_erasure);
  {
    const DataSearch before(data_);
    ASSERT_EQ(before.trouble(), "");
    EXPECT_THAT(before.Find("Ottoline rang again"), Contains(HasSubstr("/log:")));
    EXPECT_THAT(before.Find("Ottoline, spooled"), Contains(HasSubstr("/spool/")));
    EXPECT_THAT(before.Find("Ottoline@mailbox.example"), Contains(HasSubstr("/spool/")));
  }
  ASSERT_NO_FATAL_FAILURE(StartAgain());
  WaitUntil([&] { return UnusableDeliveries().size() == 3; }, "they are dead letters");

  Erase(person.name());
  for (const v1::DeadLetter& letter : UnusableDeliveries())
    WaitUntil([&] { return Read(letter).body_gone(); }, "nobody reads " + letter.reason());

  // One that waited until now is about before, too: its key goes as it arrives.
  ASSERT_EQ(carnetd().Terminate(), 0) << carnetd().Messages();
  Spool("/v1/shop/woocommerce/web", "<html>Ottoline, much later</html>", before_erasure);
  ASSERT_NO_FATAL_FAILURE(StartAgain());
  WaitUntil([&] { return UnusableDeliveries().size() == 4; }, "it is a dead letter");
  WaitUntil([&] { return Read(UnusableDeliveries()[0]).body_gone(); }, "nobody reads it");
  EXPECT_EQ(Tell("<html>Fitzwillow, afterwards</html>"), 200);
  WaitUntil([&] { return UnusableDeliveries().size() == 5; }, "it is kept");
  EXPECT_EQ(Read(UnusableDeliveries()[0]).body(), "<html>Fitzwillow, afterwards</html>");
  ASSERT_EQ(carnetd().Terminate(), 0) << carnetd().Messages();

  const DataSearch after(data_);
  ASSERT_EQ(after.trouble(), "");
  EXPECT_THAT(after.Find("Ottoline"), IsEmpty());
  for (const char* other : {"Barnabas", "Fitzwillow"})
    EXPECT_THAT(after.Find(other), Not(IsEmpty())) << other;
}

// What changes were made of goes with whoever it speaks of; of others it stays.
TEST_F(ForgottenTest, WhatChangesCameOfGoesWithWhomItSpeaksOf) {
  ASSERT_NO_FATAL_FAILURE(Open());
  const auto customer = [](int id, const std::string& given) {
    std::string body = Customer(id, given);
    // In no field of ours.
    return body.insert(body.size() - 1, R"(,"avatar_of_theirs":"Portrait-of-)" + given + "\"");
  };
  const auto change_of = [](const std::string& body) {
    return ChangesOf("woocommerce", "web", "customer.updated", body).at(0);
  };
  const std::string ottoline = customer(1, "Ottoline");
  const std::string barnabas = customer(2, "Barnabas");
  EXPECT_EQ(Tell(ottoline), 200);
  EXPECT_EQ(Tell(barnabas), 200);
  EXPECT_EQ(Tell(ottoline, "other"), 200);
  // Nobody can tell of whom this one speaks: it goes with whoever is next.
  const std::string payment =
      R"({"id":501,"order_id":7,"kind":"sale","gateway":"manual","status":"success",)"
      R"("amount":"5.00","currency":"EUR","created_at":"2026-09-02T09:00:00Z",)"
      R"("receipt":{"payer":"Portrait-of-Nobody"}})";
  EXPECT_EQ(StatusOf(Deliver("/v1/shop/shopify/web", "hush", payment,
                             "X-Shopify-Topic: order_transactions/create\r\n")),
            200);
  const std::string nameless =
      ChangesOf("shopify", "web", "order_transactions/create", payment).at(0);
  const v1::Customer person = Await("woocommerce", "web", "customer:1");
  for (const auto& [change, body] :
       {std::pair(change_of(ottoline), ottoline), std::pair(change_of(barnabas), barnabas),
        std::pair(nameless, payment)}) {
    const auto read = Delivery(change);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->body(), body);
  }

  const absl::Time before_erasure = absl::Now();
  Erase(person.name());
  EXPECT_TRUE(Delivery(change_of(ottoline))->body_gone());
  EXPECT_TRUE(Delivery(nameless)->body_gone());
  EXPECT_EQ(Delivery(change_of(barnabas))->body(), barnabas);

  // One that waited until now is taken, and not kept; nor is one that names nobody.
  ASSERT_EQ(carnetd().Terminate(), 0) << carnetd().Messages();
  std::string waited = customer(1, "Ottoline");
  waited.replace(waited.find("09:00:00"), 8, "09:00:01");
  Spool("/v1/shop/woocommerce/web", waited, before_erasure);
  ASSERT_NO_FATAL_FAILURE(StartAgain());
  EXPECT_EQ(ReasonOf(Delivery(change_of(waited)).status()), "DELIVERY_UNKNOWN");
  // Who is told of after it is somebody new, and theirs is kept.
  const std::string later = customer(3, "Fitzwillow");
  EXPECT_EQ(Tell(later), 200);
  EXPECT_EQ(Delivery(change_of(later))->body(), later);
  ASSERT_EQ(carnetd().Terminate(), 0) << carnetd().Messages();

  const DataSearch after(data_);
  ASSERT_EQ(after.trouble(), "");
  EXPECT_EQ(after.Find("Portrait-of-Ottoline").size(), 1U);  // the other merchant's
  EXPECT_THAT(after.Find("Portrait-of-Nobody"), IsEmpty());
  for (const char* other : {"Portrait-of-Barnabas", "Portrait-of-Fitzwillow"})
    EXPECT_THAT(after.Find(other), Not(IsEmpty())) << other;
}

}  // namespace
}  // namespace carnet::acceptance
