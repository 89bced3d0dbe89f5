#include "channels/meaning.h"

#include <iterator>

namespace carnet::channels {

std::string_view Delivery::Header(std::string_view name) const {
  for (const auto& [header, value] : headers) {
    if (header == name) return value;
  }
  return {};
}

std::string_view ContactOpName(ContactOp op) {
  switch (op) {
    case ContactOp::kUpsert:
      return "upsert";
    case ContactOp::kObserve:
      return "observe";
    case ContactOp::kUpsertGuest:
      return "upsert_guest";
    case ContactOp::kReference:
      return "reference";
    case ContactOp::kUnlink:
      return "unlink";
    case ContactOp::kMerge:
      return "merge";
    case ContactOp::kErase:
      return "erase";
  }
  return "reference";
}

Meaning Ignored(std::string why) {
  Meaning meaning;
  meaning.ignored.push_back(std::move(why));
  return meaning;
}

void Append(Meaning part, Meaning* whole) {
  const auto move = [](auto* from, auto* to) {
    to->insert(to->end(), std::make_move_iterator(from->begin()),
               std::make_move_iterator(from->end()));
  };
  move(&part.items, &whole->items);
  move(&part.fetches, &whole->fetches);
  move(&part.unusable, &whole->unusable);
  move(&part.tasks, &whole->tasks);
  move(&part.ignored, &whole->ignored);
  move(&part.alerts, &whole->alerts);
}

Meaning UnusableBody(std::string key, std::string_view reason, std::string detail) {
  Meaning meaning;
  meaning.unusable.push_back({std::move(key), {std::string(reason), std::move(detail)}});
  return meaning;
}

}  // namespace carnet::channels
