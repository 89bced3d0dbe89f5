#include "carnetd/http_door.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

#include "access/durable_file.h"
#include "base/error.h"
#include "carnetd/door.h"
#include "channels/adapter.h"
#include "domain/form.h"
#include "gateway/gateway.h"
#include "gateway/http/batches.h"
#include "gateway/http/leads.h"
#include "gateway/http/webhooks.h"
#include "runtime/endpoints_file.h"
#include "runtime/http_client.h"
#include "runtime/http_server.h"
#include "runtime/logging.h"
#include "vault/root_key.h"

namespace carnet {
namespace {

const std::map<std::string, v1::TenderMethod>& MethodWords() {
  static const auto* const words = new std::map<std::string, v1::TenderMethod>{
      {"cash", v1::TENDER_METHOD_CASH},
      {"card", v1::TENDER_METHOD_CARD},
      {"transfer", v1::TENDER_METHOD_TRANSFER},
      {"cheque", v1::TENDER_METHOD_CHEQUE},
      {"direct-debit", v1::TENDER_METHOD_DIRECT_DEBIT},
      {"wallet", v1::TENDER_METHOD_WALLET},
      {"cash-on-delivery", v1::TENDER_METHOD_CASH_ON_DELIVERY},
      {"on-account", v1::TENDER_METHOD_ON_ACCOUNT}};
  return *words;
}

absl::Status Bad(const runtime::EndpointConfig& config, const std::string& what) {
  return Error(absl::StatusCode::kInvalidArgument, "CONFIG_BAD_VALUE",
               absl::StrCat("endpoint ", config.merchant, "/", config.channel, "/", config.source,
                            ": ", what));
}

absl::StatusOr<gateway::Endpoint> EndpointOf(const runtime::EndpointConfig& config,
                                             const runtime::Config& all) {
  gateway::Endpoint endpoint;
  endpoint.adapter = channels::FindAdapter(config.channel);
  if (endpoint.adapter == nullptr) return Bad(config, "there is no such channel");
  if (!domain::IsName(config.merchant) || !domain::IsName(config.source))
    return Bad(config, "merchant and source are of a-z, 0-9, '.', '_', '-'");
  endpoint.merchant = config.merchant;
  endpoint.settings.source = config.source;
  endpoint.settings.country = config.country;
  if (endpoint.settings.country.empty()) {
    const auto own = all.merchants.find(config.merchant);
    endpoint.settings.country =
        own == all.merchants.end() ? all.merchant_defaults.country : own->second.country;
  }
  endpoint.settings.utc_offset_minutes = static_cast<int32_t>(config.utc_offset_minutes);
  for (const auto& [id, word] : config.methods) {
    const auto method = MethodWords().find(word);
    if (method == MethodWords().end()) return Bad(config, absl::StrCat("no method: ", word));
    endpoint.settings.methods[id] = method->second;
  }
  endpoint.settings.pay_later = config.pay_later;
  endpoint.secrets = config.secrets;
  endpoint.unsigned_deliveries = config.is_unsigned;
  endpoint.verify_token = config.verify_token;
  endpoint.public_url = config.public_url;
  if (absl::Status url = runtime::CheckUrl(config.graph_url); !url.ok())
    return Bad(config, absl::StrCat("graph_url: ", std::string(url.message())));
  endpoint.graph_url = config.graph_url;
  while (endpoint.graph_url.ends_with('/')) endpoint.graph_url.pop_back();
  endpoint.page_tokens = config.page_tokens;
  return endpoint;
}

absl::StatusOr<std::vector<gateway::Endpoint>> EndpointsOf(const runtime::Config& config) {
  std::vector<gateway::Endpoint> endpoints;
  if (config.http_endpoints_file.empty()) return endpoints;
  const auto loaded = runtime::LoadEndpoints(config.http_endpoints_file);
  if (!loaded.ok()) return loaded.status();
  std::set<std::string> seen;
  for (const runtime::EndpointConfig& one : *loaded) {
    auto endpoint = EndpointOf(one, config);
    if (!endpoint.ok()) return endpoint.status();
    if (!seen.insert(absl::StrCat(one.merchant, "/", one.channel, "/", one.source)).second)
      return Bad(one, "stands twice");
    endpoints.push_back(*std::move(endpoint));
  }
  return endpoints;
}

std::vector<std::string> MerchantsOf(const std::vector<gateway::Endpoint>& endpoints) {
  std::set<std::string> merchants;
  for (const gateway::Endpoint& endpoint : endpoints) merchants.insert(endpoint.merchant);
  return {merchants.begin(), merchants.end()};
}

}  // namespace

struct HttpDoor::Impl {
  Impl(gateway::Gateway* a_publisher, size_t max_bytes)
      : publishes(a_publisher), bytes(max_bytes) {}

