// Searching customers, and ranking them by what they bought.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

#include "carnet/v1/customer_service.pb.h"
#include "query/customers.h"
#include "query/search/index.h"
#include "query/view.h"

namespace carnet::query {

// May be used from any thread.
class CustomerSearch {
 public:
  // `customers` must outlive this.
  explicit CustomerSearch(const Customers* customers) : customers_(customers) {}

  // Whether a search would first have to read all of the merchant's customers (20 µs each), or many
  // of them: do it in a thread that may take its time.
  bool IsSlow(const view_store::Snapshot& snapshot, std::string_view merchant);

  // Errors: INVALID_ARGUMENT(NAME_MALFORMED, QUERY_MALFORMED, UNKNOWN_CURRENCY, DATE_MALFORMED,
  // PAGE_SIZE, PAGE_TOKEN_MALFORMED); the vault's.
  absl::Status Search(const View& view, const carnet::v1::SearchCustomersRequest& request,
                      carnet::v1::SearchCustomersResponse* response);

  // The next customers found, by name, after `after` (none: the first), which becomes the last
  // one's: about `count` of them, handed to `visit`. False: there are no more. Errors as Search().
  absl::StatusOr<bool> NextMany(const view_store::Snapshot& snapshot, const std::string& merchant,
                                std::string_view query, const carnet::v1::CustomerFilter& filter,
                                std::optional<SearchPlace>* after, size_t count,
                                const std::function<void(carnet::v1::Customer*)>& visit);

  // Reads all vouchers of the period: takes its time. Errors: INVALID_ARGUMENT(NAME_MALFORMED,
  // UNKNOWN_CURRENCY, DATE_MALFORMED, PAGE_SIZE).
  absl::Status Rank(const View& view, const carnet::v1::RankCustomersRequest& request,
                    carnet::v1::RankCustomersResponse* response) const;

 private:
  SearchIndex* IndexOf(std::string_view merchant);
  // What the index does not know: it follows policy, or consents.
  bool PassesCard(const view_store::Snapshot& snapshot, const std::string& merchant,
                  const carnet::v1::CustomerFilter& filter, const carnet::v1::Customer& card) const;

  const Customers* const customers_;
  std::mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<SearchIndex>> indexes_;  // guarded by mutex_
};

}  // namespace carnet::query
