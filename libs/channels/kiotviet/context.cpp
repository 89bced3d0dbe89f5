#include "channels/kiotviet/context.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace carnet::channels::kiotviet {

const Json& Field(const Json& object, std::string_view name) {
  const Json& capital = object[name];
  if (!capital.is_null()) return capital;
  std::string small(name);
  small[0] = LowerCase(small.substr(0, 1))[0];
  return object[small];
}

std::vector<const Json*> ListOf(const Json& list) {
  std::vector<const Json*> all;
  if (list.is_object()) all.push_back(&list);
  for (const Json& one : list.items()) all.push_back(&one);
  return all;
}

std::optional<Instant> InstantOf(const Json& object, std::string_view name) {
  const auto at = ParseInstant(Field(object, name).text(), kVietnamOffset);
  return at && at->micros > 0 ? at : std::nullopt;
}

std::optional<Instant> TimeOf(const Json& object) {
  for (const char* name : {"ModifiedDate", "CreatedDate", "PurchaseDate"}) {
    if (const auto at = InstantOf(object, name)) return at;
  }
  return std::nullopt;
}

void SetTime(const std::optional<Instant>& at, Item* item) {
  item->utc_offset_minutes = kVietnamOffset;
  if (!at) return;
  item->occurred_at_micros = at->micros;
  item->date = at->date;
}

void AddItem(const Context& context, Item item) {
  if (const int before = (*context.seen)[item.key]++; before > 0)
    absl::StrAppend(&item.key, "|again|", before);
  context.meaning->items.push_back(std::move(item));
}

}  // namespace carnet::channels::kiotviet
