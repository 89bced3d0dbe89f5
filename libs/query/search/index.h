// The search index of one merchant: in memory, derived from the views, outside the compared key
// space. It is made anew by whoever asks first and brought up to date by the merchant's feed, so
// there is nothing to repair, nothing to back up, and nothing of an erased customer on a disk.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

#include "base/uuid.h"
#include "carnet/v1/customer_filter.pb.h"
#include "query/search/segment.h"
#include "view_store/view_store.h"

namespace carnet::query {

class Customers;

// What is asked, understood.
struct SearchQuery {
  // Each word must be found in one of these ways.
  struct Way {
    std::string term;  // with the letter of its kind
    bool nearly = false;
  };
  std::vector<std::vector<Way>> words;
  std::vector<std::string> exact;  // terms that must be there as they are
  bool archived = false;           // also those out of sight
  std::string unit;                // of the amounts
  std::optional<int64_t> min_balance;
  std::optional<int64_t> max_balance;
  std::optional<int32_t> bought_since;
  std::optional<int32_t> not_bought_since;
};

// Errors: INVALID_ARGUMENT(QUERY_MALFORMED, UNKNOWN_CURRENCY, DATE_MALFORMED, NAME_MALFORMED).
absl::StatusOr<SearchQuery> ParseSearch(std::string_view text,
                                        const carnet::v1::CustomerFilter& filter);

// Where a customer stands in an order: its value there (0 by name), its name and id.
struct SearchPlace {
  int64_t value = 0;
  std::string name;
  Uuid id;
};

// May be used from any thread.
class SearchIndex {
 public:
  // `customers` must outlive this.
  SearchIndex(const Customers* customers, std::string merchant)
      : customers_(customers), merchant_(std::move(merchant)) {}

  // Whether bringing it to this moment takes its time: it is not made yet, or much has happened.
  bool IsFarBehind(const view_store::Snapshot& snapshot) const;

  // Makes it, or brings it to this moment (or leaves it where it is further). Errors: the vault's.
  absl::Status CatchUp(const view_store::Snapshot& snapshot);

  // Up to `limit` customers after `after` in the order. `unit`: of the order's amounts.
  std::vector<SearchPlace> Find(const SearchQuery& query, carnet::v1::CustomerOrder order,
                                bool descending, std::string_view unit,
                                const std::optional<SearchPlace>& after, size_t limit) const;

  // The unit in which most customers have an account; empty: none has any.
  std::string UsualUnit() const;
  size_t size() const;

 private:
  struct At {
    Segment* segment;
    uint32_t place;
  };

  // A word that somebody has as it was typed is not guessed at. With mutex_ held.
  SearchQuery ForgivingOnlyWhereNeeded(SearchQuery query) const;
  absl::Status Make(const view_store::Snapshot& snapshot, uint64_t sequence);
  absl::Status Apply(const view_store::Snapshot& snapshot, uint64_t sequence);
  absl::Status MakeDoc(const view_store::Snapshot& snapshot, const Uuid& customer, SearchDoc* doc);
  // With both locks held.
  void Add(std::vector<SearchDoc> docs);
  void Append(std::unique_ptr<Segment> segment);
  void Remove(const Uuid& customer);

  const Customers* const customers_;
  const std::string merchant_;
  std::mutex writing_;  // taken first: by whoever changes it, for as long as that reads
  mutable std::shared_mutex mutex_;
  // Guarded by mutex_; whoever holds writing_ may read without.
  bool made_ = false;
  uint64_t sequence_ = 0;                           // of the last feed event that is in it
  std::vector<std::unique_ptr<Segment>> segments_;  // the largest first
  absl::flat_hash_map<std::string, At> places_;     // by customer's 16 bytes
};

}  // namespace carnet::query
