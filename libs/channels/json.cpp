#include "channels/json.h"

#include <nlohmann/json.hpp>

namespace carnet::channels {

// Takes the parser's events. Floats come with their text, which is what is kept.
class JsonBuilder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  bool null() { return Add(Json::Kind::kNull, {}); }
  bool boolean(bool value) { return Add(Json::Kind::kBool, value ? "true" : "false"); }
  bool number_integer(number_integer_t value) {
    return Add(Json::Kind::kNumber, std::to_string(value));
  }
  bool number_unsigned(number_unsigned_t value) {
    return Add(Json::Kind::kNumber, std::to_string(value));
  }
  bool number_float(number_float_t, const string_t& text) { return Add(Json::Kind::kNumber, text); }
  bool string(string_t& text) { return Add(Json::Kind::kString, std::move(text)); }
  bool binary(binary_t&) { return false; }
  bool start_object(size_t) { return Open(Json::Kind::kObject); }
  bool start_array(size_t) { return Open(Json::Kind::kArray); }
  bool end_object() { return Close(); }
  bool end_array() { return Close(); }
  bool key(string_t& name) {
    open_.back()->members_.emplace_back(std::move(name), Json());
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) { return false; }

  Json root;

 private:
  static constexpr size_t kMaxDepth = 64;

  Json* Place() {
    if (open_.empty()) return &root;
    Json* const parent = open_.back();
    if (parent->kind_ == Json::Kind::kObject) return &parent->members_.back().second;
    return &parent->items_.emplace_back();
  }
  bool Add(Json::Kind kind, std::string text) {
    Json* const value = Place();
    value->kind_ = kind;
    value->text_ = std::move(text);
    return true;
  }
  bool Open(Json::Kind kind) {
    if (open_.size() == kMaxDepth) return false;
    Json* const value = Place();
    value->kind_ = kind;
    open_.push_back(value);
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }

  // Pointers hold: a parent grows only while none of its children is open.
  std::vector<Json*> open_;
};

std::optional<Json> Json::Parse(std::string_view text) {
  JsonBuilder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return std::nullopt;
  return std::move(builder.root);
}

const Json& Json::operator[](std::string_view name) const {
  static const Json kNone;
  for (auto member = members_.rbegin(); member != members_.rend(); ++member) {
    if (member->first == name) return member->second;
  }
  return kNone;
}

}  // namespace carnet::channels
