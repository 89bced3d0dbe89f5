// Channels deliver over real sockets into a real log.
#include "gateway/http/webhooks.h"

#include <fstream>
#include <future>
#include <memory>
#include <set>
#include <thread>

#include "absl/strings/escaping.h"

#include "access/grant.h"
#include "base/civil_date.h"
#include "base/partition.h"
#include "carnet/log/v1/identity_rows.pb.h"
#include "carnet/log/v1/rows.pb.h"
#include "channels/signature.h"
#include "domain/customers/deliveries.h"
#include "domain/keys.h"
#include "domain/state.h"
#include "gateway/http/delivery_codec.h"
#include "gateway/test_gateway.h"
#include "runtime/test_http.h"

namespace carnet::gateway {
namespace {

using runtime::Base64;
using runtime::PostText;
using runtime::StatusOf;
using runtime::TestConnection;

std::string Order(int version, const std::string& status, const std::string& total,
                  const std::string& more = "") {
  return R"({"id":8820,"status":")" + status + R"(","currency":"EUR","total":")" + total +
         R"(","customer_id":61,"number":"8820","payment_method":"bacs","date_created_gmt":"2026-09-02T08:59:00",)" +
         R"("date_modified_gmt":"2026-09-02T09:00:0)" + std::to_string(version) + "\"" + more +
         R"(,"billing":{"email":"anne@example.fr"}})";
}

class WebhooksTest : public GatewayTest {
 protected:
  ~WebhooksTest() override {
    if (http_ != nullptr) http_->Shutdown();
    if (webhooks_ != nullptr) webhooks_->Stop();
    Stop();
  }

  // `gone`: a channel whose endpoint is not there.
  void Open(absl::Duration patience = absl::Seconds(2), const std::string& gone = "") {
    http_.reset();
    door_metrics_ = std::make_unique<runtime::Metrics>();
    auto spool = Spool::Open(folder_ / "spool", root_);
    ASSERT_TRUE(spool.ok()) << spool.status();
    spool_ = *std::move(spool);
    const auto endpoint = [](const char* channel, const char* source) {
      Endpoint one;
      one.merchant = "shop";
      one.adapter = channels::FindAdapter(channel);
      one.settings.source = source;
      one.secrets = {"s3cret"};
      one.verify_token = "token";
      return one;
    };
    std::vector<Endpoint> endpoints = {endpoint("woocommerce", "web"), endpoint("shopify", "web"),
                                       endpoint("meta", "page"), endpoint("kiotviet", "store")};
    std::erase_if(endpoints, [&](const Endpoint& one) { return one.adapter->name == gone; });
    webhooks_ = std::make_unique<Webhooks>(Webhooks::Parts{.publisher = gateway_->publisher(),
                                                           .clock = &clock_,
                                                           .metrics = &metrics_,
                                                           .spool = spool_.get(),
                                                           .bytes = &bytes_,
                                                           .endpoints = std::move(endpoints),
                                                           .patience = patience,
                                                           .spool_patience = patience});
    auto server = runtime::HttpServer::Start(
        {"127.0.0.1:0"}, runtime::HttpLimits(),
        [this](runtime::HttpRequest request, runtime::HttpRespond respond) {
          webhooks_->Handle(std::move(request), std::move(respond));
        },
        door_metrics_.get());
    ASSERT_TRUE(server.ok()) << server.status();
    http_ = *std::move(server);
  }

  // Another process, whose log works; until the spool is empty.
  void ComeBack(const std::string& gone = "") {
    http_->Shutdown();
    webhooks_->Stop();
    Stop();
    webhooks_.reset();
    keys_.reset();
    store_.reset();
    StartEmbedded();
    Open(absl::Seconds(2), gone);
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (!spool_->empty()) ASSERT_LT(absl::Now(), deadline);
  }

  std::string Call(const std::string& request) {
    TestConnection connection(http_->addresses().front());
    return connection.Call(request);
  }

  static std::string SignedOrder(const std::string& body,
                                 const std::string& topic = "order.updated") {
    return PostText("/v1/shop/woocommerce/web", body,
                    "X-WC-Webhook-Topic: " + topic + "\r\nX-WC-Webhook-Signature: " +
                        Base64(channels::HmacSha256("s3cret", body)) + "\r\n");
  }

  v1::Outcome OutcomeOf(const std::string& id, const std::string& wanted_duplicates = "") {
    v1::GetOutcomeRequest request;
    request.set_merchant("shop");
    request.set_change_id(id);
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (absl::Now() < deadline) {
      const auto answer = GetOutcome(request);
      if (answer.ok() && (wanted_duplicates.empty() ||
                          std::to_string(answer->outcome().duplicates()) == wanted_duplicates)) {
        return answer->outcome();
      }
    }
    ADD_FAILURE() << "no such outcome in time";
    return {};
  }

