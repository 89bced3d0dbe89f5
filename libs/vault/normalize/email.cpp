#include "vault/normalize/email.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include <unicode/idna.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include "base/fatal.h"
#include "vault/normalize/fold.h"

namespace carnet::vault {
namespace {

constexpr size_t kLongestLocal = 64;
constexpr size_t kLongestDomain = 253;

// Mailboxes that several people read, without the dots, hyphens and underscores between words.
constexpr std::array<std::string_view, 74> kRoles = {
    // English and everywhere
    "abuse", "accounting", "accounts", "admin", "administration", "administrator", "billing",
    "booking", "bookings", "contact", "customerservice", "enquiries", "finance", "hello", "help",
    "helpdesk", "hostmaster", "hr", "info", "invoice", "invoices", "jobs", "mail", "mailerdaemon",
    "marketing", "media", "newsletter", "noreply", "donotreply", "office", "order", "orders",
    "payments", "postmaster", "press", "purchasing", "reception", "reservations", "sales",
    "service", "shop", "store", "support", "team", "webmaster",
    // French
    "accueil", "achats", "bonjour", "boutique", "commande", "commandes", "commercial",
    "comptabilite", "compta", "direction", "facturation", "magasin", "secretariat",
    // German
    "bestellung", "buchhaltung", "einkauf", "kontakt", "kundenservice", "rechnung", "vertrieb",
    // Dutch
    "administratie", "bestelling", "facturen", "inkoop", "klantenservice", "verkoop", "winkel",
    // Vietnamese
    "cskh", "lienhe"};

// What tills type to get past the field.
constexpr std::array<std::string_view, 18> kPlaceholders = {
    "a",      "aa",      "abc",  "anonymous", "anonyme",   "asdf",     "client", "na",      "nil",
    "nomail", "noemail", "none", "no",        "pasdemail", "sansmail", "test",   "unknown", "xyz"};

template <size_t N>
bool IsOneOf(std::string_view text, const std::array<std::string_view, N>& list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// Whether `domain` is `parent` or lies below it.
bool IsUnder(std::string_view domain, std::string_view parent) {
  if (domain.size() < parent.size()) return false;
  const size_t cut = domain.size() - parent.size();
  return domain.substr(cut) == parent && (cut == 0 || domain[cut - 1] == '.');
}

// Domains at which a marketplace makes up an address for each buyer or order. Apple's and Firefox's
// are not among them: these belong to one person and stay the same for a shop.
bool IsRelay(std::string_view domain) {
  const auto has_label = [&](std::string_view label) {
    for (size_t at = 0; at < domain.size();) {
      const size_t end = std::min(domain.find('.', at), domain.size());
      if (domain.substr(at, end - at) == label) return true;
      at = end + 1;
    }
    return false;
  };
  if (domain == "relay.firefox.com") return false;
  return has_label("relay") || StartsWith(domain, "marketplace.") ||
         domain.find(".marketplace.") != std::string_view::npos ||
         StartsWith(domain, "members.ebay.") || IsUnder(domain, "etsy.com") ||
         IsUnder(domain, "verkopen.bol.com") || IsUnder(domain, "clemarche.com");
}

std::string WithoutSeparators(std::string_view local) {
  std::string out;
  for (const char c : local) {
    if (c != '.' && c != '-' && c != '_') out.push_back(c);
  }
  return out;
}

bool IsRole(std::string_view local) { return IsOneOf(WithoutSeparators(local), kRoles); }

bool IsPlaceholder(std::string_view local) {
  const std::string plain = WithoutSeparators(local);
  if (plain.empty() || IsOneOf(plain, kPlaceholders)) return true;
  return plain.find_first_not_of('x') == std::string::npos ||
         plain.find_first_not_of('0') == std::string::npos;
}

// RFC 5321's dot-atom, and letters beyond ASCII (RFC 6531). Quoted forms are not taken: nobody has
// one.
bool IsLocal(std::string_view local) {
  constexpr std::string_view kPunctuation = "!#$%&'*+-/=?^_`{|}~.";
  if (local.empty() || local.size() > kLongestLocal || local.front() == '.' ||
      local.back() == '.' || local.find("..") != std::string_view::npos) {
    return false;
  }
  return std::all_of(local.begin(), local.end(), [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           kPunctuation.find(c) != std::string_view::npos;
  });
}

bool IsDomain(std::string_view domain) {
  if (domain.size() > kLongestDomain) return false;
  size_t labels = 0;
  std::string_view last;
  for (size_t at = 0; at <= domain.size();) {
    const size_t end = std::min(domain.find('.', at), domain.size());
    last = domain.substr(at, end - at);
    if (last.empty() || last.size() > 63 || last.front() == '-' || last.back() == '-') return false;
    if (!std::all_of(last.begin(), last.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        })) {
      return false;
    }
    ++labels;
    at = end + 1;
  }
  // A top-level domain is letters, or xn--.
  return labels >= 2 && last.size() >= 2 &&
         (StartsWith(last, "xn--") ||
          std::all_of(last.begin(), last.end(), [](char c) { return c >= 'a' && c <= 'z'; }));
}

// Lower case (no folding: é is not e in an address), composed.
std::string Lower(std::string_view text) {
  bool ascii = true;
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (static_cast<unsigned char>(c) >= 0x80) ascii = false;
  }
  if (ascii) return lower;
  UErrorCode error = U_ZERO_ERROR;
  static const icu::Normalizer2* const casefold = [] {
    UErrorCode failed = U_ZERO_ERROR;
    return icu::Normalizer2::getNFKCCasefoldInstance(failed);
  }();
  CARNET_ASSERT(casefold != nullptr);
  std::string out;
  casefold
      ->normalize(icu::UnicodeString::fromUTF8(
                      icu::StringPiece(text.data(), static_cast<int32_t>(text.size()))),
                  error)
      .toUTF8String(out);
  CARNET_ASSERT(U_SUCCESS(error));
  return out;
}

// "müller.example" to "xn--mller-kva.example"; nothing if it can't be one.
std::optional<std::string> AsciiDomain(const std::string& domain) {
  if (std::all_of(domain.begin(), domain.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    return domain;
  }
  UErrorCode error = U_ZERO_ERROR;
  static const std::unique_ptr<icu::IDNA> idna = [] {
    UErrorCode failed = U_ZERO_ERROR;
    return std::unique_ptr<icu::IDNA>(
        icu::IDNA::createUTS46Instance(UIDNA_NONTRANSITIONAL_TO_ASCII, failed));
  }();
  CARNET_ASSERT(idna != nullptr);
  std::string ascii;
  icu::StringByteSink<std::string> sink(&ascii);
  icu::IDNAInfo info;
  idna->nameToASCII_UTF8(domain, sink, info, error);
  if (U_FAILURE(error) || info.hasErrors()) return std::nullopt;
  return ascii;
}

}  // namespace

NormalEmail NormalizeEmail(std::string_view typed) {
  std::string_view trimmed = Trim(typed);
  if (trimmed.size() >= 2 && trimmed.front() == '<' && trimmed.back() == '>') {
    trimmed = Trim(trimmed.substr(1, trimmed.size() - 2));
  }
  if (trimmed.size() > kLongestLocal + 1 + 4 * kLongestDomain) return {};
  const std::string lower = Lower(trimmed);
  const size_t at = lower.find('@');
  if (at == std::string::npos || lower.find('@', at + 1) != std::string::npos) return {};
  const std::string local = lower.substr(0, at);
  const std::optional<std::string> ascii = AsciiDomain(lower.substr(at + 1));
  if (!ascii || !IsLocal(local) || !IsDomain(*ascii)) return {};
  std::string domain = *ascii;

  NormalEmail normal;
  normal.exact = local + "@" + domain;
  const size_t plus = local.find('+');
  std::string mailbox = plus == std::string::npos || plus == 0 ? local : local.substr(0, plus);
  if (IsRelay(domain)) {
    normal.kind = EmailKind::kRelay;
  } else if (IsPlaceholder(mailbox)) {
    normal.kind = EmailKind::kBlocked;
  } else if (IsRole(mailbox)) {
    normal.kind = EmailKind::kRole;
  } else {
    normal.kind = EmailKind::kOwn;
    if (domain == "gmail.com" || domain == "googlemail.com") {
      domain = "gmail.com";
      mailbox.erase(std::remove(mailbox.begin(), mailbox.end(), '.'), mailbox.end());
    }
    while (!mailbox.empty() && mailbox.back() == '.') mailbox.pop_back();
    normal.canonical = mailbox + "@" + domain;
  }
  return normal;
}

}  // namespace carnet::vault
