// Writes JSON on one line, in the order in which it is told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carnet::channels {

// Text as a JSON string, with its quotes. What is not UTF-8 is replaced.
std::string Quote(std::string_view text);

// {"name":value,…}; values are JSON already.
class ObjectWriter {
 public:
  ObjectWriter& Add(std::string_view name, std::string_view json);
  ObjectWriter& AddText(std::string_view name, std::string_view text);
  std::string Take() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

std::string ArrayOf(const std::vector<std::string>& json);
std::string ArrayOfTexts(const std::vector<std::string>& texts);

}  // namespace carnet::channels
