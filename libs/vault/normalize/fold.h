// Text without what people leave out when they type: case, marks, punctuation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace carnet::vault {

// Unicode NFKC with case folding, decomposed, Latin, Greek, Cyrillic, Hebrew and Arabic marks
// dropped, and the letters that have no decomposition mapped (đ d, ø o, ł l, æ ae, ı i …). Signs of
// other scripts that stand for vowels stay. Bytes that are not UTF-8 become U+FFFD. Idempotent.
// Thread-safe.
std::string Fold(std::string_view text);

// The words of a folded text: longest runs of letters, digits and marks.
std::vector<std::string_view> Words(std::string_view folded);

// Without white space at both ends.
std::string_view Trim(std::string_view text);

}  // namespace carnet::vault
