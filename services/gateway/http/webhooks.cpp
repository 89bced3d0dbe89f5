#include "gateway/http/webhooks.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "access/grant.h"
#include "base/error.h"
#include "base/uuid.h"
#include "channels/changes.h"
#include "channels/order_builder.h"
#include "channels/signature.h"
#include "domain/form.h"
#include "gateway/http/delivery_codec.h"
#include "runtime/logging.h"

namespace carnet::gateway {
namespace {

using runtime::HttpRequest;
using runtime::HttpRespond;
using runtime::HttpResponse;

// Whether a sender that hears "later" never sends again (or stops for good).
bool NeverSendsAgain(std::string_view channel) {
  return channel == "woocommerce" || channel == "kiotviet";
}

// What a sender without a right hears.
int RefusalStatus(std::string_view channel) {
  if (channel == "kiotviet") return 200;  // any 4xx ends its deliveries; nothing is stored
  return channel == "meta" || channel == "square" ? 403 : 401;
}

// What a delivery meant that no change says yet, or that could not be taken as it was.
struct Unused {
  std::string key;
  std::string reason;
  std::string detail;
};

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

std::string QueryValue(const std::string& query, std::string_view name) {
  const std::string wanted = absl::StrCat(std::string(name), "=");
  size_t at = 0;
  while (at < query.size()) {
    const size_t end = std::min(query.find('&', at), query.size());
    const std::string part = query.substr(at, end - at);
    if (part.starts_with(wanted)) {
      std::string value;
      for (size_t i = wanted.size(); i < part.size(); ++i) {
        if (part[i] == '%' && i + 2 < part.size()) {
          const auto byte =
              channels::DecodeHex(channels::LowerCase(std::string_view(part).substr(i + 1, 2)));
          value += byte.value_or("");
          i += 2;
        } else {
          value += part[i] == '+' ? ' ' : part[i];
        }
      }
      return value;
    }
    at = end + 1;
  }
  return {};
}

std::string PathOf(const Endpoint& endpoint) {
  return absl::StrCat("/v1/", endpoint.merchant, "/", std::string(endpoint.adapter->name), "/",
                      endpoint.settings.source);
}

}  // namespace

// A delivery on its way into the log, answered once: by the log, or when its sender's patience
// ends.
struct Webhooks::Taken {
  const Endpoint* endpoint = nullptr;
  channels::Delivery delivery;  // its body points to `body`
  std::string body;
  HttpRespond respond;
  std::atomic<bool> answered{false};

  bool Answer(HttpResponse response) {
    if (answered.exchange(true)) return false;
    respond(std::move(response));
    return true;
  }
};

// Whether nothing of it can be lost any more: it is in the log, or no try would ever get it there.
static bool IsSettled(const Commit::Change& change) {
  return change.offset.ok() || absl::IsInvalidArgument(change.offset.status());
}

class Webhooks::Publishing final : public Publication {
 public:
  Publishing(Webhooks* webhooks, std::shared_ptr<Taken> taken)
      : webhooks_(webhooks), taken_(std::move(taken)) {}

  void HoldBytes() {
    held_ = bytes();
    webhooks_->parts_.bytes->Take(held_);
  }

  void Answer() override {
    webhooks_->parts_.bytes->Give(held_);
    const bool durable = std::all_of(changes.begin(), changes.end(), IsSettled);
    if (!durable) return webhooks_->TooSlow(taken_);
    if (taken_->Answer({.status = 200})) {
      webhooks_->Count(taken_->endpoint->adapter->name, "taken");
    }
  }

 private:
  Webhooks* const webhooks_;
  const std::shared_ptr<Taken> taken_;
  size_t held_ = 0;
};

Webhooks::Webhooks(Parts parts)
    : parts_(std::move(parts)),
      nobody_{.adapter = channels::FindAdapter("shopify"), .secrets = {Uuid::Random().ToString()}},
      deadlines_(std::make_unique<Deadlines>()) {
  for (const Endpoint& endpoint : parts_.endpoints) by_path_[PathOf(endpoint)] = &endpoint;
  if (parts_.spool != nullptr) drain_ = std::thread([this] { Drain(); });
}

Webhooks::~Webhooks() { Stop(); }

void Webhooks::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  spooled_.notify_all();
  if (drain_.joinable()) drain_.join();
  deadlines_.reset();
}

void Webhooks::Count(std::string_view channel, const std::string& result) const {
  parts_.metrics
      ->AddCounter("carnet_gateway_deliveries_total",
                   "Deliveries of channels: taken, ignored, unusable (kept as dead letters), "
                   "refused (not signed), spooled, busy (told to send again).",
                   {{"channel", std::string(channel)}, {"result", result}})
      .Add();
}

