// Reading customers: who they are, over all their source records.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/uuid.h"
#include "carnet/v1/customer_service.pb.h"
#include "query/policies.h"
#include "query/view.h"
#include "vault/lookup.h"
#include "vault/opener.h"

namespace carnet::query {

// The service's reads, each from one moment of the views. May be used from any thread. The comments
// of customer_service.proto say what is answered. `response` must be empty; after an error it is
// not to be used.
class Customers {
 public:
  // How phones without a country code are read where neither the request nor policy says so.
  using CountryOf = std::function<std::string(std::string_view merchant)>;

  // Both must outlive this. `country_of` may be empty.
  Customers(const vault::Opener* opener, const vault::Lookup* lookup,
            CountryOf country_of = nullptr)
      : opener_(opener), lookup_(lookup), country_of_(std::move(country_of)) {}

  // Errors: INVALID_ARGUMENT(NAME_MALFORMED), NOT_FOUND(CUSTOMER_UNKNOWN).
  absl::Status Get(const View& view, const carnet::v1::GetCustomerRequest& request,
                   carnet::v1::GetCustomerResponse* response) const;

  // Errors: INVALID_ARGUMENT(NAME_MALFORMED, LOOKUP_KEY_MISSING, EXTERNAL_ID_MALFORMED). Text that
  // is no phone or e-mail finds nobody. Of more than 100 customers found, the first 100 by source
  // record are shown.
  absl::Status Lookup(const View& view, const carnet::v1::LookupCustomersRequest& request,
                      carnet::v1::LookupCustomersResponse* response) const;

  // Errors: INVALID_ARGUMENT(NAME_MALFORMED, PAGE_SIZE, PAGE_TOKEN_MALFORMED),
  // FAILED_PRECONDITION(PAGE_TOKEN_EXPIRED).
  absl::Status List(const View& view, const carnet::v1::ListCustomersRequest& request,
                    carnet::v1::ListCustomersResponse* response) const;

  // Fills an empty card. `customer`: an oldest member. Errors: as Get(), the opener's.
  absl::Status Fill(const view_store::Snapshot& snapshot, std::string_view merchant,
                    const Uuid& customer, carnet::v1::CustomerView view,
                    carnet::v1::Customer* card) const;

  // For each field of a customer all that was ever said of it, and why one of it is on the card.
  // Errors: as Get(); INVALID_ARGUMENT(FIELD_UNKNOWN).
  absl::Status Explain(const View& view, const carnet::v1::ExplainCustomerRequest& request,
                       carnet::v1::ExplainCustomerResponse* response) const;

  // What a customer's card had in its fields when the merchant's change `number` was the newest, as
  // far as it is known: a value that was only said again later is missing. Errors: the opener's.
  absl::StatusOr<carnet::v1::Contact> ContactAsOf(const view_store::Snapshot& snapshot,
                                                  std::string_view merchant, const Uuid& customer,
                                                  uint64_t number) const;

  // A customer as it stands in the views.
  struct Rows {
    Uuid id;
    std::string record;
    std::string account;  // of that record; empty: it has none
  };

  // The next customers by id after `last` (none: the first), which becomes the last one's: up to
  // `count` of them. False: there are no more.
  bool NextRows(const view_store::Snapshot& snapshot, std::string_view merchant,
                std::optional<Uuid>* last, size_t count, std::vector<Rows>* rows) const;

  // The card of one of them, values alone (see CardParts): where its rows do not say it all.
  absl::Status FillFromRows(const view_store::Snapshot& snapshot, std::string_view merchant,
                            const Rows& rows, const vault::KeyBatch& keys,
                            carnet::v1::Customer* card) const;

  const vault::Opener& opener() const { return *opener_; }

  // Today's policy.
  std::shared_ptr<const carnet::log::v1::PolicyRow> PolicyOf(const view_store::Snapshot& snapshot,
                                                             std::string_view merchant) const {
    return policies_.Of(snapshot, merchant);
  }
  // The country in which its phones are read where nobody says so; may be empty.
  std::string CountryIn(const view_store::Snapshot& snapshot, std::string_view merchant) const;

  // Calls `visit` for the ids of all customers, in order, until it returns false.
  void ForEachId(const view_store::Snapshot& snapshot, std::string_view merchant,
                 const std::function<bool(const Uuid&)>& visit) const;

  // The next customer by id after `last` (none: the first), for reading all of them one by one;
  // `last` becomes its id. False: there are no more.
  absl::StatusOr<bool> Next(const view_store::Snapshot& snapshot, std::string_view merchant,
                            std::optional<Uuid>* last, carnet::v1::Customer* customer) const;

 private:
  const vault::Opener* const opener_;
  const vault::Lookup* const lookup_;
  const CountryOf country_of_;
  mutable Policies policies_;
};

}  // namespace carnet::query