  std::unique_ptr<runtime::Metrics> door_metrics_;
  runtime::ByteBudget bytes_{size_t{8} << 20};
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Webhooks> webhooks_;
  std::unique_ptr<runtime::HttpServer> http_;
};

TEST_F(WebhooksTest, ASignedDeliveryIsInTheLogWhenItIsAnswered) {
  StartEmbedded();
  Open();
  EXPECT_EQ(StatusOf(Call(SignedOrder(Order(1, "on-hold", "89.90")))), 200);
  const auto ids = IdsInLog();
  ASSERT_EQ(ids.size(), 1U);
  const v1::Outcome outcome = OutcomeOf(ids[0]);
  EXPECT_EQ(outcome.status(), v1::OUTCOME_STATUS_APPLIED) << outcome.DebugString();
  EXPECT_EQ(outcome.voucher_code(), "8820");
}

// What stands in the log of a delivery, and what the views know of it.
class KeptDeliveriesTest : public WebhooksTest {
 protected:
  log::v1::MerchantRow Merchant() {
    log::v1::MerchantRow row;
    const auto views = Views();
    if (views != nullptr) {
      domain::GetRow(*views, domain::Family::kMerchants, domain::MerchantKey("shop"), &row);
    }
    return row;
  }
  // Whose keys must be gone.
  std::set<std::string> Erased() {
    std::set<std::string> all;
    Views()->Scan(domain::Family::kErasures, "", [&](std::string_view, std::string_view value) {
      log::v1::ErasureRow row;
      EXPECT_TRUE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
      EXPECT_TRUE(row.keys_only());
      all.insert(row.sealed_for().begin(), row.sealed_for().end());
      return true;
    });
    return all;
  }
  template <typename Holds>
  void WaitUntil(Holds holds) {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (!holds()) ASSERT_LT(absl::Now(), deadline) << Merchant().ShortDebugString();
  }
  void SetDays(int days) {
    v1::Change change;
    change.set_id(Uuid::Random().ToString());
    change.set_merchant("shop");
    change.set_channel("back-office");
    change.set_source("api");
    change.set_intent(v1::INTENT_REQUEST);
    auto* const changed = change.mutable_body()->mutable_policy_changed();
    changed->mutable_policy()->set_delivery_days(days);
    changed->add_fields("delivery_days");
    std::promise<bool> applied;
    gateway_->Publish(*access::Anybody(), {change}, absl::InfiniteFuture(), [&](auto published) {
      applied.set_value(published[0].ok() &&
                        published[0]->outcome().status() == v1::OUTCOME_STATUS_APPLIED);
    });
    EXPECT_TRUE(applied.get_future().get());
  }
  int32_t Today() { return CivilDayOf(clock_.NowMicros(), 60); }

 private:
  std::shared_ptr<const view_store::Snapshot> Views() {
    const auto snapshot = projector_->snapshot(PartitionOf("shop", 2));
    return snapshot.ok() ? *snapshot : nullptr;
  }
};

TEST_F(KeptDeliveriesTest, AreDroppedWhenTheirDaysAreOverByNobodyElse) {
  StartEmbedded();
  Open();
  SetDays(7);
  const int32_t first = Today();
  const std::string key(domain::DeliveryDay("shop", first).bytes());
  EXPECT_EQ(StatusOf(Call(SignedOrder(Order(1, "on-hold", "89.90")))), 200);
  WaitUntil([&] { return Merchant().has_first_delivery_day(); });
  EXPECT_EQ(Merchant().first_delivery_day(), first);
  // Seven days after its day it is still there; on the eighth it goes, and nothing else.
  clock_.PassDays(7);
  EXPECT_EQ(StatusOf(Call(SignedOrder(Order(2, "on-hold", "89.90")))), 200);
  WaitUntil([&] { return Merchant().last_delivery_day() == first + 7; });
  EXPECT_EQ(Merchant().first_delivery_day(), first);
  EXPECT_TRUE(Erased().empty());
  clock_.PassDays(1);
  WaitUntil([&] { return Merchant().first_delivery_day() > first; });
  EXPECT_EQ(Merchant().first_delivery_day(), first + 1);
  EXPECT_EQ(Merchant().last_delivery_day(), first + 7);
  EXPECT_EQ(Erased().size(), 1U);
  EXPECT_TRUE(Erased().contains(key));
  // Policy that keeps none lets go of all that is kept, and keeps no more.
  SetDays(0);
  WaitUntil([&] { return !Merchant().has_first_delivery_day(); });
  EXPECT_EQ(Erased().size(), 8U);
  EXPECT_EQ(StatusOf(Call(SignedOrder(Order(3, "on-hold", "89.90")))), 200);
  OutcomeOf(IdsInLog().back());
  EXPECT_FALSE(Merchant().has_first_delivery_day());
}

