#include "query/dead_letters.h"

#include <limits>
#include <string>

#include "base/bytes.h"
#include "base/fatal.h"
#include "base/uuid.h"
#include "domain/keys.h"
#include "query/names.h"
#include "query/page_token.h"
#include "query/timestamps.h"

namespace carnet::query {
namespace {

using carnet::log::v1::DeadLetterRow;
using carnet::log::v1::UntrustedRecordRow;

constexpr std::string_view kUntrustedList = "untrusted";
// Positions are facts of the log: a rebuild does not move them.
constexpr uint32_t kAnyGeneration = 0;

}  // namespace

void FillDeadLetter(const carnet::log::v1::DeadLetterRow& row, carnet::v1::DeadLetter* letter) {
  letter->set_reason(row.reason());
  letter->set_detail(row.detail());
  if (const auto id = Uuid::FromBytes(row.change_id())) letter->set_change_id(id->ToString());
  SetTimestamp(row.recorded_at_micros(), letter->mutable_recorded_at());
  letter->set_duplicates(row.duplicates());
}

absl::Status ListDeadLetters(const View& view, const carnet::v1::ListDeadLettersRequest& request,
                             carnet::v1::ListDeadLettersResponse* response) {
  const std::string& merchant = request.merchant();
  const absl::Status status = CheckMerchant(merchant, "merchant").status();
  if (!status.ok()) return status;
  const auto page_size = PageSize(request.page_size());
  if (!page_size.ok()) return page_size.status();
  const std::string list = "dead-letters/" + merchant;
  const auto token = ParsePageToken(list, view.generation, sizeof(uint64_t), request.page_token());
  if (!token.ok()) return token.status();
  const uint64_t below =
      token->empty() ? std::numeric_limits<uint64_t>::max() : ReadBigEndian64(*token);
  if (below == 0) return absl::OkStatus();

  std::string last;
  bool more = false;
  view.snapshot->ScanBackFrom(
      domain::Family::kDeadLetters, domain::MerchantPrefix(merchant),
      domain::DeadLetterKey(merchant, below - 1),
      [&](std::string_view key, std::string_view bytes) {
        if (response->dead_letters_size() == *page_size) {
          more = true;
          return false;
        }
        DeadLetterRow row;
        CARNET_ASSERT(row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
        FillDeadLetter(row, response->add_dead_letters());
        last = key.substr(key.size() - sizeof(uint64_t));
        return true;
      });
  if (more) response->set_next_page_token(FormatPageToken(list, view.generation, last));
  return absl::OkStatus();
}

absl::Status ListUntrusted(const std::vector<View>& views,
                           const carnet::v1::ListDeadLettersRequest& request,
                           carnet::v1::ListDeadLettersResponse* response) {
  const auto page_size = PageSize(request.page_size());
  if (!page_size.ok()) return page_size.status();
  constexpr size_t kKeySize = sizeof(uint32_t) + sizeof(uint64_t);  // partition, offset
  const auto token = ParsePageToken(kUntrustedList, kAnyGeneration, kKeySize, request.page_token());
  if (!token.ok()) return token.status();
  int32_t first_partition = 0;
  int64_t first_below = std::numeric_limits<int64_t>::max();
  if (!token->empty()) {
    const std::string_view key = *token;
    first_partition = static_cast<int32_t>(ReadBigEndian32(key));
    first_below = static_cast<int64_t>(ReadBigEndian64(key.substr(sizeof(uint32_t))));
  }

  std::string last;
  bool more = false;
  for (const View& view : views) {
    if (view.partition < first_partition || more) continue;
    const int64_t below =
        view.partition == first_partition ? first_below : std::numeric_limits<int64_t>::max();
    view.snapshot->ScanUntrusted(below, [&](int64_t offset, const UntrustedRecordRow& row) {
      if (response->dead_letters_size() == *page_size) {
        more = true;
        return false;
      }
      auto* letter = response->add_dead_letters();
      letter->set_reason(row.reason());
      letter->set_detail(row.detail());
      SetPosition(view, letter->mutable_position());
      letter->mutable_position()->set_offset(offset);
      last.clear();
      AppendBigEndian32(static_cast<uint32_t>(view.partition), &last);
      AppendBigEndian64(static_cast<uint64_t>(offset), &last);
      return true;
    });
  }
  if (more) response->set_next_page_token(FormatPageToken(kUntrustedList, kAnyGeneration, last));
  return absl::OkStatus();
}

}  // namespace carnet::query
