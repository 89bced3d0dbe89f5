#include "vault/normalize/typos.h"

#include <algorithm>
#include <array>
#include <vector>

#include "vault/normalize/email.h"
#include "vault/normalize/fold.h"

namespace carnet::vault {
namespace {

// Hosts at which most people have their mailbox, here and around.
constexpr std::array<std::string_view, 44> kMailHosts = {
    "gmail.com",       "yahoo.com",      "hotmail.com",    "outlook.com",  "icloud.com",
    "live.com",        "msn.com",        "aol.com",        "me.com",       "gmx.com",
    "protonmail.com",  "proton.me",      "mail.com",       "ymail.com",    "googlemail.com",
    "orange.fr",       "free.fr",        "wanadoo.fr",     "sfr.fr",       "laposte.net",
    "yahoo.fr",        "hotmail.fr",     "outlook.fr",     "live.fr",      "bbox.fr",
    "neuf.fr",         "numericable.fr", "ziggo.nl",       "kpnmail.nl",   "hotmail.nl",
    "live.nl",         "planet.nl",      "xs4all.nl",      "home.nl",      "bigpond.com",
    "optusnet.com.au", "yahoo.com.au",   "hotmail.com.au", "yahoo.com.vn", "fpt.vn",
    "gmx.de",          "web.de",         "yahoo.co.uk",    "hotmail.co.uk"};

// Hosts that look like a slip but are somebody's.
constexpr std::array<std::string_view, 8> kRealHosts = {
    "gmx.net", "mail.fr", "ymail.fr", "live.be", "gmx.fr", "gmx.at", "email.com", "mail.de"};

// What fingers make of top-level domains that everybody uses.
struct TopLevel {
  std::string_view slip;
  std::string_view meant;
};
constexpr std::array<TopLevel, 14> kTopLevels = {{{"con", "com"},
                                                  {"cmo", "com"},
                                                  {"ocm", "com"},
                                                  {"vom", "com"},
                                                  {"xom", "com"},
                                                  {"comm", "com"},
                                                  {"coom", "com"},
                                                  {"cim", "com"},
                                                  {"ner", "net"},
                                                  {"nte", "net"},
                                                  {"ogr", "org"},
                                                  {"orf", "org"},
                                                  {"ffr", "fr"},
                                                  {"frr", "fr"}}};

std::string LowerAscii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Edits between two texts, neighbours swapped counting as one; hosts are short.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                             cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

template <size_t N>
bool IsOneOf(std::string_view text, const std::array<std::string_view, N>& list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool IsHost(std::string_view host) {
  size_t labels = 0;
  for (size_t at = 0; at <= host.size();) {
    const size_t end = std::min(host.find('.', at), host.size());
    const std::string_view label = host.substr(at, end - at);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
      return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                 static_cast<unsigned char>(c) >= 0x80;
        })) {
      return false;
    }
    ++labels;
    at = end + 1;
  }
  const std::string_view top = host.substr(host.rfind('.') + 1);
  const bool digits =
      std::all_of(top.begin(), top.end(), [](char c) { return c >= '0' && c <= '9'; });
  return labels >= 2 && top.size() >= 2 && !digits && host.size() <= 253;
}

// A host without a slip in its dots and its top-level domain; empty: none was found.
std::string RepairHost(std::string_view host) {
  std::string repaired(host);
  std::replace(repaired.begin(), repaired.end(), ',', '.');
  repaired.erase(std::remove(repaired.begin(), repaired.end(), ' '), repaired.end());
  while (repaired.find("..") != std::string::npos) repaired.erase(repaired.find(".."), 1);
  while (!repaired.empty() && repaired.back() == '.') repaired.pop_back();
  const size_t dot = repaired.rfind('.');
  if (dot != std::string::npos) {
    for (const auto& [slip, meant] : kTopLevels) {
      if (std::string_view(repaired).substr(dot + 1) == slip)
        repaired.replace(dot + 1, slip.size(), meant);
    }
  }
  return repaired == host || !IsHost(repaired) ? std::string() : repaired;
}

std::string SuggestMailHost(const std::string& host) {
  if (IsOneOf(host, kMailHosts) || IsOneOf(host, kRealHosts)) return {};
  const std::string repaired = RepairHost(host);
  if (!repaired.empty() && IsOneOf(repaired, kMailHosts)) return repaired;
  std::string_view nearest;
  size_t least = 3;
  for (const std::string_view known : kMailHosts) {
    const size_t longest = std::max(host.size(), known.size());
    if (longest - std::min(host.size(), known.size()) >= least) continue;
    // Two slips only in a name that is long enough to be sure.
    const size_t distance = Distance(host, known);
    if (distance < least && (distance == 1 ? known.size() > 6 : known.size() > 8)) {
      nearest = known;
      least = distance;
    }
  }
  return nearest.empty() ? repaired : std::string(nearest);
}

// Where the host of a web site stands in the text.
std::pair<size_t, size_t> HostOf(std::string_view text) {
  const size_t scheme = text.find("://");
  const size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  return {begin, std::min(text.find_first_of("/?#:", begin), text.size())};
}

}  // namespace

bool IsWebSite(std::string_view typed) {
  const std::string text = LowerAscii(Trim(typed));
  const size_t scheme = text.find("://");
  if (scheme != std::string::npos && text.compare(0, scheme, "http") != 0 &&
      text.compare(0, scheme, "https") != 0) {
    return false;
  }
  if (text.find(' ') != std::string::npos) return false;
  const auto [begin, end] = HostOf(text);
  return IsHost(std::string_view(text).substr(begin, end - begin));
}

std::string SuggestEmail(std::string_view typed) {
  const std::string_view text = Trim(typed);
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0) return {};
  const std::string host = LowerAscii(text.substr(at + 1));
  const std::string better = SuggestMailHost(host);
  if (better.empty()) return {};
  const std::string suggestion = std::string(text.substr(0, at + 1)) + better;
  return NormalizeEmail(suggestion).kind == EmailKind::kInvalid ? std::string() : suggestion;
}

std::string SuggestWebSite(std::string_view typed) {
  std::string text(Trim(typed));
  // Schemes as fingers write them.
  for (const std::string_view slip :
       {"http//", "htpp://", "htp://", "http:/www", "https//", "htps://"}) {
    if (LowerAscii(text).compare(0, slip.size(), slip) != 0) continue;
    const bool secure = slip.find('s') != std::string_view::npos && slip.substr(0, 2) == "ht" &&
                        slip.find("s:") != std::string_view::npos;
    const size_t keep = slip.substr(slip.size() - 3) == "www" ? slip.size() - 3 : slip.size();
    text = (secure || slip == "https//" ? "https://" : "http://") + text.substr(keep);
    return IsWebSite(text) ? text : std::string();
  }
  const auto [begin, end] = HostOf(text);
  std::string host = LowerAscii(std::string_view(text).substr(begin, end - begin));
  std::string better;
  if (host.compare(0, 4, "www,") == 0 || host.compare(0, 4, "wwww") == 0 ||
      host.compare(0, 4, "ww.") == 0) {
    better = "www" + host.substr(host.compare(0, 4, "wwww") == 0 ? 4 : host.find_first_of(".,"));
    std::replace(better.begin(), better.end(), ',', '.');
  } else if (host.compare(0, 3, "ww.") == 0) {
    better = "w" + host;
  } else {
    better = RepairHost(host);
  }
  if (better.empty() || better == host) return {};
  text.replace(begin, end - begin, better);
  return IsWebSite(text) ? text : std::string();
}

}  // namespace carnet::vault
