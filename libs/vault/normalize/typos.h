// Typing errors in e-mail addresses and web sites: what may have been meant. Never a refusal.
#pragma once

#include <string>
#include <string_view>

namespace carnet::vault {

// Whether a text has the form of a web site: a host with a dot, with or without http(s)://, port
// and path. Thread-safe.
bool IsWebSite(std::string_view typed);

// The same with a host that is one or two slips of the fingers away and that many people use
// ("léa@gmial.com" → "léa@gmail.com"), or with a top-level domain that exists ("…@shop.con" →
// "…@shop.com"), or without a comma for a dot. Empty: nothing comes to mind. Thread-safe.
//
// As mailcheck.js does it: a table of hosts that many people use, and the nearest of them by edit
// distance with transpositions (Damerau and Levenshtein).
std::string SuggestEmail(std::string_view typed);
std::string SuggestWebSite(std::string_view typed);

}  // namespace carnet::vault
