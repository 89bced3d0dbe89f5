// Channels deliver the same again and again, late, backwards and at once: it counts as if each
// delivery had come once and in order.
#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "base/uuid.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/delivery_service.grpc.pb.h"
#include "carnet/v1/ledger.pb.h"
#include "carnet/v1/order_service.grpc.pb.h"
#include "runtime/test_http.h"
#include "tests/acceptance/channels/channels_fixture.h"

namespace carnet::acceptance {
namespace {

using runtime::StatusOf;
using ::testing::IsEmpty;
using ::testing::Not;

struct Told {
  std::string headers;
  std::string body;
};

// A channel's news of one thing, oldest first, four hours apart and more.
struct History {
  std::string channel;
  std::vector<Told> news;
  // What must come of it.
  std::vector<std::string> vouchers;
};

std::string With(std::string text,
                 const std::vector<std::pair<std::string, std::string>>& replacements) {
  for (const auto& [from, to] : replacements) {
    EXPECT_NE(text.find(from), std::string::npos) << from;
    text = absl::StrReplaceAll(text, {{from, to}});
  }
  return text;
}

History WooCommerce() {
  const std::string pending = ReadFixture("woocommerce/fixtures/order-pending.json");
  const std::string paid =
      With(pending, {{R"("status":"pending")", R"("status":"processing")"},
                     {R"("date_modified_gmt":"2026-09-02T09:00:00")",
                      R"("date_modified_gmt":"2026-09-02T13:00:00")"},
                     {R"("date_paid_gmt":null)", R"("date_paid_gmt":"2026-09-02T13:00:00")"}});
  const std::string refunded =
      With(paid, {{R"("date_modified_gmt":"2026-09-02T13:00:00")",
                   R"("date_modified_gmt":"2026-09-03T09:30:00")"},
                  {R"("refunds":[])", R"("refunds":[{"id":9001,"total":"-19.90"}])"}});
  const std::string topic = "X-WC-Webhook-Topic: order.updated\r\n";
  return {.channel = "woocommerce",
          .news = {{"X-WC-Webhook-Topic: order.created\r\n", pending},
                   {topic, paid},
                   {topic, refunded}},
          .vouchers = {"19.90", "19.90", "89.90", "89.90"}};
}

History Shopify() {
  const std::string pending = ReadFixture("shopify/fixtures/order-two-currencies-pending.json");
  const std::string paid =
      With(pending, {{R"("financial_status":"pending")", R"("financial_status":"paid")"},
                     {R"("updated_at":"2026-09-04T10:00:00+02:00")",
                      R"("updated_at":"2026-09-04T14:00:00+02:00")"}});
  const std::string refund =
      R"({"id":550,"order_id":9901,"created_at":"2026-09-06T10:00:00+02:00",)"
      R"("refund_line_items":[{"id":1,"quantity":1,"subtotal":25.0,"total_tax":0.0,)"
      R"("subtotal_set":{"shop_money":{"amount":"25.00","currency_code":"EUR"},)"
      R"("presentment_money":{"amount":"21.60","currency_code":"GBP"}}}],)"
      R"("transactions":[{"id":77,"kind":"refund","status":"success","amount":"21.60",)"
      R"("currency":"GBP","order_id":9901}],"order_adjustments":[]})";
  return {.channel = "shopify",
          .news = {{"X-Shopify-Topic: orders/create\r\n", pending},
                   {"X-Shopify-Topic: orders/paid\r\n", paid},
                   {"X-Shopify-Topic: refunds/create\r\n", refund}},
          .vouchers = {"100.00", "100.00", "25.00", "25.00"}};
}

History KiotViet() {
  const std::string owed = ReadFixture("kiotviet/fixtures/invoice-on-account.json");
  const std::string paid =
      R"({"Id":"n-3","Attempt":1,"Notifications":[{"Action":"invoice.update.500100","Data":[)"
      R"({"Id":9001,"Code":"HD009001","PurchaseDate":"2026-09-07T14:05:00","CustomerId":501,)"
      R"("Total":500000.0,"TotalPayment":500000.0,"Status":1,)"
      R"("ModifiedDate":"2026-09-08T09:00:00.1234567","Payments":[)"
      R"({"Id":77,"Code":"TTHD009001","Amount":200000.0,"Method":"Cash","Status":0,)"
      R"("TransDate":"2026-09-07T14:05:00"},{"Id":78,"Amount":300000.0,"Method":"Transfer",)"
      R"("Status":0,"TransDate":"2026-09-08T09:00:00"}]}]}]})";
  // Its own retries differ by this.
  const std::string again = With(owed, {{R"("Attempt":1)", R"("Attempt":3)"}});
  return {.channel = "kiotviet",
          .news = {{"", owed}, {"", again}, {"", paid}},
          .vouchers = {"200000", "300000", "500000"}};
}

History Meta() {
  History history{.channel = "meta", .news = {}, .vouchers = {}};
  for (int i = 0; i < 3; ++i) {
    history.news.push_back(
        {"", absl::StrCat(R"({"object":"page","entry":[{"id":"5550001","time":1,"messaging":[)",
                          R"({"sender":{"id":"PSID-77"},"recipient":{"id":"5550001"},)",
                          R"("timestamp":)", 1788300100123 + i * 4 * 3600 * 1000,
                          R"(,"message":{"mid":"m_)", i, R"(","text":"+8491234567)", i,
                          R"(","quick_reply":{"payload":"+8491234567)", i, R"("}}}]}]})")});
  }
  return history;
}

