#include "tests/acceptance/channels/channels_fixture.h"

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "absl/strings/escaping.h"

#include "base/error.h"
#include "channels/adapter.h"
#include "channels/changes.h"
#include "channels/signature.h"
#include "runtime/test_http.h"

namespace carnet::acceptance {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::string ReadFixture(const std::string& path) {
  return ReadFile(std::string(CARNET_CHANNELS_FOLDER) + "/" + path);
}

ChannelsTest::ChannelsTest() { std::filesystem::create_directories(scratch_.path() + "/scratch"); }

void ChannelsTest::WriteEndpoints(const std::string& toml) const {
  const std::string next = endpoints_ + ".new";
  std::ofstream(next) << toml;
  chmod(next.c_str(), 0600);
  std::filesystem::rename(next, endpoints_);
}

void ChannelsTest::Start(const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"--http-addresses",      "127.0.0.1:0",
                                        "--http-endpoints-file", endpoints_,
                                        "--merchant-country",    "FR"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  carnetd_ = std::make_unique<CarnetdProcess>(data_, scratch_.path() + "/scratch", arguments);
  StartAgain();
}

void ChannelsTest::StartAgain() {
  carnetd_->Start();
  ASSERT_TRUE(carnetd_->WaitUntilServing()) << carnetd_->Messages();
  Connect();
}

void ChannelsTest::Connect() {
  customers_ = v1::CustomerService::NewStub(carnetd_->channel());
  std::string addresses = ReadFile(scratch_.path() + "/scratch/port");
  addresses.pop_back();
  http_ = addresses.substr(addresses.rfind('\n') + 1);
}

std::string ChannelsTest::Post(const std::string& path, const std::string& body,
                               const std::string& headers) const {
  runtime::TestConnection connection(http_);
  return connection.Call(runtime::PostText(path, body, headers));
}

std::string ChannelsTest::Deliver(const std::string& path, const std::string& secret,
                                  const std::string& body, const std::string& headers) const {
  const std::string mac = channels::HmacSha256(secret, body);
  std::string signature = "X-Hub-Signature-256: sha256=" + absl::BytesToHexString(mac);
  if (path.find("/shopify/") != std::string::npos)
    signature = "X-Shopify-Hmac-Sha256: " + runtime::Base64(mac);
  if (path.find("/kiotviet/") != std::string::npos)
    signature = "X-Hub-Signature: " + absl::BytesToHexString(mac);
  if (path.find("/woocommerce/") != std::string::npos)
    signature = "X-WC-Webhook-Signature: " + runtime::Base64(mac);
  return Post(path, body, headers + signature + "\r\n");
}

std::optional<v1::Customer> ChannelsTest::Find(const std::string& channel,
                                               const std::string& source,
                                               const std::string& id) const {
  v1::LookupCustomersRequest request;
  request.set_merchant("shop");
  request.mutable_external_id()->set_channel(channel);
  request.mutable_external_id()->set_source(source);
  request.mutable_external_id()->set_id(id);
  v1::LookupCustomersResponse response;
  const absl::Status status =
      Call(customers_.get(), &v1::CustomerService::Stub::LookupCustomers, request, &response);
  EXPECT_TRUE(status.ok()) << status;
  if (response.customers_size() == 0) return std::nullopt;
  return response.customers(0);
}

std::vector<v1::DeadLetter> ChannelsTest::UnusableDeliveries() const {
  const auto deliveries = v1::DeliveryService::NewStub(carnetd_->channel());
  v1::ListUnusableDeliveriesRequest request;
  request.set_merchant("shop");
  v1::ListUnusableDeliveriesResponse response;
  const absl::Status status = Call(
      deliveries.get(), &v1::DeliveryService::Stub::ListUnusableDeliveries, request, &response);
  EXPECT_TRUE(status.ok()) << status;
  return {response.dead_letters().begin(), response.dead_letters().end()};
}

std::vector<std::string> ChannelsTest::ChangesOf(const std::string& channel,
                                                 const std::string& source,
                                                 const std::string& topic,
                                                 const std::string& body) {
  channels::Delivery delivery;
  delivery.topic = topic;
  delivery.body = body;
  delivery.settings.source = source;
  const channels::Meaning meaning = channels::FindAdapter(channel)->read(delivery);
  std::vector<std::string> ids;
  for (const auto& change : channels::ChangesOf("shop", channel, delivery.settings, meaning))
    ids.push_back(change.id());
  return ids;
}

absl::StatusOr<v1::GetDeliveryResponse> ChannelsTest::Delivery(const std::string& change_id) const {
  const auto deliveries = v1::DeliveryService::NewStub(carnetd_->channel());
  v1::GetDeliveryRequest request;
  request.set_merchant("shop");
  request.set_change_id(change_id);
  v1::GetDeliveryResponse response;
  absl::Status status;
  WaitUntil(
      [&] {
        status =
            Call(deliveries.get(), &v1::DeliveryService::Stub::GetDelivery, request, &response);
        return ReasonOf(status) != "CHANGE_UNKNOWN";
      },
      "change " + change_id + " is known");
  if (!status.ok()) return status;
  return response;
}

v1::Customer ChannelsTest::Await(const std::string& channel, const std::string& source,
                                 const std::string& id) {
  std::optional<v1::Customer> found;
  WaitUntil(
      [&] {
        found = Find(channel, source, id);
        return found.has_value();
      },
      channel + "/" + source + "/" + id + " is there");
  return found.value_or(v1::Customer());
}

void ChannelsTest::WaitUntil(const std::function<bool()>& holds, const std::string& what) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(kPatienceSeconds);
  while (!holds()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << "not in time: " << what;
    std::this_thread::yield();
  }
}

}  // namespace carnet::acceptance