const Endpoint* Webhooks::Find(const std::string& path, std::string* channel) const {
  // The channel's name decides how a refusal is worded, whether there is such an endpoint or not.
  const size_t first = path.find('/', 4);
  if (first != std::string::npos) {
    const std::string name = path.substr(first + 1, path.find('/', first + 1) - first - 1);
    if (channels::FindAdapter(name) != nullptr) *channel = name;
  }
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : found->second;
}

void Webhooks::Refuse(const std::string& channel, const HttpRespond& respond) const {
  Count(channel.empty() ? "unknown" : channel, "refused");
  if (channel == "kiotviet") {
    runtime::Log(runtime::LogLevel::kWarning,
                 "a delivery was not signed: it is answered as taken, and dropped",
                 {{"channel", channel}});
  }
  respond({.status = channel.empty() ? 404 : RefusalStatus(channel)});
}

void Webhooks::HandleGet(const Endpoint* endpoint, const HttpRequest& request,
                         const HttpRespond& respond) const {
  const Endpoint& asked = endpoint == nullptr ? nobody_ : *endpoint;
  const std::string token = QueryValue(request.query, "hub.verify_token");
  // Compared by hash: the length of the right one does not show either.
  const bool right =
      channels::SameBytes(channels::Sha256Hex(token), channels::Sha256Hex(asked.verify_token)) &&
      !asked.verify_token.empty();
  if (!right || QueryValue(request.query, "hub.mode") != "subscribe")
    return respond({.status = 403});
  respond({.status = 200, .body = QueryValue(request.query, "hub.challenge")});
}

void Webhooks::Handle(HttpRequest request, HttpRespond respond) {
  std::string channel;
  const Endpoint* const endpoint = Find(request.path, &channel);
  if (request.method == "GET" && channel == "meta") return HandleGet(endpoint, request, respond);
  if (request.method != "POST") return respond({.status = channel.empty() ? 404 : 405});
  if (channel.empty()) return Refuse(channel, respond);

  const Endpoint& asked = endpoint == nullptr ? nobody_ : *endpoint;
  channels::Delivery delivery;
  delivery.headers = std::move(request.headers);
  delivery.url = asked.public_url;
  delivery.body = request.body;
  delivery.received_at_micros = parts_.clock->NowMicros();
  delivery.settings = asked.settings;
  // The same work for whoever is not known, so that the time of the answer tells nothing.
  const channels::Adapter& adapter = *channels::FindAdapter(channel);
  const bool authentic = adapter.is_signed(delivery, asked.secrets) ||
                         (endpoint != nullptr && asked.unsigned_deliveries);
  if (!authentic) return Refuse(channel, respond);
  // Only a ping counts as signed for an unknown endpoint, and it says nothing.
  if (endpoint == nullptr) return respond({.status = 200});
  Take(*endpoint, std::move(delivery), std::move(request.body), std::move(respond));
}

void Webhooks::Take(const Endpoint& endpoint, channels::Delivery delivery, std::string body,
                    HttpRespond respond) {
  auto taken = std::make_shared<Taken>();
  taken->endpoint = &endpoint;
  taken->delivery = std::move(delivery);
  taken->body = std::move(body);
  taken->delivery.body = taken->body;
  taken->respond = std::move(respond);
  const bool spools = parts_.spool != nullptr && NeverSendsAgain(endpoint.adapter->name);
  // Behind what waits already: a shop's news stay in their order.
  if (spools && !parts_.spool->empty()) return TooSlow(taken);

  const channels::Meaning meaning = endpoint.adapter->read(taken->delivery);
  for (const std::string& alert : meaning.alerts) {
    runtime::Log(runtime::LogLevel::kWarning, "a channel says something that a person should see",
                 {{"merchant", endpoint.merchant},
                  {"channel", std::string(endpoint.adapter->name)},
                  {"source", endpoint.settings.source},
                  {"what", alert}});
  }
  if (meaning.says_nothing()) {
    Count(endpoint.adapter->name, "ignored");
    taken->Answer({.status = 200});
    return;
  }
  // Room for a change of about that size; what waits in the log already keeps it.
  if (!parts_.bytes->TryTake(taken->body.size())) return TooSlow(taken);
  auto publication = std::make_unique<Publishing>(this, taken);
  Publish(endpoint, meaning, taken->delivery, publication.get());
  publication->HoldBytes();
  parts_.bytes->Give(taken->body.size());
  deadlines_->After(parts_.patience, [this, weak = std::weak_ptr<Taken>(taken)] {
    if (const auto late = weak.lock(); late && !late->answered) TooSlow(late);
  });
  parts_.publisher->Publish(std::move(publication));
}

