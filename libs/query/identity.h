// Reading who is the same customer: suggestions, reasons, previews.
#pragma once

#include "absl/status/status.h"

#include "carnet/v1/identity_service.pb.h"
#include "query/customers.h"
#include "query/view.h"

namespace carnet::query {

// The service's reads, each from one moment of the views. May be used from any thread. The comments
// of identity_service.proto say what is answered. `response` must be empty; after an error it is
// not to be used. Errors of all: INVALID_ARGUMENT(NAME_MALFORMED), NOT_FOUND(CUSTOMER_UNKNOWN).
class Identity {
 public:
  // Must outlive this.
  explicit Identity(const Customers* customers) : customers_(customers) {}

  // Errors also: INVALID_ARGUMENT(PAGE_SIZE).
  absl::Status Suggestions(const View& view, const carnet::v1::ListSuggestionsRequest& request,
                           carnet::v1::ListSuggestionsResponse* response) const;
  static absl::Status ExplainLinks(const View& view, const carnet::v1::ExplainLinksRequest& request,
                                   carnet::v1::ExplainLinksResponse* response);
  // Previews fold the change for themselves, into nothing that is kept: what they say is what the
  // write would do.
  static absl::Status PreviewLink(const View& view, const carnet::v1::PreviewLinkRequest& request,
                                  carnet::v1::PreviewLinkResponse* response);
  static absl::Status PreviewUnlink(const View& view,
                                    const carnet::v1::PreviewUnlinkRequest& request,
                                    carnet::v1::PreviewUnlinkResponse* response);

 private:
  const Customers* const customers_;
};

}  // namespace carnet::query
