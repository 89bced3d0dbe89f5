#include "projection/refold.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/sha256.h"
#include "projection/batch_fold.h"
#include "projection/resume_check.h"

namespace carnet::projection {
namespace {

constexpr size_t kMaxReadBytes = size_t{8} << 20;
constexpr absl::Duration kReadTimeout = absl::Seconds(30);
constexpr size_t kChunkBytes = 1 << 20;

}  // namespace

absl::Status FoldInto(event_log::EventLog* log, int32_t partition, int64_t up_to,
                      view_store::ViewStore* store, size_t batch_size) {
  const auto resume = CheckResume(log, partition, store->position(), absl::Now() + kReadTimeout);
  if (!resume.ok() || resume->sealed) return resume.status();
  if (store->position().offset() >= up_to) return absl::OkStatus();
  const auto end = log->EndOffset(partition);
  if (!end.ok()) return end.status();
  if (*end < up_to) {
    return Error(absl::StatusCode::kOutOfRange, "LOG_CUT",
                 absl::StrCat("the log ends at offset ", *end, ", before ", up_to));
  }

  auto cursor = log->Read(partition, store->position().offset());
  if (!cursor.ok()) return cursor.status();
  BatchFold fold(log->identity(), partition, store);
  auto quarantine = log->Quarantined(partition);
  if (!quarantine.ok()) return quarantine.status();
  if (absl::Status status = fold.SetQuarantine(*std::move(quarantine)); !status.ok()) return status;
  while ((*cursor)->position() < up_to && !fold.sealed()) {
    const auto records = (*cursor)->Next(batch_size, kMaxReadBytes, absl::Now() + kReadTimeout);
    if (!records.ok()) return records.status();
    if (records->empty()) return absl::DeadlineExceededError("the log did not answer in time");
    std::span<const event_log::StoredRecord> rest = *records;
    while (!rest.empty() && rest.back().offset >= up_to) rest = rest.first(rest.size() - 1);
    if (rest.empty()) break;
    while (!rest.empty() && !fold.sealed()) {
      const auto folded = fold.Fold(rest, WriteMode::kBeside);
      if (!folded.ok()) return folded.status();
      rest = rest.subspan(*folded);
    }
  }
  fold.Finish();
  return absl::OkStatus();
}

KeySpaceDigest DigestOf(const view_store::ViewStore& store) {
  KeySpaceDigest digest;
  // A chain over chunks that are cut by their content alone.
  std::string hash;
  std::string chunk;
  const auto close_chunk = [&] {
    hash = Sha256(hash + chunk);
    chunk.clear();
  };
  store.ForEachRow([&](domain::Family family, std::string_view key, std::string_view value) {
    ++digest.rows;
    chunk.push_back(static_cast<char>(family));
    AppendBigEndian32(static_cast<uint32_t>(key.size()), &chunk);
    chunk.append(key);
    AppendBigEndian32(static_cast<uint32_t>(value.size()), &chunk);
    chunk.append(value);
    if (chunk.size() >= kChunkBytes) close_chunk();
  });
  close_chunk();
  digest.sha256 = absl::BytesToHexString(hash);
  return digest;
}

}  // namespace carnet::projection