  gateway::Gateway* const publishes;
  runtime::ByteBudget bytes;
  access::FileVersion endpoints_read;
  access::FileVersion endpoints_seen;  // at the last look
  std::unique_ptr<gateway::Spool> spool;
  std::unique_ptr<gateway::Spool> lead_spool;
  std::unique_ptr<gateway::Leads> leads;
  std::unique_ptr<gateway::Webhooks> webhooks;
  std::unique_ptr<gateway::Batches> batches;
  std::unique_ptr<runtime::HttpServer> server;
};

HttpDoor::HttpDoor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpDoor::~HttpDoor() {
  Shutdown();
  impl_->batches.reset();  // what it still answers, it answers to the server's connections
}

absl::StatusOr<std::unique_ptr<HttpDoor>> HttpDoor::Open(const runtime::Config& config,
                                                         gateway::Gateway* gateway,
                                                         runtime::Guard* guard,
                                                         gateway::Clock* clock,
                                                         runtime::Metrics* metrics) {
  auto impl =
      std::make_unique<Impl>(gateway, static_cast<size_t>(config.gateway_max_in_flight_bytes));
  if (config.http_addresses.empty() || gateway == nullptr)
    return std::unique_ptr<HttpDoor>(new HttpDoor(std::move(impl)));
  impl->endpoints_read = access::VersionOf(config.http_endpoints_file);
  auto endpoints = EndpointsOf(config);
  if (!endpoints.ok()) return endpoints.status();
  gateway->SetEndpointMerchants(MerchantsOf(*endpoints));
  const auto root_key = vault::LoadRootKey(
      config.root_key_file.empty() ? config.data_folder + "/root.key" : config.root_key_file);
  if (!root_key.ok()) return root_key.status();
  auto spool = gateway::Spool::Open(config.data_folder + "/spool", *root_key);
  if (!spool.ok()) return spool.status();
  impl->spool = *std::move(spool);
  auto lead_spool = gateway::Spool::Open(config.data_folder + "/leads", *root_key);
  if (!lead_spool.ok()) return lead_spool.status();
  impl->lead_spool = *std::move(lead_spool);
  auto client = runtime::HttpClient::Start({.ca_file = config.http_ca_file});
  if (!client.ok()) return client.status();
  impl->leads =
      std::make_unique<gateway::Leads>(gateway::Leads::Parts{.publisher = gateway->publisher(),
                                                             .clock = clock,
                                                             .metrics = metrics,
                                                             .spool = impl->lead_spool.get(),
                                                             .client = *std::move(client),
                                                             .endpoints = *endpoints});
  impl->webhooks = std::make_unique<gateway::Webhooks>(
      gateway::Webhooks::Parts{.publisher = gateway->publisher(),
                               .clock = clock,
                               .metrics = metrics,
                               .spool = impl->spool.get(),
                               .leads = impl->leads.get(),
                               .bytes = &impl->bytes,
                               .endpoints = *std::move(endpoints)});
  impl->batches = std::make_unique<gateway::Batches>(gateway->publisher(), guard);
  gateway::Batches* const batches = impl->batches.get();
  auto server = runtime::HttpServer::Start(
      config.http_addresses, runtime::HttpLimits(),
      [batches, webhooks = impl->webhooks.get()](runtime::HttpRequest request,
                                                 runtime::HttpRespond respond) {
        if (gateway::Batches::IsBatchPath(request.path)) {
          batches->Handle(std::move(request), std::move(respond));
        } else {
          webhooks->Handle(std::move(request), std::move(respond));
        }
      },
      metrics, HttpTlsOf(config),
      {.is_large = gateway::Batches::IsBatchPath,
       .refuse = [batches](const runtime::HttpRequest& head) { return batches->Refuse(head); },
       .body_bytes = gateway::Batches::kMaxBodyBytes});
  if (!server.ok()) return server.status();
  impl->server = *std::move(server);
  return std::unique_ptr<HttpDoor>(new HttpDoor(std::move(impl)));
}

std::vector<std::string> HttpDoor::addresses() const {
  return impl_->server == nullptr ? std::vector<std::string>() : impl_->server->addresses();
}

std::vector<std::string> HttpDoor::AddressesAfter(std::vector<std::string> others) const {
  for (const std::string& address : addresses()) others.push_back(address);
  return others;
}

void HttpDoor::Look(const runtime::Config& config) {
  if (impl_->webhooks == nullptr) return;
  const access::FileVersion now = access::VersionOf(config.http_endpoints_file);
  if (now == impl_->endpoints_read) return;
  // Somebody may be writing it: half of a file would shut doors.
  const bool stands_still = now == impl_->endpoints_seen;
  impl_->endpoints_seen = now;
  if (!stands_still) return;
  impl_->endpoints_read = now;
  auto endpoints = EndpointsOf(config);
  if (!endpoints.ok()) {
    runtime::Log(runtime::LogLevel::kError,
                 "the changed file of endpoints can't be used; those from before are",
                 {{"why", std::string(endpoints.status().message())}});
    return;
  }
  runtime::Log(runtime::LogLevel::kInfo, "the changed file of endpoints is used from now on",
               {{"endpoints", absl::StrCat(endpoints->size())}});
  impl_->publishes->SetEndpointMerchants(MerchantsOf(*endpoints));
  impl_->leads->SetEndpoints(*endpoints);
  impl_->webhooks->SetEndpoints(*std::move(endpoints));
}

void HttpDoor::Shutdown() {
  if (impl_->server != nullptr) impl_->server->Shutdown();
  if (impl_->webhooks != nullptr) impl_->webhooks->Stop();
  if (impl_->leads != nullptr) impl_->leads->Stop();
  if (impl_->batches != nullptr) impl_->batches->Stop();
}

}  // namespace carnet
