#include "channels/json_writer.h"

#include <nlohmann/json.hpp>

namespace carnet::channels {

std::string Quote(std::string_view text) {
  return nlohmann::json(std::string(text))
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

ObjectWriter& ObjectWriter::Add(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ",";
  members_ += Quote(name) + ":" + std::string(json);
  return *this;
}

ObjectWriter& ObjectWriter::AddText(std::string_view name, std::string_view text) {
  return Add(name, Quote(text));
}

std::string ArrayOf(const std::vector<std::string>& json) {
  std::string text = "[";
  for (const std::string& element : json) text += (text.size() > 1 ? "," : "") + element;
  return text + "]";
}

std::string ArrayOfTexts(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(Quote(text));
  return ArrayOf(quoted);
}

}  // namespace carnet::channels