class RepeatsTest : public ChannelsTest, public testing::WithParamInterface<History (*)()> {
 protected:
  void Open(const std::string& channel) {
    std::string toml;
    for (const char* merchant : {"once", "often"}) {
      toml += absl::StrCat("[[endpoint]]\nmerchant = '", merchant, "'\nchannel = '", channel,
                           "'\nsource = 'web'\nsecrets = ['hush']\n");
    }
    WriteEndpoints(toml);
    Start();
  }
  void Tell(const std::string& merchant, const std::string& channel, const Told& told) const {
    const std::string path = absl::StrCat("/v1/", merchant, "/", channel, "/web");
    EXPECT_EQ(StatusOf(Deliver(path, "hush", told.body, told.headers)), 200);
  }

  // Until all that was delivered is folded: a change behind it is, which itself is refused.
  void Settle(const std::string& merchant) const {
    v1::PublishRequest request;
    request.set_wait(true);
    v1::Change* change = request.mutable_change();
    change->set_id(Uuid::Random().ToString());
    change->set_merchant(merchant);
    change->set_channel("pos");
    change->set_source("till");
    change->set_intent(v1::INTENT_REQUEST);
    change->mutable_body()->mutable_reversal()->set_target_code("no such voucher");
    v1::PublishResponse response;
    const auto changes = v1::ChangeService::NewStub(carnetd_->channel());
    const absl::Status status =
        Call(changes.get(), &v1::ChangeService::Stub::Publish, request, &response);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_EQ(response.outcome().status(), v1::OUTCOME_STATUS_REJECTED);
  }

  template <typename Message>
  std::vector<Message> Listed(const std::string& merchant,
                              const std::vector<std::string>& words) const {
    std::vector<std::string> command = {CARNET_BINARY, "--address", carnetd_->address(),
                                        "--merchant",  merchant,    "--output",
                                        "json"};
    command.insert(command.end(), words.begin(), words.end());
    std::vector<Message> all;
    const std::string output = OutputOf(command, scratch_.path());
    for (const auto line : absl::StrSplit(output, '\n', absl::SkipEmpty())) {
      Message& message = all.emplace_back();
      EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(
                      google::protobuf::StringPiece(line.data(), line.size()), &message)
                      .ok())
          << line;
    }
    return all;
  }
  std::vector<std::string> Vouchers(const std::string& merchant) const {
    std::vector<std::string> found;
    for (const auto& voucher : Listed<v1::Voucher>(merchant, {"vouchers", "--limit", "0"}))
      found.push_back(voucher.total().decimal());
    std::sort(found.begin(), found.end());
    return found;
  }
  // All that is known of customers and orders but ids, and when it was learned.
  std::vector<std::string> Known(const std::string& merchant) const {
    std::vector<std::string> found;
    for (auto& customer : Listed<v1::Customer>(merchant, {"customer", "list"})) {
      std::string& text = found.emplace_back(customer.display_name());
      for (const auto& balance : customer.balances())
        absl::StrAppend(&text, " ", balance.receivable(), " ", balance.unit());
      absl::StrAppend(&text, " ", customer.contact().ShortDebugString());
    }
    const auto orders = v1::OrderService::NewStub(carnetd_->channel());
    v1::ListOrdersRequest request;
    request.set_parent("merchants/" + merchant);
    v1::ListOrdersResponse response;
    EXPECT_TRUE(Call(orders.get(), &v1::OrderService::Stub::ListOrders, request, &response).ok());
    for (const auto& order : response.orders()) {
      found.push_back(absl::StrCat(order.number(), " ", v1::OrderState_Name(order.state()), " ",
                                   order.total().minor()));
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  int DeadLetters(const std::string& merchant) const {
    const auto deliveries = v1::DeliveryService::NewStub(carnetd_->channel());
    v1::ListUnusableDeliveriesRequest request;
    request.set_merchant(merchant);
    v1::ListUnusableDeliveriesResponse response;
    EXPECT_TRUE(Call(deliveries.get(), &v1::DeliveryService::Stub::ListUnusableDeliveries, request,
                     &response)
                    .ok());
    return response.dead_letters_size();
  }
};

TEST_P(RepeatsTest, OftenBackwardsLateAndAtOnceIsOneEffect) {
  const History history = GetParam()();
  ASSERT_NO_FATAL_FAILURE(Open(history.channel));
  for (const Told& told : history.news) Tell("once", history.channel, told);

  std::vector<Told> backwards(history.news.rbegin(), history.news.rend());
  for (int round = 0; round < 5; ++round) {
    // The same at once on two connections.
    std::vector<std::thread> senders;
    for (int i = 0; i < 2; ++i) {
      senders.emplace_back([&] {
        for (const Told& told : round % 2 == 0 ? backwards : history.news)
          Tell("often", history.channel, told);
      });
    }
    for (std::thread& sender : senders) sender.join();
  }
  // The oldest once more, hours behind what is known.
  Tell("often", history.channel, history.news.front());

  ASSERT_NO_FATAL_FAILURE(Settle("once"));
  ASSERT_NO_FATAL_FAILURE(Settle("often"));
  EXPECT_EQ(Vouchers("once"), history.vouchers);
  EXPECT_EQ(Vouchers("often"), history.vouchers);
  EXPECT_THAT(Known("once"), Not(IsEmpty()));
  EXPECT_EQ(Known("often"), Known("once"));
  EXPECT_EQ(DeadLetters("often"), 0);
  EXPECT_EQ(carnetd().Terminate(), 0) << carnetd().Messages();
}

INSTANTIATE_TEST_SUITE_P(Channels, RepeatsTest,
                         testing::Values(&WooCommerce, &Shopify, &KiotViet, &Meta),
                         [](const testing::TestParamInfo<History (*)()>& channel) {
                           return channel.param().channel;
                         });

}  // namespace
}  // namespace carnet::acceptance
