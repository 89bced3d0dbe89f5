// What readers of KiotViet's payloads share: names of fields, times, and where what was read goes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "channels/json.h"
#include "channels/meaning.h"
#include "channels/values.h"

namespace carnet::channels::kiotviet {

inline constexpr int32_t kVietnamOffset = 7 * 60;

// Names come in capitals from webhooks and in small letters from the rest of the API.
const Json& Field(const Json& object, std::string_view name);

// Elements of a list; a single object stands for a list of one.
std::vector<const Json*> ListOf(const Json& list);

// Nothing for the year 1, which is how it writes that there is no date.
std::optional<Instant> InstantOf(const Json& object, std::string_view name);
// When the object was changed last, as far as it says.
std::optional<Instant> TimeOf(const Json& object);

struct Context {
  const Delivery& delivery;
  std::string key;  // of the whole notification
  Meaning* meaning;
  std::map<std::string, int>* seen;  // items' keys, and how often
};

void SetTime(const std::optional<Instant>& at, Item* item);

// The same customer or invoice may stand in one notification twice, in two states.
void AddItem(const Context& context, Item item);

}  // namespace carnet::channels::kiotviet
