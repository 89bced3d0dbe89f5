// JSON as it was sent: numbers stay text, so that neither an amount nor an id passes through a
// floating-point number.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carnet::channels {

// One value. Reading what is not there gives null, so that a path needs no check at each step.
class Json {
 public:
  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };

  // The whole text, UTF-8 with or without a byte order mark; at most 64 levels deep. Nothing for
  // anything else.
  static std::optional<Json> Parse(std::string_view text);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool is_object() const { return kind_ == Kind::kObject; }
  bool is_array() const { return kind_ == Kind::kArray; }
  bool is_string() const { return kind_ == Kind::kString; }
  // True, also as text, and 1, as which PHP and others write it.
  bool is_true() const { return text_ == "true" || text_ == "1"; }

  // Member of an object; null where there is none. Of a name that stands twice, the last.
  const Json& operator[](std::string_view name) const;
  bool has(std::string_view name) const { return !(*this)[name].is_null(); }

  // Elements of an array; none of anything else. (PHP writes an empty object as an empty array.)
  const std::vector<Json>& items() const { return items_; }
  // Members of an object.
  const std::vector<std::pair<std::string, Json>>& members() const { return members_; }

  // A string's content, a number as it was written, "true" or "false"; empty for all else.
  const std::string& text() const { return text_; }

 private:
  friend class JsonBuilder;

  Kind kind_ = Kind::kNull;
  std::string text_;
  std::vector<Json> items_;
  std::vector<std::pair<std::string, Json>> members_;
};

}  // namespace carnet::channels
