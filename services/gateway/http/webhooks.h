// The doors through which channels deliver: POST /v1/{merchant}/{channel}/{source}.
//
// A delivery is answered when what it means is durable. Whoever is not known, or does not sign,
// gets the same answer whatever is behind the door. What is authentic and can't be used is kept,
// with its bytes, as a dead letter, and answered as taken: senders end or repeat what they hear
// refused.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"

#include "gateway/clock.h"
#include "gateway/http/deadlines.h"
#include "gateway/http/endpoint_table.h"
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
    // How long a sender waits for the log before it is told to send again.
    absl::Duration patience = absl::Milliseconds(500);
    // The same for one that never sends again, before it is spooled: nothing is lost by that, and
    // what comes behind need not wait at all.
    absl::Duration spool_patience = absl::Milliseconds(60);
  };
  // All parts must outlive this, and what it has published be answered before it goes.
  explicit Webhooks(Parts parts);
  ~Webhooks();
  Webhooks(const Webhooks&) = delete;
  Webhooks& operator=(const Webhooks&) = delete;

  // An HttpHandler.
  void Handle(runtime::HttpRequest request, runtime::HttpRespond respond);

  // From now on these are those that there are; what was taken in before goes on with the others.
  void SetEndpoints(std::vector<Endpoint> endpoints);

  // Publishes no more from the spool. To be called before the publisher's committer goes.
  void Stop();

 private:
  struct Taken;
  class Publishing;

  Endpoints Now() const;
  void HandleGet(const Endpoint* endpoint, const runtime::HttpRequest& request,
                 const runtime::HttpRespond& respond) const;
  void Refuse(const std::string& channel, const runtime::HttpRespond& respond) const;
  void Take(std::shared_ptr<Taken> taken);
  // Durable when this returns; false: it can't be.
  bool RememberLeads(const Taken& taken, const channels::Meaning& meaning) const;
  void Publish(const EndpointTable& endpoints, const Endpoint& endpoint,
               const channels::Meaning& meaning, const channels::Delivery& delivery,
               Publication* publication) const;
  bool Spools(const Endpoint& endpoint) const;
  // What comes now must wait in the spool too, so that a shop's news stay in their order.
  bool HasSpooled() const;
  void TooSlow(const std::shared_ptr<Taken>& taken);
  void Busy(const std::shared_ptr<Taken>& taken) const;
  // Writes what is to be spooled, in groups: one wait for the disk for all that came meanwhile.
  void RunSpooler();
  void SpoolTogether(const std::vector<std::shared_ptr<Taken>>& group);
  void Drain();
  // Takes entries off the spool once nothing of them can be lost any more; false: it still can.
  bool PublishAgain(const std::vector<Spool::Entry>& entries);
  // Adds what one delivery means; false: nobody can read it.
  bool PublishAgain(const std::string& encoded, const EndpointTable& endpoints,
                    Publication* publication) const;
  void Count(std::string_view channel, const std::string& result) const;

  const Parts parts_;
  const Endpoint nobody_;  // what is computed for whoever is not known

  std::unique_ptr<Deadlines> deadlines_;
  mutable std::mutex mutex_;
  std::condition_variable to_spool_;
  std::condition_variable spooled_;
  // Guarded by mutex_.
  bool stop_ = false;
  Endpoints endpoints_;
  std::deque<std::shared_ptr<Taken>> waiting_for_spool_;
  size_t spooling_ = 0;  // these, and those that are being written

  // Last.
  std::thread spooler_;
  std::thread drain_;
};

}  // namespace carnet::gateway
