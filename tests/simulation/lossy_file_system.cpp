#include "tests/simulation/lossy_file_system.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/fatal.h"

namespace carnet {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

namespace fs = std::filesystem;

std::string FolderOf(const std::string& path) { return fs::path(path).parent_path().string(); }

// "a//b/" and "a/b" are one folder.
std::string Plain(const std::string& path) {
  std::string plain = fs::path(path).lexically_normal().string();
  if (plain.size() > 1 && plain.back() == '/') plain.pop_back();
  return plain;
}

}  // namespace

class LossyFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  LossyFile(LossyFileSystem* disk, std::shared_ptr<LossyFileSystem::Extent> extent,
            std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk), extent_(std::move(extent)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    std::lock_guard lock(disk_->mutex_);
    disk_->Count(target(), data);
    extent_->size += data.size();
    return target()->Append(data, options, debug);
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    std::lock_guard lock(disk_->mutex_);
    disk_->Count();
    extent_->size = size;
    extent_->synced = std::min(extent_->synced, size);
    return target()->Truncate(size, options, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    disk_->WaitWhileHeld();
    std::lock_guard lock(disk_->mutex_);
    disk_->Count();
    if (disk_->fail_syncs_) return IOStatus::IOError("the disk is dying");
    extent_->synced = extent_->size;
    return target()->Flush(options, debug);
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  // A hint, no promise.
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  LossyFileSystem* const disk_;
  const std::shared_ptr<LossyFileSystem::Extent> extent_;
};

class LossyFolder final : public rocksdb::FSDirectoryWrapper {
 public:
  LossyFolder(LossyFileSystem* disk, std::string path, std::unique_ptr<rocksdb::FSDirectory> folder)
      : FSDirectoryWrapper(std::move(folder)), disk_(disk), path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    std::lock_guard lock(disk_->mutex_);
    disk_->Count();
    disk_->SyncFolder(path_);
    return IOStatus::OK();
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  LossyFileSystem* const disk_;
  const std::string path_;
};

LossyFileSystem::LossyFileSystem(const std::string& graveyard, uint64_t seed)
    : FileSystemWrapper(rocksdb::FileSystem::Default()), graveyard_(graveyard), random_(seed) {
  fs::remove_all(graveyard_);
  fs::create_directories(graveyard_);
}

void LossyFileSystem::EndAt(uint64_t operation, End how) {
  std::lock_guard lock(mutex_);
  end_at_ = operation;
  end_how_ = how;
}

uint64_t LossyFileSystem::operations() const {
  std::lock_guard lock(mutex_);
  return operations_;
}

void LossyFileSystem::EndNow(End how) {
  std::lock_guard lock(mutex_);
  EndLocked(how);
}

void LossyFileSystem::HoldSyncs(bool hold) {
  {
    std::lock_guard lock(hold_mutex_);
    hold_syncs_ = hold;
  }
  hold_changed_.notify_all();
}

void LossyFileSystem::WaitForHeldSync() {
  std::unique_lock lock(hold_mutex_);
  hold_changed_.wait(lock, [this] { return held_syncs_ > 0; });
}

void LossyFileSystem::FailSyncs(bool fail) {
  std::lock_guard lock(mutex_);
  fail_syncs_ = fail;
}

void LossyFileSystem::WaitWhileHeld() {
  std::unique_lock lock(hold_mutex_);
  if (!hold_syncs_) return;
  ++held_syncs_;
  hold_changed_.notify_all();
  hold_changed_.wait(lock, [this] { return !hold_syncs_; });
  --held_syncs_;
}

IOStatus LossyFileSystem::NewWritableFile(const std::string& path,
                                          const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSWritableFile>* file,
                                          IODebugContext* debug) {
  std::lock_guard lock(mutex_);
  Count();
  std::string buried = Bury(path);
  std::unique_ptr<rocksdb::FSWritableFile> made;
  IOStatus status = target()->NewWritableFile(path, options, &made, debug);
  if (!status.ok()) return status;
  unsynced_changes_.push_back({.kind = FolderChange::Kind::kMade,
                               .path = Plain(path),
                               .from = {},
                               .buried = std::move(buried)});
  auto extent = std::make_shared<Extent>();
  extents_[Plain(path)] = extent;
  *file = std::make_unique<LossyFile>(this, extent, std::move(made));
  return status;
}

IOStatus LossyFileSystem::ReopenWritableFile(const std::string& path,
                                             const rocksdb::FileOptions& options,
                                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                                             IODebugContext* debug) {
  std::lock_guard lock(mutex_);
  Count();
  const bool was_there = fs::exists(path);
  std::unique_ptr<rocksdb::FSWritableFile> opened;
  IOStatus status = target()->ReopenWritableFile(path, options, &opened, debug);
  if (!status.ok()) return status;
  std::shared_ptr<Extent>& extent = extents_[Plain(path)];
  if (extent == nullptr) {
    // Not written through here: safe as it is.
    extent = std::make_shared<Extent>();
    extent->size = extent->synced = fs::file_size(path);
  }
  if (!was_there) {
    unsynced_changes_.push_back({.kind = FolderChange::Kind::kMade, .path = Plain(path)});
  }
  *file = std::make_unique<LossyFile>(this, extent, std::move(opened));
  return status;
}

IOStatus LossyFileSystem::NewDirectory(const std::string& path, const IOOptions& options,
                                       std::unique_ptr<rocksdb::FSDirectory>* folder,
                                       IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> opened;
  IOStatus status = target()->NewDirectory(path, options, &opened, debug);
  if (status.ok()) *folder = std::make_unique<LossyFolder>(this, Plain(path), std::move(opened));
  return status;
}

IOStatus LossyFileSystem::DeleteFile(const std::string& path, const IOOptions& options,
                                     IODebugContext* debug) {
  std::lock_guard lock(mutex_);
  Count();
  std::string buried = Bury(path);
  if (buried.empty()) return target()->DeleteFile(path, options, debug);
  unsynced_changes_.push_back({.kind = FolderChange::Kind::kDeleted,
                               .path = Plain(path),
                               .from = {},
                               .buried = std::move(buried)});
  return IOStatus::OK();
}

IOStatus LossyFileSystem::RenameFile(const std::string& from, const std::string& to,
                                     const IOOptions& options, IODebugContext* debug) {
  std::lock_guard lock(mutex_);
  Count();
  std::string buried = Bury(to);
  IOStatus status = target()->RenameFile(from, to, options, debug);
  if (!status.ok()) return status;
  unsynced_changes_.push_back({.kind = FolderChange::Kind::kRenamed,
                               .path = Plain(to),
                               .from = Plain(from),
                               .buried = std::move(buried)});
  if (auto extent = extents_.extract(Plain(from))) {
    extent.key() = Plain(to);
    extents_.erase(Plain(to));
    extents_.insert(std::move(extent));
  }
  return status;
}

IOStatus LossyFileSystem::LinkFile(const std::string& from, const std::string& to,
                                   const IOOptions& options, IODebugContext* debug) {
  std::lock_guard lock(mutex_);
  Count();
  IOStatus status = target()->LinkFile(from, to, options, debug);
  if (!status.ok()) return status;
  unsynced_changes_.push_back({.kind = FolderChange::Kind::kMade, .path = Plain(to)});
  if (const auto extent = extents_.find(Plain(from)); extent != extents_.end()) {
    extents_[Plain(to)] = extent->second;
  }
  return status;
}

void LossyFileSystem::Count(rocksdb::FSWritableFile* file, const Slice& data) {
  if (++operations_ != end_at_) return;
  if (file != nullptr && data.size() > 0) {
    // Torn: part of it reaches the file, and none of that is synced.
    const Slice part(data.data(), random_() % data.size());
    CARNET_ASSERT(file->Append(part, IOOptions(), nullptr).ok());
    CARNET_ASSERT(file->Flush(IOOptions(), nullptr).ok());
  }
  EndLocked(end_how_);
}

void LossyFileSystem::EndLocked(End how) {
  if (how == End::kPowerCut) LosePower();
  kill(getpid(), SIGKILL);
  // The signal comes to the whole process, if not at once to this thread.
  while (true) pause();
}

void LossyFileSystem::LosePower() {
  for (const auto& [path, extent] : extents_) {
    struct stat found;
    if (stat(path.c_str(), &found) != 0) continue;
    const auto size = static_cast<uint64_t>(found.st_size);
    if (size <= extent->synced) continue;
    // Often all or nothing of it: those are the ends that a uniform choice hardly ever meets.
    const uint64_t unsynced = size - extent->synced;
    const uint64_t choice = random_() % 4;
    const uint64_t kept = choice == 0 ? 0 : choice == 1 ? unsynced : random_() % (unsynced + 1);
    CARNET_ASSERT(truncate(path.c_str(), static_cast<off_t>(extent->synced + kept)) == 0);
  }
  const size_t kept = random_() % (unsynced_changes_.size() + 1);
  while (unsynced_changes_.size() > kept) {
    Undo(unsynced_changes_.back());
    unsynced_changes_.pop_back();
  }
}

void LossyFileSystem::Undo(const FolderChange& change) {
  switch (change.kind) {
    case FolderChange::Kind::kMade:
      fs::remove(change.path);
      break;
    case FolderChange::Kind::kRenamed:
      fs::rename(change.path, change.from);
      break;
    case FolderChange::Kind::kDeleted:
      break;
  }
  if (!change.buried.empty()) fs::rename(change.buried, change.path);
}

std::string LossyFileSystem::Bury(const std::string& path) {
  if (!fs::is_regular_file(path)) return {};
  std::string grave = graveyard_ + "/" + std::to_string(++buried_);
  // A deleted file may come back, with what was lost of it: its extent goes with it.
  fs::rename(path, grave);
  if (auto extent = extents_.extract(Plain(path))) {
    extent.key() = Plain(grave);
    extents_.insert(std::move(extent));
  }
  return grave;
}

void LossyFileSystem::SyncFolder(const std::string& folder) {
  std::erase_if(unsynced_changes_, [&](const FolderChange& change) {
    if (FolderOf(change.path) != folder) return false;
    if (!change.buried.empty()) {
      extents_.erase(Plain(change.buried));
      fs::remove(change.buried);
    }
    return true;
  });
}

std::shared_ptr<rocksdb::Env> EnvOn(std::shared_ptr<LossyFileSystem> disk) {
  return rocksdb::NewCompositeEnv(std::move(disk));
}

}  // namespace carnet
