// The doors through which channels deliver: POST /v1/{merchant}/{channel}/{source}.
//
// A delivery is answered when what it means is durable. Whoever is not known, or does not sign,
// gets the same answer whatever is behind the door. What is authentic and can't be used is kept,
// with its bytes, as a dead letter, and answered as taken: senders end or repeat what they hear
// refused.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"

#include "gateway/clock.h"
#include "gateway/http/deadlines.h"
#include "gateway/http/endpoint.h"
#include "gateway/http/spool.h"
#include "gateway/publisher.h"
#include "runtime/byte_budget.h"
#include "runtime/http_server.h"
#include "runtime/metrics.h"

namespace carnet::gateway {

class Leads;

class Webhooks {
 public:
  struct Parts {
    Publisher* publisher;
    Clock* clock;
    runtime::Metrics* metrics;
    Spool* spool;                // null: channels that never send again are told to (503)
    Leads* leads;                // what channels only tell the id of
    runtime::ByteBudget* bytes;  // of changes that the log has not answered
    std::vector<Endpoint> endpoints;
    // How long a sender waits for the log. Then it is spooled, or told to send again.
    absl::Duration patience = absl::Seconds(2);
  };
  // All parts must outlive this, and what it has published be answered before it goes.
  explicit Webhooks(Parts parts);
  ~Webhooks();
  Webhooks(const Webhooks&) = delete;
  Webhooks& operator=(const Webhooks&) = delete;

  // An HttpHandler.
  void Handle(runtime::HttpRequest request, runtime::HttpRespond respond);

  // Publishes no more from the spool. To be called before the publisher's committer goes.
  void Stop();

 private:
  struct Taken;
  class Publishing;

  const Endpoint* Find(const std::string& path, std::string* channel) const;
  void HandleGet(const Endpoint* endpoint, const runtime::HttpRequest& request,
                 const runtime::HttpRespond& respond) const;
  void Refuse(const std::string& channel, const runtime::HttpRespond& respond) const;
  const Endpoint& OwnerOf(const std::string& page, const Endpoint& endpoint,
                          const channels::Delivery& delivery) const;
  // Durable when this returns; false: it can't be.
  bool RememberLeads(const Endpoint& endpoint, const channels::Meaning& meaning,
                     const channels::Delivery& delivery) const;
  void Take(const Endpoint& endpoint, channels::Delivery delivery, std::string body,
            runtime::HttpRespond respond);
  void Publish(const Endpoint& endpoint, const channels::Meaning& meaning,
               const channels::Delivery& delivery, Publication* publication) const;
  void TooSlow(const std::shared_ptr<Taken>& taken);
  void Drain();
  bool PublishAgain(const std::string& content);
  void Count(std::string_view channel, const std::string& result) const;

  const Parts parts_;
  std::map<std::string, const Endpoint*, std::less<>> by_path_;
  std::multimap<std::string, const Endpoint*, std::less<>> by_page_;
  const Endpoint nobody_;  // what is computed for whoever is not known

  std::unique_ptr<Deadlines> deadlines_;
  std::mutex mutex_;
  std::condition_variable spooled_;
  bool stop_ = false;  // guarded by mutex_
  std::thread drain_;  // last
};

}  // namespace carnet::gateway
