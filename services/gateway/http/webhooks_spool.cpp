// What of Webhooks has to do with the spool: into it, and out of it into the log.
#include <algorithm>
#include <future>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "gateway/http/deliveries.h"
#include "gateway/http/delivery_codec.h"
#include "gateway/http/taken.h"
#include "gateway/http/webhooks.h"
#include "runtime/logging.h"

namespace carnet::gateway {
namespace {

// What is written at once.
constexpr size_t kBundleBytes = size_t{1} << 20;
// What is published at once of the spool: much, so that it empties faster than it fills, however
// fast that is.
constexpr size_t kSpoolEntries = 256;
constexpr uint64_t kSpoolBytes = uint64_t{4} << 20;

}  // namespace

bool Webhooks::HasSpooled() const {
  {
    const std::lock_guard lock(mutex_);
    if (spooling_ > 0) return true;
  }
  return !parts_.spool->empty();
}

void Webhooks::RunSpooler() {
  std::unique_lock lock(mutex_);
  while (true) {
    to_spool_.wait(lock, [this] { return stop_ || !waiting_for_spool_.empty(); });
    if (waiting_for_spool_.empty()) return;
    std::vector<std::shared_ptr<Taken>> group;
    size_t bytes = 0;
    while (!waiting_for_spool_.empty() && (group.empty() || bytes < kBundleBytes)) {
      bytes += waiting_for_spool_.front()->body.size();
      group.push_back(std::move(waiting_for_spool_.front()));
      waiting_for_spool_.pop_front();
    }
    lock.unlock();
    SpoolTogether(group);
    lock.lock();
  }
}

void Webhooks::SpoolTogether(const std::vector<std::shared_ptr<Taken>>& group) {
  std::string bundle;
  for (const auto& taken : group) {
    if (!taken->answered)
      AddToBundle(EncodeDelivery(PathOf(*taken->endpoint), taken->delivery), &bundle);
  }
  const absl::Status spooled =
      bundle.empty() ? absl::OkStatus() : parts_.spool->Add(bundle).status();
  if (!spooled.ok()) {
    runtime::Log(runtime::LogLevel::kError, "deliveries can be kept neither in the log nor on disk",
                 {{"deliveries", absl::StrCat(group.size())}, {"why", ReasonOf(spooled)}});
  }
  {
    const std::lock_guard lock(mutex_);
    spooling_ -= group.size();
  }
  spooled_.notify_all();
  for (const auto& taken : group) {
    if (!spooled.ok()) {
      Busy(taken);
    } else if (taken->Answer({.status = 200})) {
      Count(taken->endpoint->adapter->name, "spooled");
    }
  }
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
    const auto oldest = parts_.spool->Oldest(kSpoolEntries, kSpoolBytes);
    if (oldest.empty()) continue;
    if (PublishAgain(oldest)) {
      pause = absl::Milliseconds(100);
      continue;
    }
    std::unique_lock lock(mutex_);
    spooled_.wait_for(lock, absl::ToChronoMilliseconds(pause), [this] { return stop_; });
    pause = std::min(pause * 2, absl::Seconds(5));
  }
}

bool Webhooks::PublishAgain(const std::vector<Spool::Entry>& entries) {
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
  std::vector<uint64_t> unreadable;
  for (const Spool::Entry& entry : entries) {
    std::string_view bundle = entry.content;
    bool is_readable = true;
    while (!bundle.empty()) {
      std::string encoded;
      const bool has_one = TakeFromBundle(&bundle, &encoded);
      if (!has_one || !PublishAgain(encoded, *endpoints, publication.get())) is_readable = false;
      if (!has_one) break;
    }
    if (!is_readable) unreadable.push_back(entry.number);
  }
  if (!publication->changes.empty()) {
    parts_.publisher->Publish(std::move(publication));
    if (!future.get()) return false;
  }
  for (const uint64_t number : unreadable) parts_.spool->SetAside(number);
  for (const Spool::Entry& entry : entries) parts_.spool->Remove(entry.number);
  return true;
}

bool Webhooks::PublishAgain(const std::string& encoded, const EndpointTable& endpoints,
                            Publication* publication) const {
  std::string path;
  std::string body;
  channels::Delivery delivery;
  if (!DecodeDelivery(encoded, &path, &delivery, &body)) return false;
  if (const Endpoint* const endpoint = endpoints.Find(path); endpoint != nullptr) {
    delivery.settings = endpoint->settings;
    Publish(endpoints, *endpoint, endpoint->adapter->read(delivery), delivery, publication);
    return true;
  }
  // Nobody knows any more how it is to be read; those behind it don't wait for that.
  const auto gone = EndpointThatWas(path);
  if (!gone) return false;
  runtime::Log(runtime::LogLevel::kError,
               "a spooled delivery's endpoint is not configured any more: it is kept as a dead "
               "letter",
               {{"path", path}});
  AddDeadLetter(parts_.publisher, parts_.metrics, *gone,
                {.key = path,
                 .reason = "ENDPOINT_GONE",
                 .detail = "it was taken in, and its endpoint was taken out of the endpoints file "
                           "before the log had it"},
                delivery, publication);
  return true;
}

}  // namespace carnet::gateway
