// The operator's file of endpoints: which channels deliver for whom, and what they sign with. It is
// read again when it changes.
//
//   [[endpoint]]
//   merchant = "maison-sen"
//   channel = "woocommerce"            # woocommerce, shopify, meta, kiotviet or square
//   source = "shop-1"
//   secrets = ["…"]                    # any of them signs: two while one is changed
//   unsigned = false                   # taken without a signature: the address alone is the secret
//   verify_token = "…"                 # Meta's handshake
//   public_url = "https://…"           # its own address: as the sender signs it (Square); where
//                                      # people ask after their wish to be forgotten (Meta)
//   graph_url = "https://graph.facebook.com/v24.0"   # Meta: where leads are asked for
//   page_tokens = { "5550001" = "…" }  # Meta: its pages, each with the token that opens its leads
//   country = "VN"                     # of phones without a country code
//   utc_offset_minutes = 420           # of clocks that write no zone
//   methods = { "my_gateway" = "transfer" }
//   pay_later = { "my_gateway" = true }
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace carnet::runtime {

// As written; what the words mean is the gateway's.
struct EndpointConfig {
  std::string merchant, channel, source;
  std::vector<std::string> secrets;
  bool is_unsigned = false;
  std::string verify_token, public_url, country;
  std::string graph_url = "https://graph.facebook.com";  // the oldest version that the app may call
  std::map<std::string, std::string> page_tokens;
  int64_t utc_offset_minutes = 0;
  std::map<std::string, std::string> methods;
  std::map<std::string, bool> pay_later;
};

// The file must be readable by nobody but its owner (mode 0600 or less). Errors, INVALID_ARGUMENT
// with file and line: CONFIG_UNREADABLE, CONFIG_MODE, CONFIG_MALFORMED, CONFIG_UNKNOWN_KEY,
// CONFIG_BAD_VALUE.
absl::StatusOr<std::vector<EndpointConfig>> LoadEndpoints(const std::string& path);

}  // namespace carnet::runtime
