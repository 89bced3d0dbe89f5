#include "projector/eraser.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/fatal.h"
#include "carnet/log/v1/identity_rows.pb.h"
#include "domain/keys.h"
#include "runtime/logging.h"

namespace carnet::projector_service {
namespace {

using carnet::log::v1::ErasureRow;
using domain::Family;
using runtime::Log;
using runtime::LogLevel;

// The views are looked at no more often than this, and for a fiftieth of the time at most: there is
// a row for every erasure that ever was.
constexpr absl::Duration kLookEvery = absl::Milliseconds(100);
constexpr int kLookShare = 50;
// What went wrong is tried again, and files are rewritten for a twentieth of the time at most.
constexpr absl::Duration kRetryAfter = absl::Seconds(1);
constexpr int kScrubShare = 20;

struct Wanted {
  std::vector<Uuid> records;
  int64_t at_micros = 0;
  bool keys_only = false;
};

Wanted Read(std::string_view bytes) {
  ErasureRow row;
  CARNET_ASSERT(row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  Wanted wanted{.records = {}, .at_micros = row.at_micros(), .keys_only = row.keys_only()};
  for (const std::string& id : row.sealed_for()) {
    if (const auto record = Uuid::FromBytes(id)) wanted.records.push_back(*record);
  }
  return wanted;
}

}  // namespace

Eraser::Eraser(projection::Projector* projector, vault::KeyRing* keys)
    : projector_(projector), keys_(keys) {}

Eraser::~Eraser() { Stop(); }

void Eraser::Start() {
  for (const int32_t partition : projector_->partitions()) {
    if (absl::Status status = EraseAll(partition); !status.ok()) {
      Log(LogLevel::kWarning, "an erasure is tried again", {{"why", status.ToString()}});
    }
    listening_.push_back(projector_->OnAdvance(partition, [this] {
      const std::lock_guard lock(mutex_);
      advanced_ = true;
      wake_.notify_one();
    }));
  }
  thread_ = std::thread([this] { Run(); });
}

void Eraser::Stop() {
  listening_.clear();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

absl::Status Eraser::EraseNow(const view_store::Snapshot& snapshot, const std::string& merchant,
                              uint64_t change_number) {
  std::string row;
  if (!snapshot.Get(Family::kErasures, domain::ErasureKey(merchant, change_number), &row))
    return absl::OkStatus();
  const Wanted wanted = Read(row);
  return keys_->Erase(merchant, wanted.records, wanted.at_micros);
}

absl::Status Eraser::EraseAll(int32_t partition) {
  const auto snapshot = projector_->snapshot(partition);
  if (!snapshot.ok()) return snapshot.status();
  std::vector<std::pair<std::string, std::string>> rows;
  uint64_t count = 0;  // of those by which files of the views are concerned
  (*snapshot)->Scan(Family::kErasures, "", [&](std::string_view key, std::string_view value) {
    const auto done = done_.find(std::string(key));
    if (done == done_.end()) rows.emplace_back(key, value);
    if (done != done_.end() && !done->second) ++count;
    return true;
  });
  for (const auto& [key, value] : rows) {
    const std::string merchant = key.substr(0, key.find('\0'));
    const Wanted wanted = Read(value);
    // Also where all of them are known to be erased: a key may have been stored since, elsewhere.
    if (absl::Status status = keys_->Erase(merchant, wanted.records, wanted.at_micros);
        !status.ok()) {
      return status;
    }
    done_[key] = wanted.keys_only;
    if (!wanted.keys_only) ++count;
  }
  row_count_[partition] = count;
  return absl::OkStatus();
}

void Eraser::ScrubAll() {
  for (const auto& [partition, count] : row_count_) {
    if (count > 0 && count > projector_->scrubbed(partition) &&
        projector_->Scrub(partition, count)) {
      Log(LogLevel::kInfo, "what was erased is out of the views' files",
          {{"partition", absl::StrCat(partition)}});
    }
  }
}

void Eraser::Run() {
  pthread_setname_np(pthread_self(), "eraser");
  absl::Duration pause = kLookEvery;
  absl::Time scrub_from = absl::InfinitePast();
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, absl::ToChronoNanoseconds(pause), [this] { return stopping_; });
      // With something left to do the thread comes back by itself.
      wake_.wait_for(lock, absl::ToChronoNanoseconds(kRetryAfter),
                     [this] { return stopping_ || advanced_; });
      if (stopping_) return;
      advanced_ = false;
    }
    const absl::Time start = absl::Now();
    pause = kLookEvery;
    for (const int32_t partition : projector_->partitions()) {
      if (absl::Status status = EraseAll(partition); !status.ok()) {
        Log(LogLevel::kWarning, "an erasure is tried again", {{"why", status.ToString()}});
        pause = kRetryAfter;
      }
    }
    const absl::Time erased = absl::Now();
    pause = std::max(pause, (erased - start) * kLookShare);
    if (erased < scrub_from) continue;
    ScrubAll();
    scrub_from = absl::Now() + (absl::Now() - erased) * kScrubShare;
  }
}

}  // namespace carnet::projector_service
