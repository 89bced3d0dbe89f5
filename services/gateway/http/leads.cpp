#include "gateway/http/leads.h"

#include <pthread.h>

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/error.h"
#include "channels/json_writer.h"
#include "channels/meta/graph.h"
#include "gateway/http/deliveries.h"
#include "gateway/http/delivery_codec.h"
#include "runtime/logging.h"

namespace carnet::gateway {
namespace {

using channels::meta::GraphAnswer;
using channels::meta::JudgeLead;
using runtime::Log;
using runtime::LogLevel;

constexpr char kLeadHeader[] = "lead";
constexpr char kPageHeader[] = "page";
// What a page's people are told again while nothing changes.
constexpr absl::Duration kSayAgainAfter = absl::Hours(24);
// How much longer than after any other failure a page waits that was asked too often.
constexpr int kTooManyFactor = 30;

absl::Duration Doubled(absl::Duration first, int failures, absl::Duration most) {
  return std::min(most, first * (int64_t{1} << std::clamp(failures - 1, 0, 30)));
}

// What is kept of a notice, and stays behind where the lead never comes.
channels::Delivery Notice(const std::string& id, const std::string& page, int64_t received_at) {
  channels::Delivery notice;
  notice.topic = "leadgen";
  notice.headers = {{kLeadHeader, id}, {kPageHeader, page}};
  notice.received_at_micros = received_at;
  notice.has_waited = true;
  return notice;
}

std::string NoticeBody(const std::string& id, const std::string& page) {
  return channels::ObjectWriter().AddText("leadgen_id", id).AddText("page_id", page).Take();
}

}  // namespace

struct Leads::Figures {
  std::mutex mutex;
  size_t waiting = 0;                                // guarded by mutex
  std::map<PageKey, runtime::MetricLabels> refused;  // guarded by mutex
};

// A lead, or what is left of it, on its way into the log.
class Leads::Publishing final : public Publication {
 public:
  Publishing(Leads* leads, uint64_t number, std::string result)
      : leads_(leads), number_(number), result_(std::move(result)) {}

  void Answer() override { leads_->Published(number_, IsSettled(*this) ? result_ : ""); }

 private:
  Leads* const leads_;
  const uint64_t number_;
  const std::string result_;
};

Leads::Leads(Parts parts, const Options& options)
    : parts_(std::move(parts)), options_(options), figures_(std::make_shared<Figures>()) {
  SetEndpoints(parts_.endpoints);
  parts_.metrics->AddGauge("carnet_gateway_leads_waiting",
                           "Leads that Meta told of and that are not fetched yet.",
                           [figures = figures_] {
                             const std::lock_guard lock(figures->mutex);
                             return std::vector<runtime::Metrics::Sample>{
                                 {.value = static_cast<double>(figures->waiting)}};
                           });
  parts_.metrics->AddGauge("carnet_gateway_page_token_refused",
                           "1 for each page whose access token opens no leads: they wait.",
                           [figures = figures_] {
                             const std::lock_guard lock(figures->mutex);
                             std::vector<runtime::Metrics::Sample> samples;
                             for (const auto& [page, labels] : figures->refused)
                               samples.push_back({labels, 1});
                             return samples;
                           });
  Load();
  thread_ = std::thread([this] { Run(); });
}

Leads::~Leads() { Stop(); }

void Leads::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  parts_.client->Stop();
}

void Leads::SetEndpoints(std::vector<Endpoint> endpoints) {
  auto table = std::make_shared<const EndpointTable>(std::move(endpoints));
  {
    const std::lock_guard lock(mutex_);
    endpoints_ = std::move(table);
    for (auto& [key, page] : pages_) page.not_before = absl::InfinitePast();
  }
  changed_.notify_all();
}

void Leads::Count(const std::string& result) const {
  parts_.metrics
      ->AddCounter("carnet_gateway_lead_fetches_total",
                   "Leads asked for: taken, ignored (tests), failed (asked for again), token (the "
                   "page's token is refused), given_up (kept as dead letters).",
                   {{"result", result}})
      .Add();
}

size_t Leads::size() const {
  const std::lock_guard lock(mutex_);
  return leads_.size();
}

void Leads::Load() {
  const std::lock_guard lock(mutex_);
  for (const Spool::Entry& entry : parts_.spool->Oldest(SIZE_MAX, UINT64_MAX)) {
    Lead lead{.number = entry.number};
    channels::Delivery notice;
    std::string body;
    if (!DecodeDelivery(entry.content, &lead.path, &notice, &body)) continue;
    lead.id = notice.Header(kLeadHeader);
    lead.page = notice.Header(kPageHeader);
    lead.received_at_micros = notice.received_at_micros;
    if (endpoints_->Find(lead.path) == nullptr) {
      Log(LogLevel::kError, "a lead waits for its endpoint, which is not configured any more",
          {{"path", lead.path}, {"lead", lead.id}});
    }
    Add(std::move(lead));
  }
}

