// From what a delivery means to the changes that are published.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "carnet/v1/change.pb.h"
#include "channels/meaning.h"

namespace carnet::channels {

// In the order of the items; an item may be several.
std::vector<v1::Change> ChangesOf(std::string_view merchant, std::string_view channel,
                                  const SourceSettings& settings, const Meaning& meaning);

// The id of the change with this natural key: the same delivery again has the same id.
Uuid ChangeIdOf(std::string_view merchant, std::string_view channel, std::string_view source,
                std::string_view key);

}  // namespace carnet::channels
