// What deliveries of channels repeat: the words that zstd finds in them without their being sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace carnet::vault {

inline constexpr uint32_t kNewestDeliveryWords = 1;

// The dictionary of raw content (RFC 8878, section 5) that is called `version`: empty for 0,
// nothing for a version this build does not know. What stands here never changes: whatever was
// packed with it needs it to be read.
std::optional<std::string_view> DeliveryWords(uint32_t version);

}  // namespace carnet::vault
