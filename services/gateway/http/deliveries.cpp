#include "gateway/http/deliveries.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include <google/protobuf/util/time_util.h>

#include "access/grant.h"
#include "base/error.h"
#include "channels/changes.h"
#include "channels/order_builder.h"
#include "channels/signature.h"
#include "channels/values.h"

namespace carnet::gateway {
namespace {

// The delivery itself, to be read again by somebody or something that understands it.
v1::Change UnusableChange(const Endpoint& endpoint, const channels::Delivery& delivery,
                          const Unused& unused) {
  constexpr size_t kPiece = 4096;
  v1::Change change;
  change.set_id(channels::ChangeIdOf(endpoint.merchant, endpoint.adapter->name,
                                     endpoint.settings.source,
                                     absl::StrCat("unusable|", unused.reason, "|", unused.key, "|",
                                                  channels::Sha256Hex(delivery.body)))
                    .ToString());
  change.set_merchant(endpoint.merchant);
  change.set_channel(std::string(endpoint.adapter->name));
  change.set_source(endpoint.settings.source);
  change.set_intent(v1::INTENT_FACT);
  // One that waited is about then: who was forgotten since may stand in it. (Without that, what is
  // sent again is the same change.)
  if (delivery.has_waited) {
    *change.mutable_occurred_at() =
        google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(delivery.received_at_micros);
  }
  auto* letter = change.mutable_body()->mutable_unusable_delivery();
  letter->set_reason(unused.reason);
  letter->set_detail(channels::CutUtf8(unused.detail, 500));
  letter->set_topic(channels::CutUtf8(delivery.topic, 128));
  const std::string text =
      absl::Base64Escape(absl::string_view(delivery.body.data(), delivery.body.size()));
  for (size_t at = 0; at < text.size(); at += kPiece)
    letter->add_pieces()->set_plain(text.substr(at, kPiece));
  return change;
}

}  // namespace

void CountDelivery(runtime::Metrics* metrics, std::string_view channel, const std::string& result) {
  metrics
      ->AddCounter("carnet_gateway_deliveries_total",
                   "Deliveries of channels: taken, ignored, unusable (kept as dead letters), "
                   "refused (not signed), spooled, busy (told to send again).",
                   {{"channel", std::string(channel)}, {"result", result}})
      .Add();
}

void AddChanges(Publisher* publisher, runtime::Metrics* metrics, const Endpoint& endpoint,
                const channels::Meaning& meaning, const channels::Delivery& delivery,
                Publication* publication, Keeping* keeping) {
  std::vector<Unused> unused;
  for (const auto& part : meaning.unusable)
    unused.push_back({part.key, part.trouble.reason, part.trouble.detail});
  auto changes =
      channels::ChangesOf(endpoint.merchant, endpoint.adapter->name, endpoint.settings, meaning);
  // The signature has said whose they are; merchant, channel and source are the endpoint's.
  for (v1::Change& change : changes) {
    const std::string id = change.id();
    publisher->Add(*access::Anybody(), &change, publication, keeping);
    const auto& added = publication->changes.back();
    // Its form is bad in a way that the mapping does not know: kept, too.
    if (added.refused && absl::IsInvalidArgument(added.offset.status()))
      unused.push_back(
          {id, ReasonOf(added.offset.status()), std::string(added.offset.status().message())});
  }
  for (const Unused& one : unused)
    AddDeadLetter(publisher, metrics, endpoint, one, delivery, publication, keeping);
  // Without the bytes: they may tell who somebody is that is to be forgotten.
  channels::Delivery nameless;
  nameless.topic = delivery.topic;
  for (const auto& task : meaning.tasks) {
    AddDeadLetter(publisher, metrics, endpoint,
                  {task.key, task.trouble.reason, task.trouble.detail}, nameless, publication,
                  keeping);
  }
}

void Keep(const Publisher& publisher, const channels::Delivery& delivery, Keeping keeping,
          size_t first, Publication* publication) {
  log::v1::DeliveryContent content;
  content.set_topic(delivery.topic);
  content.set_url(delivery.url);
  // Adapters read no others; those of the connection may hold what is nobody's business.
  for (const auto& [name, value] : delivery.headers) {
    if (!name.starts_with("x-") && !name.starts_with("X-")) continue;
    auto* const header = content.add_headers();
    header->set_name(channels::LowerCase(name));
    header->set_value(value);
  }
  content.set_body(std::string(delivery.body));
  content.set_received_at_micros(delivery.received_at_micros);
  publisher.Keep(content, std::move(keeping), first, publication);
}

void AddDeadLetter(Publisher* publisher, runtime::Metrics* metrics, const Endpoint& endpoint,
                   const Unused& unused, const channels::Delivery& delivery,
                   Publication* publication, Keeping* keeping) {
  CountDelivery(metrics, endpoint.adapter->name, "unusable");
  v1::Change change = UnusableChange(endpoint, delivery, unused);
  publisher->Add(*access::Anybody(), &change, publication, keeping);
}

bool IsSettled(const Publication& publication) {
  return std::all_of(publication.changes.begin(), publication.changes.end(),
                     [](const Commit::Change& change) {
                       return change.offset.ok() || absl::IsInvalidArgument(change.offset.status());
                     });
}

}  // namespace carnet::gateway
