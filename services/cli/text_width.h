// How wide a text stands on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace carnet::cli {

// `text` as it can be put into a line of a terminal: control characters, escape sequences and
// what is no UTF-8 become U+FFFD, so that a customer's name can't move the cursor or colour the
// screen.
std::string Printable(std::string_view text);

// Anybody's bytes, over several lines: what a terminal would obey is shown as what it is ("\\x1b").
std::string PrintableBytes(std::string_view bytes);

// Columns that printable text takes: marks that combine take none ("Nguyễn" is six wide in either
// normal form), Chinese, Japanese and Korean letters two.
int DisplayWidth(std::string_view text);

}  // namespace carnet::cli