absl::Status Leads::Remember(const Endpoint& endpoint, const channels::Fetch& fetch,
                             int64_t received_at_micros) {
  Lead lead{.path = PathOf(endpoint),
            .id = fetch.id,
            .page = fetch.account,
            .received_at_micros = received_at_micros};
  // Two at once are two files; the lead counts once all the same.
  {
    const std::lock_guard lock(mutex_);
    if (known_.contains({{lead.path, lead.page}, lead.id})) return absl::OkStatus();
  }
  channels::Delivery notice = Notice(lead.id, lead.page, received_at_micros);
  const std::string body = NoticeBody(lead.id, lead.page);
  notice.body = body;
  const auto number = parts_.spool->Add(EncodeDelivery(lead.path, notice));
  if (!number.ok()) return number.status();
  lead.number = *number;
  {
    const std::lock_guard lock(mutex_);
    Add(std::move(lead));
  }
  changed_.notify_all();
  return absl::OkStatus();
}

void Leads::Add(Lead lead) {
  known_.insert({{lead.path, lead.page}, lead.id});
  PageOf(lead).waiting.insert(
      {absl::UnixEpoch() + absl::Microseconds(lead.received_at_micros), lead.number});
  leads_[lead.number] = std::move(lead);
  const std::lock_guard lock(figures_->mutex);
  figures_->waiting = leads_.size();
}

void Leads::Run() {
  pthread_setname_np(pthread_self(), "leads");
  std::unique_lock lock(mutex_);
  while (!stop_) {
    Unasked unasked;
    const absl::Time next = AskForAllThatIsDue(&unasked);
    if (!unasked.without_token.empty() || !unasked.too_old.empty()) {
      lock.unlock();
      for (const uint64_t number : unasked.without_token) {
        Answered(number, Error(absl::StatusCode::kFailedPrecondition, "NO_TOKEN",
                               "no access token of the page is configured (page_tokens)"));
      }
      for (const auto& [lead, endpoint] : unasked.too_old)
        GiveUp(lead, endpoint, "its page could not be asked");
      lock.lock();
      continue;
    }
    if (next == absl::InfiniteFuture()) {
      changed_.wait(lock);
    } else {
      changed_.wait_for(lock, absl::ToChronoNanoseconds(next - absl::Now()));
    }
  }
}

absl::Time Leads::AskForAllThatIsDue(Unasked* unasked) {
  const absl::Time now = absl::Now();
  absl::Time next = absl::InfiniteFuture();
  for (auto& [key, page] : pages_) {
    // One alone finds out whether a page works again.
    const int at_once = page.failures > 0 ? 1 : options_.at_once;
    const Endpoint* const endpoint = endpoints_->Find(key.first);
    if (endpoint == nullptr) continue;
    // One a pause is asked for: what is too old meanwhile does not wait for its turn.
    for (auto at = page.waiting.begin(); page.failures > 0 && at != page.waiting.end();) {
      const Lead& lead = leads_.at(at->second);
      if (!IsTooOld(lead)) {
        ++at;
        continue;
      }
      ++page.asking;
      unasked->too_old.emplace_back(lead, *endpoint);
      at = page.waiting.erase(at);
    }
    while (page.asking < at_once && !page.waiting.empty()) {
      const auto [due, number] = *page.waiting.begin();
      if (const absl::Time from = std::max(due, page.not_before); from > now) {
        next = std::min(next, from);
        break;
      }
      page.waiting.erase(page.waiting.begin());
      ++page.asking;
      const auto token = endpoint->page_tokens.find(key.second);
      if (token == endpoint->page_tokens.end()) {
        unasked->without_token.push_back(number);
        break;
      }
      const std::string url =
          channels::meta::LeadUrl(endpoint->graph_url, leads_.at(number).id, token->second);
      parts_.client->Get(url,
                         [this, number = number](const auto& answer) { Answered(number, answer); });
    }
  }
  return next;
}

void Leads::Answered(uint64_t number, const absl::StatusOr<runtime::HttpAnswer>& answer) {
  std::unique_lock lock(mutex_);
  if (stop_) return;
  const Lead lead = leads_.at(number);
  const Endpoints endpoints = endpoints_;
  const Endpoint* const found = endpoints->Find(lead.path);
  if (found == nullptr) return Again(number, absl::ZeroDuration());  // taken out meanwhile
  const Endpoint& endpoint = *found;
  GraphAnswer judged;
  if (answer.ok()) {
    judged = JudgeLead(answer->status, answer->body, lead.id);
  } else {
    judged.why = std::string(answer.status().message());
    if (absl::IsFailedPrecondition(answer.status())) judged.kind = GraphAnswer::Kind::kToken;
  }
  if (judged.kind == GraphAnswer::Kind::kLead) {
    PageWorks(lead);
    lock.unlock();
    return Take(lead, endpoint, answer->body);
  }

  const bool token = judged.kind == GraphAnswer::Kind::kToken;
  Count(token ? "token" : "failed");
  Log(LogLevel::kDebug, "a lead could not be fetched",
      {{"lead", lead.id}, {"page", lead.page}, {"why", judged.why}});
  // Where the page waits, the lead only goes behind the others.
  absl::Duration pause;
  if (token) {
    PageIsRefused(lead, endpoint, judged.why);
    PausePage(lead, absl::ZeroDuration());
  } else if (judged.kind == GraphAnswer::Kind::kTooMany) {
    PausePage(lead, std::max(options_.first_pause * kTooManyFactor,
                             absl::Seconds(answer->retry_after_seconds)));
  } else if (!answer.ok()) {
    PausePage(lead, absl::ZeroDuration());
  } else {
    pause = Doubled(options_.first_pause, ++leads_.at(number).failures, options_.longest_pause);
  }
  if (IsTooOld(lead)) {
    lock.unlock();
    return GiveUp(lead, endpoint, judged.why);
  }
  Again(number, pause);
}