TEST_F(WebhooksTest, WhoDoesNotSignLearnsAndChangesNothing) {
  StartEmbedded();
  Open();
  const std::string body = Order(1, "on-hold", "89.90");
  const std::string headers = "X-WC-Webhook-Topic: order.updated\r\nX-WC-Webhook-Signature: " +
                              Base64(channels::HmacSha256("wrong", body)) + "\r\n";
  const std::string wrong = Call(PostText("/v1/shop/woocommerce/web", body, headers));
  EXPECT_EQ(StatusOf(wrong), 401);
  // The same bytes wherever it is sent: nobody learns which merchants and sources there are.
  for (const char* path : {"/v1/shop/woocommerce/other", "/v1/nobody/woocommerce/web"}) {
    EXPECT_EQ(Call(PostText(path, body, headers)), wrong) << path;
    EXPECT_EQ(Call(PostText(path, body)), wrong) << path;
  }
  EXPECT_EQ(StatusOf(Call(PostText("/v1/shop/shopify/web", "{}", "X-Shopify-Test: true\r\n"))),
            401);
  EXPECT_EQ(StatusOf(Call(PostText("/v1/shop/meta/page", "{}"))), 403);
  EXPECT_EQ(StatusOf(Call(PostText("/v1/shop/kiotviet/store", "{}"))), 200)
      << "a refusal would end its deliveries";
  EXPECT_EQ(StatusOf(Call(PostText("/v1/shop/nothing/web", "{}"))), 404);
  EXPECT_EQ(StatusOf(Call(PostText("/", "{}"))), 404);
  // Another merchant's signature, or the right one over other bytes.
  EXPECT_EQ(StatusOf(Call(PostText("/v1/shop/woocommerce/web", body + " ",
                                   "X-WC-Webhook-Topic: order.updated\r\nX-WC-Webhook-Signature: " +
                                       Base64(channels::HmacSha256("s3cret", body)) + "\r\n"))),
            401);
  EXPECT_TRUE(IdsInLog().empty());
}

TEST_F(WebhooksTest, PingsAndHandshakes) {
  StartEmbedded();
  Open();
  EXPECT_EQ(StatusOf(Call(PostText("/v1/shop/woocommerce/web", "webhook_id=12", "", "1.0"))), 200);
  EXPECT_EQ(StatusOf(Call(PostText("/v1/nobody/woocommerce/web", "webhook_id=12"))), 200);
  const auto get = [this](const std::string& path, const std::string& query) {
    return Call("GET " + path + "?" + query + " HTTP/1.1\r\nHost: c\r\n\r\n");
  };
  const std::string right = get(
      "/v1/shop/meta/page", "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=token");
  EXPECT_EQ(StatusOf(right), 200);
  EXPECT_TRUE(right.ends_with("\r\n\r\n1158201444")) << right;
  EXPECT_EQ(StatusOf(get("/v1/shop/meta/page",
                         "hub.mode=subscribe&hub.challenge=1&hub.verify_token=tokem")),
            403);
  EXPECT_EQ(
      StatusOf(get("/v1/nobody/meta/page", "hub.mode=subscribe&hub.challenge=1&hub.verify_token=")),
      403);
  EXPECT_TRUE(IdsInLog().empty());
}

TEST_F(WebhooksTest, TheSameDeliveryManyTimesAndAtOnceIsOneEffect) {
  StartEmbedded();
  Open();
  const std::string request = SignedOrder(Order(1, "on-hold", "89.90"));
  std::vector<std::thread> senders;
  for (int i = 0; i < 2; ++i) {
    senders.emplace_back([&] {
      TestConnection connection(http_->addresses().front());
      for (int j = 0; j < 5; ++j) EXPECT_EQ(StatusOf(connection.Call(request)), 200);
    });
  }
  for (std::thread& sender : senders) sender.join();
  const auto ids = IdsInLog();
  ASSERT_EQ(ids.size(), 10U);
  for (const std::string& id : ids) EXPECT_EQ(id, ids[0]);
  const v1::Outcome outcome = OutcomeOf(ids[0], "9");
  EXPECT_EQ(outcome.reuses(), 0U);
  EXPECT_EQ(outcome.voucher_code(), "8820");
}

