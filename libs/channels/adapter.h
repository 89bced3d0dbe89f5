// A channel: how it signs, and what its payloads mean.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "channels/meaning.h"

namespace carnet::channels {

struct Adapter {
  std::string_view name;  // of the channel, as changes carry it
  // What a payload means. Whatever the bytes are, it ends and says something: what can't be used is
  // in Meaning.unusable. The delivery has been authenticated.
  Meaning (*read)(const Delivery& delivery);
  // Whether the delivery is signed with one of these secrets (several while they are changed). A
  // delivery that the channel never signs counts as signed if it says nothing.
  bool (*is_signed)(const Delivery& delivery, std::span<const std::string> secrets);
  // What stands for the source's name where a payload is tried without one.
  std::string_view source_placeholder;
};

std::span<const Adapter> AllAdapters();
const Adapter* FindAdapter(std::string_view channel);  // null for a channel there is none of

}  // namespace carnet::channels
