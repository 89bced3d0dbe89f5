#include "vault/country.h"

namespace carnet::vault {

std::string CountryCode(std::string_view text) {
  if (text.size() != 2) return {};
  std::string code(text);
  for (char& c : code) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c < 'A' || c > 'Z') return {};
  }
  return code;
}

std::string CountryOf(const v1::Contact& contact, std::string_view default_country) {
  std::string code = CountryCode(contact.country());
  for (int i = 0; code.empty() && i < contact.addresses_size(); ++i) {
    code = CountryCode(contact.addresses(i).country());
  }
  return code.empty() ? CountryCode(default_country) : code;
}

}  // namespace carnet::vault
