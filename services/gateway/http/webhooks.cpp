#include "gateway/http/webhooks.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/uuid.h"
#include "channels/signature.h"
#include "channels/values.h"
#include "gateway/http/deliveries.h"
#include "gateway/http/delivery_codec.h"
#include "gateway/http/leads.h"
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

// A delivery on its way into the log, answered once: by the log, or when its sender's patience
// ends.
struct Webhooks::Taken {
  Endpoints endpoints;  // as they were when it came
  const Endpoint* endpoint = nullptr;
  channels::Delivery delivery;  // its body points to `body`
  std::string body;
  HttpRespond respond;
  std::string answer;  // what the sender wants to hear beside 200: JSON, nearly always nothing
  std::atomic<bool> answered{false};

  HttpResponse Yes() const {
    if (answer.empty()) return {.status = 200};
    return {.status = 200, .body = answer, .content_type = "application/json"};
  }

  bool Answer(HttpResponse response) {
    if (answered.exchange(true)) return false;
    respond(std::move(response));
    return true;
  }
};

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
  deadlines_->After(parts_.patience, [this, weak = std::weak_ptr<Taken>(taken)] {
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
  const auto add = [&](const Endpoint& owner, const channels::Meaning& part) {
    AddChanges(parts_.publisher, parts_.metrics, owner, part, delivery, publication);
  };
  if (!endpoints.names_pages()) return add(endpoint, meaning);
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
}

void Webhooks::TooSlow(const std::shared_ptr<Taken>& taken) {
  if (taken->answered) return;
  const std::string_view channel = taken->endpoint->adapter->name;
  if (parts_.spool != nullptr && NeverSendsAgain(channel)) {
    // Sent to the log again later: it counts once, whichever way it gets there.
    const absl::Status spooled =
        parts_.spool->Add(EncodeDelivery(PathOf(*taken->endpoint), taken->delivery)).status();
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

// What is published at once of the spool: many, so that it empties faster than it fills, however
// fast that is.
constexpr size_t kSpoolEntries = 256;
constexpr uint64_t kSpoolBytes = uint64_t{4} << 20;

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
    const auto oldest = parts_.spool->Oldest(kSpoolEntries, kSpoolBytes);
    if (oldest.empty()) continue;
    const size_t done = PublishAgain(oldest);
    for (size_t i = 0; i < done; ++i) parts_.spool->Remove(oldest[i].number);
    if (done > 0) {
      pause = absl::Milliseconds(100);
      continue;
    }
    std::unique_lock lock(mutex_);
    spooled_.wait_for(lock, absl::ToChronoMilliseconds(pause), [this] { return stop_; });
    pause = std::min(pause * 2, absl::Seconds(5));
  }
}

size_t Webhooks::PublishAgain(const std::vector<Spool::Entry>& entries) {
  class Again final : public Publication {
   public:
    explicit Again(std::promise<bool>* done) : done_(done) {}
    void Answer() override { done_->set_value(IsSettled(*this)); }

   private:
    std::promise<bool>* const done_;
  };
  std::promise<bool> done;
  auto future = done.get_future();
  auto publication = std::make_unique<Again>(&done);
  const Endpoints endpoints = Now();
  size_t count = 0;
  for (const Spool::Entry& entry : entries) {
    std::string path;
    std::string body;
    channels::Delivery delivery;
    if (DecodeDelivery(entry.content, &path, &delivery, &body)) {
      const Endpoint* const endpoint = endpoints->Find(path);
      if (endpoint == nullptr) {
        runtime::Log(runtime::LogLevel::kError,
                     "a spooled delivery waits for its endpoint, which is not configured any more",
                     {{"path", path}});
        break;
      }
      delivery.settings = endpoint->settings;
      Publish(*endpoints, *endpoint, endpoint->adapter->read(delivery), delivery,
              publication.get());
    }  // else nothing is to be read in it
    ++count;
  }
  if (publication->changes.empty()) return count;
  parts_.publisher->Publish(std::move(publication));
  return future.get() ? count : 0;
}

}  // namespace carnet::gateway
