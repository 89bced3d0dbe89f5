#include "gateway/http/webhooks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/uuid.h"
#include "channels/signature.h"
#include "channels/values.h"
#include "gateway/http/deliveries.h"
#include "gateway/http/leads.h"
#include "gateway/http/taken.h"
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

// The channel that a path names, whether there is such an endpoint or not; empty: none.
std::string ChannelOf(const std::string& path) {
  const size_t first = path.find('/', 4);
  if (first == std::string::npos) return {};
  std::string name = path.substr(first + 1, path.find('/', first + 1) - first - 1);
  return channels::FindAdapter(name) == nullptr ? std::string() : name;
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

}  // namespace

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
    if (!IsSettled(*this)) return webhooks_->TooSlow(taken_);
    if (taken_->Answer(taken_->Yes())) {
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
  SetEndpoints(parts_.endpoints);
  if (parts_.spool == nullptr) return;
  spooler_ = std::thread([this] { RunSpooler(); });
  drain_ = std::thread([this] { Drain(); });
}

Webhooks::~Webhooks() { Stop(); }

void Webhooks::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  spooled_.notify_all();
  to_spool_.notify_all();
  if (drain_.joinable()) drain_.join();
  deadlines_.reset();
  if (spooler_.joinable()) spooler_.join();
}

void Webhooks::Count(std::string_view channel, const std::string& result) const {
  CountDelivery(parts_.metrics, channel, result);
}

Endpoints Webhooks::Now() const {
  const std::lock_guard lock(mutex_);
  return endpoints_;
}

void Webhooks::SetEndpoints(std::vector<Endpoint> endpoints) {
  auto table = std::make_shared<const EndpointTable>(std::move(endpoints));
  const std::lock_guard lock(mutex_);
  endpoints_ = std::move(table);
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
  // Somebody asks after their wish to be forgotten; the answer is the same for whatever they ask.
  if (!QueryValue(request.query, "deletion").empty()) {
    return respond(
        {.status = 200, .body = "A request of this kind is done by people, within a month.\n"});
  }
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
  // It decides how a refusal is worded.
  const std::string channel = ChannelOf(request.path);
  Endpoints endpoints = Now();
  const Endpoint* const endpoint = endpoints->Find(request.path);
  if (request.method == "GET" && channel == "meta") return HandleGet(endpoint, request, respond);
  if (request.method != "POST") return respond({.status = channel.empty() ? 404 : 405});
  if (channel.empty()) return Refuse(channel, respond);

  const Endpoint& asked = endpoint == nullptr ? nobody_ : *endpoint;
  channels::Delivery delivery;
  delivery.headers = std::move(request.headers);
  delivery.url = asked.public_url;
  // It deletes products as it deletes customers: only the address tells which.
  if (channel == "kiotviet") delivery.topic = QueryValue(request.query, "topic");
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
  auto taken = std::make_shared<Taken>();
  taken->endpoints = std::move(endpoints);
  taken->endpoint = endpoint;
  taken->delivery = std::move(delivery);
  taken->body = std::move(request.body);
  taken->delivery.body = taken->body;
  taken->respond = std::move(respond);
  Take(std::move(taken));
}

void Webhooks::Take(std::shared_ptr<Taken> taken) {
  const Endpoint& endpoint = *taken->endpoint;
  const bool spools = Spools(endpoint);
  if (spools && HasSpooled()) return TooSlow(taken);

  const channels::Meaning meaning = endpoint.adapter->read(taken->delivery);
  for (const std::string& alert : meaning.alerts) {
    runtime::Log(runtime::LogLevel::kWarning, "a channel says something that a person should see",
                 {{"merchant", endpoint.merchant},
                  {"channel", std::string(endpoint.adapter->name)},
                  {"source", endpoint.settings.source},
                  {"what", alert}});
  }
  taken->answer = meaning.answer;
  if (meaning.says_nothing() && meaning.tasks.empty()) {
    Count(endpoint.adapter->name, "ignored");
    taken->Answer(taken->Yes());
    return;
  }
  if (!meaning.fetches.empty() && !RememberLeads(*taken, meaning)) return TooSlow(taken);
  // Room for a change of about that size; what waits in the log already keeps it.
  if (!parts_.bytes->TryTake(taken->body.size())) return TooSlow(taken);
  auto publication = std::make_unique<Publishing>(this, taken);
  Publish(*taken->endpoints, endpoint, meaning, taken->delivery, publication.get());
  publication->HoldBytes();
  parts_.bytes->Give(taken->body.size());
  if (publication->changes.empty()) return publication->Answer();  // leads alone
  deadlines_->After(spools ? parts_.spool_patience : parts_.patience,
                    [this, weak = std::weak_ptr<Taken>(taken)] {
                      if (const auto late = weak.lock(); late && !late->answered) TooSlow(late);
                    });
  parts_.publisher->Publish(std::move(publication));
}

bool Webhooks::RememberLeads(const Taken& taken, const channels::Meaning& meaning) const {
  for (const channels::Fetch& fetch : meaning.fetches) {
    const Endpoint& owner =
        taken.endpoints->OwnerOf(fetch.account, *taken.endpoint, taken.delivery);
    const absl::Status kept =
        parts_.leads->Remember(owner, fetch, taken.delivery.received_at_micros);
    if (kept.ok()) continue;
    runtime::Log(runtime::LogLevel::kError, "a lead's notice can't be kept on disk",
                 {{"why", ReasonOf(kept)}});
    return false;
  }
  return true;
}

void Webhooks::Publish(const EndpointTable& endpoints, const Endpoint& endpoint,
                       const channels::Meaning& meaning, const channels::Delivery& delivery,
                       Publication* publication) const {
  Keeping keeping;
  const auto add = [&](const Endpoint& owner, const channels::Meaning& part) {
    AddChanges(parts_.publisher, parts_.metrics, owner, part, delivery, publication, &keeping);
  };
  const size_t first = publication->changes.size();
  if (!endpoints.names_pages()) {
    add(endpoint, meaning);
    return Keep(*parts_.publisher, delivery, std::move(keeping), first, publication);
  }
  channels::Meaning own = meaning;
  std::map<const Endpoint*, channels::Meaning> others;
  const auto is_other = [&](const channels::Item& item) {
    const Endpoint& owner = endpoints.OwnerOf(item.account, endpoint, delivery);
    if (&owner == &endpoint) return false;
    others[&owner].items.push_back(item);
    return true;
  };
  std::erase_if(own.items, is_other);
  add(endpoint, own);
  for (const auto& [owner, part] : others) add(*owner, part);
  Keep(*parts_.publisher, delivery, std::move(keeping), first, publication);
}

bool Webhooks::Spools(const Endpoint& endpoint) const {
  return parts_.spool != nullptr && NeverSendsAgain(endpoint.adapter->name);
}

void Webhooks::TooSlow(const std::shared_ptr<Taken>& taken) {
  if (taken->answered) return;
  if (!Spools(*taken->endpoint)) return Busy(taken);
  // Sent to the log again later: it counts once, whichever way it gets there.
  if (taken->spooled.exchange(true)) return;
  {
    const std::lock_guard lock(mutex_);
    ++spooling_;
    if (!stop_) waiting_for_spool_.push_back(taken);
    if (!stop_) return to_spool_.notify_one();
  }
  SpoolTogether({taken});
}

void Webhooks::Busy(const std::shared_ptr<Taken>& taken) const {
  if (taken->Answer({.status = 503, .retry_after_seconds = 5}))
    Count(taken->endpoint->adapter->name, "busy");
}

}  // namespace carnet::gateway
