// From what an authentic delivery means to changes on their way into the log.
#pragma once

#include <string>
#include <string_view>

#include "channels/meaning.h"
#include "gateway/http/endpoint.h"
#include "gateway/publisher.h"
#include "runtime/metrics.h"

namespace carnet::gateway {

// `result` is one of those that the metric's help lists.
void CountDelivery(runtime::Metrics* metrics, std::string_view channel, const std::string& result);

// Adds the changes that a delivery means to `publication`. What no change says, or what is refused
// for its form, is added as a dead letter with the delivery's bytes; tasks as one without. Fetches
// are not looked at. `keeping`: for Keep().
void AddChanges(Publisher* publisher, runtime::Metrics* metrics, const Endpoint& endpoint,
                const channels::Meaning& meaning, const channels::Delivery& delivery,
                Publication* publication, Keeping* keeping);

// Keeps the delivery as it came with the changes that were made of it: those of `publication` from
// `first` on.
void Keep(const Publisher& publisher, const channels::Delivery& delivery, Keeping keeping,
          size_t first, Publication* publication);

// Adds a delivery as a dead letter. `key`, with the reason and the bytes, is its identity.
struct Unused {
  std::string key;
  std::string reason;
  std::string detail;
};
void AddDeadLetter(Publisher* publisher, runtime::Metrics* metrics, const Endpoint& endpoint,
                   const Unused& unused, const channels::Delivery& delivery,
                   Publication* publication, Keeping* keeping = nullptr);

// Whether nothing of it can be lost any more: it is in the log, or no try would ever get it there.
bool IsSettled(const Publication& publication);

}  // namespace carnet::gateway
