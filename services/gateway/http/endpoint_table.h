// All endpoints as they stood at one moment.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "channels/meaning.h"
#include "gateway/http/endpoint.h"

namespace carnet::gateway {

// "/v1/{merchant}/{channel}/{source}".
std::string PathOf(const Endpoint& endpoint);
// Whose it was, where there is no such endpoint any more: merchant, channel and source, nothing
// else. Nothing for what no endpoint's path can be.
std::optional<Endpoint> EndpointThatWas(std::string_view path);

// Never changes: who works with an endpoint holds on to its table.
class EndpointTable {
 public:
  explicit EndpointTable(std::vector<Endpoint> endpoints);
  EndpointTable(const EndpointTable&) = delete;
  EndpointTable& operator=(const EndpointTable&) = delete;

  const Endpoint* Find(std::string_view path) const;  // null: there is none

  // An app has one address for all its pages, whosever they are: a page that another endpoint names
  // is that one's, if the delivery is signed as that one wants it.
  const Endpoint& OwnerOf(const std::string& page, const Endpoint& endpoint,
                          const channels::Delivery& delivery) const;
  bool names_pages() const { return !by_page_.empty(); }

 private:
  const std::vector<Endpoint> endpoints_;
  std::map<std::string, const Endpoint*, std::less<>> by_path_;
  std::multimap<std::string, const Endpoint*, std::less<>> by_page_;
};

using Endpoints = std::shared_ptr<const EndpointTable>;

}  // namespace carnet::gateway
