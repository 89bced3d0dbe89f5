// An adapter against any bytes: it ends, says something, and what it says can be published or is
// refused by name. CARNET_FUZZ_CHANNEL names the adapter.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "channels/adapter.h"
#include "channels/changes.h"
#include "channels/trial.h"
#include "domain/form.h"

namespace {

using carnet::channels::Adapter;
using carnet::channels::Delivery;

// One of each that a channel's code tells apart.
constexpr std::string_view kTopics[] = {"",
                                        "customer.updated",
                                        "customer.deleted",
                                        "order.updated",
                                        "order.deleted",
                                        "order.restored",
                                        "customers/update",
                                        "customers/redact",
                                        "customers/merge",
                                        "customers_email_marketing_consent/update",
                                        "orders/updated",
                                        "orders/delete",
                                        "refunds/create",
                                        "order_transactions/create",
                                        "page/leadgen",
                                        "GET /{leadgen_id}",
                                        "invoice.update",
                                        "customer.delete",
                                        "payment.updated",
                                        "invoice.payment_made",
                                        "customers_marketing_consent/update",
                                        "GET /customers",
                                        "GET /orders"};

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Adapter* const adapter = carnet::channels::FindAdapter(CARNET_FUZZ_CHANNEL);
  if (size == 0) return 0;
  Delivery delivery;
  delivery.topic = std::string(kTopics[data[0] % std::size(kTopics)]);
  delivery.body = {reinterpret_cast<const char*>(data) + 1, size - 1};
  delivery.received_at_micros = int64_t{1'800'000'000} * 1'000'000;
  delivery.settings.source = "shop";
  // Nobody can sign without the secret.
  const std::vector<std::string> secrets = {"a secret"};
  const bool is_ping = delivery.body.find("webhook_id=") != std::string_view::npos;
  Require(is_ping || !adapter->is_signed(delivery, secrets));

  const auto meaning = adapter->read(delivery);
  Require(!meaning.says_nothing() || !meaning.ignored.empty());
  auto changes = carnet::channels::ChangesOf("shop", adapter->name, delivery.settings, meaning);
  for (auto& change : changes) {
    // In minor units already, and never negative.
    auto* body = change.mutable_body();
    carnet::domain::DropEmptyValues(body);
    carnet::v1::Preconditions none;
    carnet::domain::CanonicalizeAmounts(body, &none);
    carnet::domain::CheckBody(*body, change.intent(), none);
    Require(!change.id().empty() && change.SerializeAsString().size() < 64 * (size + 4096));
  }
  // What it would post adds up without overflow.
  carnet::channels::Trial(adapter).Try(delivery);
  return 0;
}
