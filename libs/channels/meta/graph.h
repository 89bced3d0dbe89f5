// Asking Meta's Graph for a lead: what is asked, and what the answer comes to.
#pragma once

#include <string>
#include <string_view>

namespace carnet::channels::meta {

// Where a lead is asked for. `graph_url` has no slash at its end.
std::string LeadUrl(std::string_view graph_url, std::string_view lead, std::string_view token);

struct GraphAnswer {
  enum class Kind {
    kLead,     // the body is the lead that was asked for
    kToken,    // the page's token does not, or no longer, open it: a person must see to that
    kTooMany,  // asked too often
    kFailed,   // anything else: worth asking again
  };
  Kind kind = Kind::kFailed;
  std::string why;  // for people; without Meta's own words, which may repeat the token
};
GraphAnswer JudgeLead(int http_status, std::string_view body, std::string_view lead);

}  // namespace carnet::channels::meta
