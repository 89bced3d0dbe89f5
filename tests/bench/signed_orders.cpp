#include "tests/bench/signed_orders.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "channels/signature.h"
#include "tests/bench/http_load.h"
#include "tests/bench/people.h"

namespace carnet::bench {
namespace {

constexpr char kSecret[] = "s3cret";
constexpr int64_t kBuyers = 5000;

std::string Order(int64_t id) {
  const int64_t buyer = id % kBuyers;
  v1::Contact who;
  FillContact(static_cast<uint32_t>(buyer), 0, /*with_address=*/true, &who);
  const v1::Address& address = who.addresses(0);
  return absl::StrCat(
      R"({"id":)", id, R"(,"parent_id":0,"status":"on-hold","currency":"EUR","version":"10.1.0",)",
      R"("prices_include_tax":true,"date_created":"2026-09-02T10:59:00",)",
      R"("date_modified":"2026-09-02T11:00:00","discount_total":"0","discount_tax":"0",)",
      R"("shipping_total":"0","shipping_tax":"0","cart_tax":"0","total":"89.90",)",
      R"("total_tax":"0","customer_id":)", buyer + 1, R"(,"order_key":"wc_order_)", id,
      R"(","billing":{"first_name":")", who.name().given().plain(), R"(","last_name":")",
      who.name().family().plain(), R"(","company":"","address_1":")", address.street().plain(),
      R"(","address_2":"","city":")", address.town().plain(), R"(","state":"","postcode":")",
      address.postcode().plain(), R"(","country":"FR","email":")", who.emails(0).plain(),
      R"(","phone":")", who.phones(0).plain(), R"("},"shipping":{"first_name":"","last_name":"",)",
      R"("company":"","address_1":"","address_2":"","city":"","state":"","postcode":"",)",
      R"("country":"","phone":""},"payment_method":"bacs","payment_method_title":"bacs",)",
      R"("transaction_id":"","customer_ip_address":"192.0.2.9","customer_user_agent":)",
      R"("Mozilla\/5.0","created_via":"checkout","customer_note":"","date_completed":null,)",
      R"("date_paid":null,"cart_hash":"","number":")", id,
      R"(","meta_data":[],"line_items":[{"id":1,"name":"Item","product_id":5,"quantity":1,)",
      R"("total":"89.90","total_tax":"0","price":0}],"tax_lines":[],"shipping_lines":[],)",
      R"("fee_lines":[],"coupon_lines":[],"refunds":[],"payment_url":"","is_editable":true,)",
      R"("needs_payment":true,"needs_processing":true,)",
      R"("date_created_gmt":"2026-09-02T08:59:00","date_modified_gmt":"2026-09-02T09:00:00",)",
      R"("date_completed_gmt":null,"date_paid_gmt":null,"currency_symbol":""})");
}

}  // namespace

std::vector<std::string> SignedOrders(int64_t first, int64_t count) {
  std::vector<std::string> requests;
  for (int64_t id = first; id < first + count; ++id) {
    const std::string body = Order(id);
    const std::string signature = absl::Base64Escape(channels::HmacSha256(kSecret, body));
    requests.push_back(PostOf(
        "/v1/shop/woocommerce/web",
        absl::StrCat("X-WC-Webhook-Topic: order.created\r\nX-WC-Webhook-Signature: ", signature,
                     "\r\n"),
        body));
  }
  return requests;
}

std::vector<std::string> TakeOrders(const Bench& bench) {
  const std::string file = bench.options.folder + "/endpoints.toml";
  std::ofstream(file) << "[[endpoint]]\nmerchant = 'shop'\nchannel = 'woocommerce'\n"
                         "source = 'web'\nsecrets = ['"
                      << kSecret << "']\n";
  std::filesystem::permissions(
      file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return {"--http-addresses=127.0.0.1:0", "--http-endpoints-file=" + file};
}

}  // namespace carnet::bench
