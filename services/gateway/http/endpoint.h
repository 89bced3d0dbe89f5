// Who may deliver where: one endpoint for each merchant, channel and source.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "channels/adapter.h"

namespace carnet::gateway {

struct Endpoint {
  std::string merchant;
  const channels::Adapter* adapter = nullptr;  // never null
  channels::SourceSettings settings;           // its source is the endpoint's
  std::vector<std::string> secrets;            // any of them signs
  // Taken without a signature: only for a channel that was registered without a secret.
  bool unsigned_deliveries = false;
  std::string verify_token;  // Meta's handshake; empty: refused
  std::string public_url;    // as the sender signs it (Square), or people see it (Meta)
  // Meta: where leads are asked for, without a slash at the end; and the pages that are this
  // endpoint's, by id, with the token that opens each one's leads.
  std::string graph_url;
  std::map<std::string, std::string> page_tokens;
};

}  // namespace carnet::gateway