TEST_F(WebhooksTest, WhatIsAuthenticAndUselessIsKeptAndAnsweredAsTaken) {
  StartEmbedded();
  Open();
  EXPECT_EQ(StatusOf(Call(SignedOrder(Order(1, "on-hold", "89.905")))), 200);
  EXPECT_EQ(StatusOf(Call(SignedOrder("<html>no JSON</html>"))), 200);
  const auto ids = IdsInLog();
  ASSERT_EQ(ids.size(), 2U);
  EXPECT_EQ(OutcomeOf(ids[0]).status(), v1::OUTCOME_STATUS_DEAD_LETTER);
  EXPECT_EQ(OutcomeOf(ids[0]).reason(), "AMOUNT_PRECISION");
  EXPECT_EQ(OutcomeOf(ids[1]).reason(), "UNPARSABLE");
}

TEST_F(WebhooksTest, WithoutALogWhoNeverSendsAgainIsSpooledAndTheOthersAreToldTo) {
  StartSimulated({.lost_appends = 1000}, /*fold=*/false);
  Open(absl::Milliseconds(200));
  const std::string body = Order(1, "on-hold", "89.90");
  EXPECT_EQ(StatusOf(Call(SignedOrder(body))), 200);
  const std::string customer =
      R"({"id":7,"first_name":"Anne","updated_at":"2026-09-04T10:00:00+02:00"})";
  const std::string busy =
      Call(PostText("/v1/shop/shopify/web", customer,
                    "X-Shopify-Topic: customers/update\r\nX-Shopify-Hmac-Sha256: " +
                        Base64(channels::HmacSha256("s3cret", customer)) + "\r\n"));
  EXPECT_EQ(StatusOf(busy), 503);
  EXPECT_NE(busy.find("Retry-After:"), std::string::npos) << busy;
  EXPECT_EQ(spool_->size(), 1U);
  // Nothing that anybody could read lies on disk.
  for (const auto& file : std::filesystem::directory_iterator(folder_ / "spool")) {
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream),
                            std::istreambuf_iterator<char>()};
    EXPECT_EQ(bytes.find("anne@example.fr"), std::string::npos);
  }

  ASSERT_NO_FATAL_FAILURE(ComeBack());
  ASSERT_TRUE(spool_->empty());
  const auto ids = IdsInLog();
  ASSERT_EQ(ids.size(), 1U);
  EXPECT_EQ(OutcomeOf(ids[0]).voucher_code(), "8820");
}

TEST_F(WebhooksTest, ASpooledDeliveryWhoseEndpointIsGoneIsKeptAndHoldsUpNoOther) {
  StartSimulated({.lost_appends = 1000}, /*fold=*/false);
  Open(absl::Milliseconds(50));
  const std::string invoice =
      R"({"Id":"n-2","Attempt":1,"Notifications":[{"Action":"invoice.update.1","Data":[{"Id":9001,)"
      R"("Code":"HD9001","Total":5.0,"TotalPayment":0,"Status":1,"ModifiedDate":)"
      R"("2026-09-07T14:05:01"}]}]})";
  EXPECT_EQ(StatusOf(Call(PostText(
                "/v1/shop/kiotviet/store", invoice,
                "X-Hub-Signature: " +
                    absl::BytesToHexString(channels::HmacSha256("s3cret", invoice)) + "\r\n"))),
            200);
  EXPECT_EQ(StatusOf(Call(SignedOrder(Order(1, "on-hold", "89.90")))), 200);
  ASSERT_EQ(spool_->size(), 2U);
  // Nobody can read these bytes: by another version, or damaged.
  ASSERT_TRUE(spool_->Add("nonsense").ok());
  std::string bundle;
  AddToBundle("nonsense", &bundle);
  channels::Delivery good;
  const std::string body = Order(1, "on-hold", "89.90");
  good.body = body;
  good.headers = {{"x-wc-webhook-topic", "order.updated"}};
  AddToBundle(EncodeDelivery("/v1/shop/woocommerce/web", good), &bundle);
  ASSERT_TRUE(spool_->Add(bundle).ok());

  ASSERT_NO_FATAL_FAILURE(ComeBack("kiotviet"));
  std::set<std::string> outcomes;
  for (const std::string& id : IdsInLog()) {
    const v1::Outcome outcome = OutcomeOf(id);
    outcomes.insert(outcome.reason() + outcome.voucher_code());
  }
  EXPECT_EQ(outcomes, std::set<std::string>({"8820", "ENDPOINT_GONE"}));
  int aside = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder_ / "spool"))
    aside += file.path().extension() == ".damaged";
  EXPECT_EQ(aside, 2) << "nothing is thrown away";
}

}  // namespace
}  // namespace carnet::gateway