void Webhooks::Publish(const Endpoint& endpoint, const channels::Meaning& meaning,
                       const channels::Delivery& delivery, Publication* publication) const {
  std::vector<Unused> unused;
  for (const auto& part : meaning.unusable)
    unused.push_back({part.key, part.trouble.reason, part.trouble.detail});
  for (const auto& fetch : meaning.fetches)
    unused.push_back({fetch.key, "TO_BE_FETCHED", absl::StrCat("lead ", fetch.id)});
  channels::Changes changes =
      channels::ChangesOf(endpoint.merchant, endpoint.adapter->name, endpoint.settings, meaning);
  for (const std::string& left_out : changes.left_out)
    unused.push_back({left_out, "NOT_SUPPORTED", left_out});
  // The signature has said whose they are; merchant, channel and source are the endpoint's.
  for (v1::Change& change : changes.changes) {
    const std::string id = change.id();
    parts_.publisher->Add(*access::Anybody(), &change, publication);
    const auto& added = publication->changes.back();
    // Its form is bad in a way that the mapping does not know: kept, too.
    if (added.refused && absl::IsInvalidArgument(added.offset.status()))
      unused.push_back(
          {id, ReasonOf(added.offset.status()), std::string(added.offset.status().message())});
  }
  for (const Unused& one : unused) {
    Count(endpoint.adapter->name, "unusable");
    v1::Change change = UnusableChange(endpoint, delivery, one);
    parts_.publisher->Add(*access::Anybody(), &change, publication);
  }
}

void Webhooks::TooSlow(const std::shared_ptr<Taken>& taken) {
  if (taken->answered) return;
  const std::string_view channel = taken->endpoint->adapter->name;
  if (parts_.spool != nullptr && NeverSendsAgain(channel)) {
    // Sent to the log again later: it counts once, whichever way it gets there.
    const absl::Status spooled =
        parts_.spool->Add(EncodeDelivery(PathOf(*taken->endpoint), taken->delivery));
    if (spooled.ok()) {
      if (taken->Answer({.status = 200})) Count(channel, "spooled");
      spooled_.notify_all();
      return;
    }
    runtime::Log(runtime::LogLevel::kError, "a delivery can be kept neither in the log nor on disk",
                 {{"channel", std::string(channel)}, {"why", ReasonOf(spooled)}});
  }
  if (taken->Answer({.status = 503, .retry_after_seconds = 5})) Count(channel, "busy");
}

// Oldest first, each until the log has it.
void Webhooks::Drain() {
  absl::Duration pause = absl::Milliseconds(100);
  while (true) {
    {
      std::unique_lock lock(mutex_);
      const auto wanted = [this] { return stop_ || !parts_.spool->empty(); };
      if (!wanted()) spooled_.wait_for(lock, std::chrono::seconds(1), wanted);
      if (stop_) return;
    }
    const auto oldest = parts_.spool->Oldest();
    if (!oldest) continue;
    if (PublishAgain(oldest->content)) {
      parts_.spool->Remove(oldest->number);
      pause = absl::Milliseconds(100);
      continue;
    }
    std::unique_lock lock(mutex_);
    spooled_.wait_for(lock, absl::ToChronoMilliseconds(pause), [this] { return stop_; });
    pause = std::min(pause * 2, absl::Seconds(5));
  }
}

bool Webhooks::PublishAgain(const std::string& content) {
  class Again final : public Publication {
   public:
    explicit Again(std::promise<bool>* done) : done_(done) {}
    void Answer() override {
      done_->set_value(std::all_of(changes.begin(), changes.end(), IsSettled));
    }

   private:
    std::promise<bool>* const done_;
  };
  std::string path;
  std::string body;
  channels::Delivery delivery;
  std::string channel;
  if (!DecodeDelivery(content, &path, &delivery, &body)) return true;  // nothing to be read in it
  const Endpoint* const endpoint = Find(path, &channel);
  if (endpoint == nullptr) {
    runtime::Log(runtime::LogLevel::kError,
                 "a spooled delivery waits for its endpoint, which is not configured any more",
                 {{"path", path}});
    return false;
  }
  delivery.settings = endpoint->settings;
  std::promise<bool> done;
  auto future = done.get_future();
  auto publication = std::make_unique<Again>(&done);
  Publish(*endpoint, endpoint->adapter->read(delivery), delivery, publication.get());
  if (publication->changes.empty()) return true;
  parts_.publisher->Publish(std::move(publication));
  return future.get();
}

}  // namespace carnet::gateway
