// Signed orders of a web shop over 64 connections that are kept, each answered when it is durable;
// beside it the same bodies through the same HTTP server into the same kind of log, without
// signature, mapping or sealing. Rough timings by hand: build/<preset>/bin/webhooks_bench
// [seconds].
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "channels/signature.h"
#include "event_log/embedded/embedded_log.h"
#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "gateway/http/webhooks.h"
#include "runtime/guard.h"
#include "runtime/http_server.h"
#include "runtime/metrics.h"
#include "runtime/test_http.h"
#include "vault/embedded_key_store.h"
#include "vault/key_ring.h"
#include "vault/normalize/phone.h"

namespace carnet::gateway {
namespace {

constexpr int kConnections = 64;

std::string Order(int64_t id) {
  return absl::StrCat(
      R"({"id":)", id, R"(,"status":"on-hold","currency":"EUR","total":"89.90","customer_id":)",
      id % 5000 + 1, R"(,"number":")", id,
      R"(","payment_method":"bacs","date_created_gmt":"2026-09-02T08:59:00",)",
      R"("date_modified_gmt":"2026-09-02T09:00:00","date_paid_gmt":null,"refunds":[],)",
      R"("billing":{"first_name":"Anne-Sophie","last_name":"Lef\u00e8vre","company":"",)",
      R"("address_1":"12 rue des Lilas","city":"Lyon","postcode":"69001","country":"FR",)",
      R"("email":"anne)", id % 5000, R"(@example.fr","phone":"06 12 34 56 78"},)",
      R"("line_items":[{"id":1,"name":"Item","quantity":1,"total":"89.90"}],"meta_data":[]})");
}

// Requests a second that are answered 200.
double Load(const std::string& address, double seconds) {
  std::atomic<int64_t> next{1};
  std::atomic<int64_t> done{0};
  const absl::Time end = absl::Now() + absl::Seconds(seconds);
  std::vector<std::thread> clients;
  for (int i = 0; i < kConnections; ++i) {
    clients.emplace_back([&] {
      runtime::TestConnection connection(address);
      while (absl::Now() < end) {
        const std::string body = Order(next.fetch_add(1));
        const std::string answer = connection.Call(runtime::PostText(
            "/v1/shop/woocommerce/web", body,
            absl::StrCat("X-WC-Webhook-Topic: order.created\r\nX-WC-Webhook-Signature: ",
                         runtime::Base64(channels::HmacSha256("s3cret", body)), "\r\n")));
        if (runtime::StatusOf(answer) != 200) {
          std::fprintf(stderr, "answered: %s\n", answer.substr(0, 60).c_str());
          return;
        }
        done.fetch_add(1);
      }
    });
  }
  for (std::thread& client : clients) client.join();
  return static_cast<double>(done.load()) / seconds;
}

double Floor(const std::filesystem::path& folder, double seconds) {
  if (!event_log::InitEmbeddedLog(folder / "floor", 2).ok()) std::abort();
  auto log = *event_log::OpenEmbeddedLog(folder / "floor");
  runtime::Metrics metrics;
  auto server = *runtime::HttpServer::Start(
      {"127.0.0.1:0"}, runtime::HttpLimits(),
      [&](runtime::HttpRequest request, runtime::HttpRespond respond) {
        std::vector<event_log::Record> records(1);
        records[0].key = "shop";
        records[0].value = std::move(request.body);
        log->Append(0, std::move(records), [respond](absl::StatusOr<int64_t> offset) {
          respond({.status = offset.ok() ? 200 : 503});
        });
      },
      &metrics);
  const double rate = Load(server->addresses().front(), seconds);
  server->Shutdown();
  return rate;
}

double Real(const std::filesystem::path& folder, double seconds) {
  if (!event_log::InitEmbeddedLog(folder / "log", 2).ok()) std::abort();
  auto log = *event_log::OpenEmbeddedLog(folder / "log");
  const vault::Key root = vault::Key::Random();
  auto store = *vault::OpenEmbeddedKeyStore(folder / "keys", root, /*create=*/true);
  vault::KeyRing keys(store.get());
  vault::PhoneNormalizer phones;
  SystemClock clock;
  runtime::Metrics metrics;
  runtime::Guard guard(nullptr, &metrics);
  auto gateway = std::make_unique<Gateway>(Gateway::Parts{.log = log.get(),
                                                          .projector = nullptr,
                                                          .keys = &keys,
                                                          .phones = &phones,
                                                          .clock = &clock,
                                                          .metrics = &metrics,
                                                          .guard = &guard,
                                                          .settings_of = [](std::string_view) {
                                                            return MerchantSettings{"FR", 60};
                                                          }});
  auto spool = *Spool::Open(folder / "spool", root);
  runtime::ByteBudget bytes(size_t{64} << 20);
  Endpoint endpoint;
  endpoint.merchant = "shop";
  endpoint.adapter = channels::FindAdapter("woocommerce");
  endpoint.settings.source = "web";
  endpoint.secrets = {"s3cret"};
  Webhooks webhooks({.publisher = gateway->publisher(),
                     .clock = &clock,
                     .metrics = &metrics,
                     .spool = spool.get(),
                     .leads = nullptr,
                     .bytes = &bytes,
                     .endpoints = {endpoint}});
  auto server = *runtime::HttpServer::Start(
      {"127.0.0.1:0"}, runtime::HttpLimits(),
      [&](runtime::HttpRequest request, runtime::HttpRespond respond) {
        webhooks.Handle(std::move(request), std::move(respond));
      },
      &metrics);
  const double rate = Load(server->addresses().front(), seconds);
  server->Shutdown();
  webhooks.Stop();
  gateway.reset();
  return rate;
}

int Main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 5;
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / absl::StrCat("webhooks_bench.", getpid());
  std::filesystem::create_directories(folder);
  const double floor = Floor(folder, seconds);
  const double real = Real(folder, seconds);
  std::printf("floor %.0f/s, signed orders %.0f/s: %.2f of the floor\n", floor, real, real / floor);
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace carnet::gateway

int main(int argc, char** argv) { return carnet::gateway::Main(argc, argv); }
