// Leads of Meta's forms. A notice carries ids only; the lead itself is asked for at the Graph, with
// the page's token, until it is there or too old.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "channels/meaning.h"
#include "gateway/clock.h"
#include "gateway/http/endpoint_table.h"
#include "gateway/http/spool.h"
#include "gateway/publisher.h"
#include "runtime/http_client.h"
#include "runtime/metrics.h"

namespace carnet::gateway {

// What a notice said is a file of the spool until the lead is in the log: so it survives kill -9.
// A lead that is fetched twice (its notice came again, or the file could not be removed in time)
// has one change id, and counts once.
//
// A lead that can't be had waits longer each time and holds up no other. Where the page's token is
// refused, or the Graph does not answer, the page waits as a whole. A refused token is said once a
// page, in the log and as a metric, until the page's leads come again.
//
// All functions may be called from any thread.
class Leads {
 public:
  struct Options {
    // Then what is known of it becomes a dead letter (LEAD_NOT_FETCHED).
    absl::Duration give_up_after = absl::Hours(7 * 24);
    absl::Duration first_pause = absl::Seconds(1);
    absl::Duration longest_pause = absl::Hours(1);          // of one lead
    absl::Duration longest_page_pause = absl::Minutes(15);  // of all leads of a page
    int at_once = 4;                                        // of one page
  };
  struct Parts {
    Publisher* publisher;
    Clock* clock;
    runtime::Metrics* metrics;
    Spool* spool;  // of its own
    std::unique_ptr<runtime::HttpClient> client;
    std::vector<Endpoint> endpoints;
  };
  // Begins with what is in the spool. All parts must outlive this, and what it has published be
  // answered before it goes.
  Leads(Parts parts, const Options& options);
  explicit Leads(Parts parts) : Leads(std::move(parts), Options()) {}
  ~Leads();
  Leads(const Leads&) = delete;
  Leads& operator=(const Leads&) = delete;

  // Durable when this returns; one that is waited for already is not taken twice. Errors: Spool's.
  absl::Status Remember(const Endpoint& endpoint, const channels::Fetch& fetch,
                        int64_t received_at_micros);

  // From now on these are those that there are: a new token is tried at once.
  void SetEndpoints(std::vector<Endpoint> endpoints);

  // Asks and publishes no more. To be called before the publisher's committer goes.
  void Stop();

  // How many are waited for.
  size_t size() const;

 private:
  class Publishing;
  struct Figures;
  struct Lead {
    uint64_t number = 0;  // of its file
    std::string path;     // of its endpoint
    std::string id;
    std::string page;
    int64_t received_at_micros = 0;
    int failures = 0;
  };
  struct Page {
    std::set<std::pair<absl::Time, uint64_t>> waiting;  // due when, number
    absl::Time not_before = absl::InfinitePast();
    int asking = 0;
    int failures = 0;  // of the page as a whole, one after the other
    bool refused = false;
    absl::Time said = absl::InfinitePast();  // that it is refused
  };
  using PageKey = std::pair<std::string, std::string>;  // path, page

  void Load();
  void Run();
  void Answered(uint64_t number, const absl::StatusOr<runtime::HttpAnswer>& answer);
  void Take(const Lead& lead, const Endpoint& endpoint, const std::string& body);
  void GiveUp(const Lead& lead, const Endpoint& endpoint, const std::string& why);
  // `result`: what came of it, for the metric; empty: it is not in the log yet.
  void Published(uint64_t number, const std::string& result);
  void Count(const std::string& result) const;

  // Under mutex_. What is due is asked for; when to look again; and those that can't be asked for.
  struct Unasked {
    std::vector<uint64_t> without_token;
    std::vector<std::pair<Lead, Endpoint>> too_old;  // of pages that wait
  };
  absl::Time AskForAllThatIsDue(Unasked* unasked);
  void Add(Lead lead);
  void Again(uint64_t number, absl::Duration pause);
  void PageWorks(const Lead& lead);
  void PageIsRefused(const Lead& lead, const Endpoint& endpoint, const std::string& why);
  void PausePage(const Lead& lead, absl::Duration at_least);
  bool IsTooOld(const Lead& lead) const;
  Page& PageOf(const Lead& lead) { return pages_[{lead.path, lead.page}]; }

  const Parts parts_;
  const Options options_;
  const std::shared_ptr<Figures> figures_;  // metrics are read for longer than this lives

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  bool stop_ = false;
  Endpoints endpoints_;
  std::map<uint64_t, Lead> leads_;
  std::set<std::pair<PageKey, std::string>> known_;  // ids of leads_
  std::map<PageKey, Page> pages_;

  std::thread thread_;  // last
};

}  // namespace carnet::gateway