void Leads::Again(uint64_t number, absl::Duration pause) {
  Page& page = PageOf(leads_.at(number));
  --page.asking;
  page.waiting.insert({absl::Now() + pause, number});
  changed_.notify_all();
}

bool Leads::IsTooOld(const Lead& lead) const {
  return absl::Microseconds(parts_.clock->NowMicros() - lead.received_at_micros) >=
         options_.give_up_after;
}

void Leads::PausePage(const Lead& lead, absl::Duration at_least) {
  Page& page = PageOf(lead);
  ++page.failures;
  const absl::Duration pause =
      std::max(at_least, Doubled(options_.first_pause, page.failures, options_.longest_page_pause));
  page.not_before = std::max(page.not_before, absl::Now() + pause);
}

void Leads::PageWorks(const Lead& lead) {
  Page& page = PageOf(lead);
  page.failures = 0;
  page.not_before = absl::InfinitePast();
  if (!page.refused) return;
  page.refused = false;
  Log(LogLevel::kInfo, "a page's leads can be fetched again", {{"page", lead.page}});
  const std::lock_guard lock(figures_->mutex);
  figures_->refused.erase({lead.path, lead.page});
}

void Leads::PageIsRefused(const Lead& lead, const Endpoint& endpoint, const std::string& why) {
  Page& page = PageOf(lead);
  page.refused = true;
  {
    const std::lock_guard lock(figures_->mutex);
    figures_->refused[{lead.path, lead.page}] = {
        {"merchant", endpoint.merchant}, {"source", endpoint.settings.source}, {"page", lead.page}};
  }
  if (absl::Now() - page.said < kSayAgainAfter) return;
  page.said = absl::Now();
  Log(LogLevel::kError,
      "a page's access token does not open its leads: they wait for seven days at most; put a new "
      "one into the endpoints file",
      {{"merchant", endpoint.merchant},
       {"source", endpoint.settings.source},
       {"page", lead.page},
       {"why", why}});
}

void Leads::Take(const Lead& lead, const Endpoint& endpoint, const std::string& body) {
  channels::Delivery delivery;
  delivery.topic = "GET /" + lead.id;
  delivery.body = body;
  delivery.received_at_micros = lead.received_at_micros;
  delivery.settings = endpoint.settings;
  const channels::Meaning meaning = endpoint.adapter->read(delivery);
  if (meaning.says_nothing()) return Published(lead.number, "ignored");
  auto publication = std::make_unique<Publishing>(this, lead.number, "taken");
  Keeping keeping;
  AddChanges(parts_.publisher, parts_.metrics, endpoint, meaning, delivery, publication.get(),
             &keeping);
  Keep(*parts_.publisher, delivery, std::move(keeping), 0, publication.get());
  parts_.publisher->Publish(std::move(publication));
}

void Leads::GiveUp(const Lead& lead, const Endpoint& endpoint, const std::string& why) {
  channels::Delivery notice = Notice(lead.id, lead.page, lead.received_at_micros);
  const std::string body = NoticeBody(lead.id, lead.page);
  notice.body = body;
  auto publication = std::make_unique<Publishing>(this, lead.number, "given_up");
  AddDeadLetter(parts_.publisher, parts_.metrics, endpoint,
                {.key = "meta|leadgen|" + lead.id,
                 .reason = "LEAD_NOT_FETCHED",
                 .detail = absl::StrCat("lead ", lead.id, " of page ", lead.page,
                                        " could not be fetched for too long: ", why)},
                notice, publication.get());
  parts_.publisher->Publish(std::move(publication));
}

void Leads::Published(uint64_t number, const std::string& result) {
  Count(result.empty() ? "failed" : result);
  const std::lock_guard lock(mutex_);
  Lead& lead = leads_.at(number);
  if (result.empty()) {
    Again(number, Doubled(options_.first_pause, ++lead.failures, options_.longest_page_pause));
    return;
  }
  parts_.spool->Remove(number);
  --PageOf(lead).asking;
  known_.erase({{lead.path, lead.page}, lead.id});
  leads_.erase(number);
  changed_.notify_all();
  const std::lock_guard figures_lock(figures_->mutex);
  figures_->waiting = leads_.size();
}

}  // namespace carnet::gateway
