#include "gateway/http/endpoint_table.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "domain/form.h"

namespace carnet::gateway {

std::string PathOf(const Endpoint& endpoint) {
  return absl::StrCat("/v1/", endpoint.merchant, "/", std::string(endpoint.adapter->name), "/",
                      endpoint.settings.source);
}

std::optional<Endpoint> EndpointThatWas(std::string_view path) {
  const std::vector<std::string> parts =
      absl::StrSplit(absl::string_view(path.data(), path.size()), '/');
  if (parts.size() != 5 || parts[1] != "v1" || !domain::IsName(parts[2]) ||
      !domain::IsName(parts[4])) {
    return std::nullopt;
  }
  Endpoint endpoint;
  endpoint.merchant = parts[2];
  endpoint.adapter = channels::FindAdapter(parts[3]);
  endpoint.settings.source = parts[4];
  if (endpoint.adapter == nullptr) return std::nullopt;
  return endpoint;
}

EndpointTable::EndpointTable(std::vector<Endpoint> endpoints) : endpoints_(std::move(endpoints)) {
  for (const Endpoint& endpoint : endpoints_) {
    by_path_[PathOf(endpoint)] = &endpoint;
    for (const auto& [page, token] : endpoint.page_tokens) by_page_.emplace(page, &endpoint);
  }
}

const Endpoint* EndpointTable::Find(std::string_view path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : found->second;
}

const Endpoint& EndpointTable::OwnerOf(const std::string& page, const Endpoint& endpoint,
                                       const channels::Delivery& delivery) const {
  if (page.empty() || endpoint.page_tokens.contains(page)) return endpoint;
  const auto [first, last] = by_page_.equal_range(page);
  for (auto at = first; at != last; ++at) {
    const Endpoint& other = *at->second;
    if (other.adapter == endpoint.adapter && other.adapter->is_signed(delivery, other.secrets))
      return other;
  }
  return endpoint;
}

}  // namespace carnet::gateway
