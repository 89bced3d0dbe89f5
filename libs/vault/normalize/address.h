// Postal addresses in folded pieces.
#pragma once

#include <string>
#include <string_view>

namespace carnet::vault {

// Each piece is folded and without spaces; empty where it is not known.
struct NormalAddress {
  std::string street;  // kinds of street as one short form: "12 rue des Lilas" and "12 r Lilas" are
                       // "rlilas"
  std::string house_number;  // "12bis", "63/4"
  std::string postcode;      // "1012ab"
  std::string town;          // "hochiminh"

  bool operator==(const NormalAddress&) const = default;
};

// `street` may have several lines; floors, flats and districts are left out. No gazetteer is asked:
// two ways of writing an address that differ in more than spelling stay different. Thread-safe.
NormalAddress NormalizeAddress(std::string_view street, std::string_view postcode,
                               std::string_view town);

// The first four letters of a normal form's street: what typing errors further on leave alone.
// Equal streets have equal beginnings.
std::string_view StreetBeginning(std::string_view street);

}  // namespace carnet::vault
