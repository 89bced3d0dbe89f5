#include "cli/position.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "base/uuid.h"

namespace carnet::cli {

std::string PositionText(const v1::Token& token) {
  return absl::StrCat(token.log(), ":", token.partition(), ":", token.offset());
}

absl::StatusOr<v1::Token> ParsePosition(std::string_view text) {
  const std::vector<std::string> parts =
      absl::StrSplit(absl::string_view(text.data(), text.size()), ':');
  int32_t partition = 0;
  int64_t offset = 0;
  if (parts.size() != 3 || !Uuid::Parse(parts[0]) || !absl::SimpleAtoi(parts[1], &partition) ||
      !absl::SimpleAtoi(parts[2], &offset) || partition < 0 || offset < 0) {
    return absl::InvalidArgumentError(
        "a position is written LOG:PARTITION:OFFSET, as `carnet publish` prints it");
  }
  v1::Token token;
  token.set_log(parts[0]);
  token.set_partition(partition);
  token.set_offset(offset);
  return token;
}

}  // namespace carnet::cli
