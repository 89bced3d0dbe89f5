// A file system that forgets, as disks do when the power fails: whatever was not synced may be
// gone.
//
// For tests of stores on RocksDB. Put it below a store in a process of its own, let it cut the
// power at some operation, and look from another process, without it, at what is left:
//
//   auto disk = std::make_shared<LossyFileSystem>(folder + ".lost", seed);
//   options.env = EnvOn(disk);
//   disk->EndAt(disk->operations() + 100, LossyFileSystem::End::kPowerCut);
//
// What it takes away, chosen by the seed:
// - of each file, bytes after the last sync: the file ends anywhere between there and its size;
// - of what was made, renamed or deleted since its folder was synced: the newest, any number.
// Bytes of a file are lost from its end only and never turn into others, as on a file system that
// writes data before it says so in its metadata (ext4 and XFS as they come). Syncs of the machine
// are saved: as long as the machine itself stays up they would change nothing.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace carnet {

class LossyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  enum class End {
    // kill -9: what was written stays, but the write under way may be torn.
    kKill,
    // The same, and then what was not synced is lost.
    kPowerCut,
  };

  // `graveyard`: a path on the same disk where nothing is; deleted files wait there for their
  // resurrection.
  LossyFileSystem(const std::string& graveyard, uint64_t seed);

  // Ends this process with SIGKILL in the middle of the operation with that number, counted from 1.
  // Operations are those that change something: appends, syncs, and making, renaming and deleting
  // files.
  void EndAt(uint64_t operation, End how);

  // So many were there.
  uint64_t operations() const;

  // Right now, from any thread.
  [[noreturn]] void EndNow(End how);

  // From true on, syncs of files wait until it is called with false.
  void HoldSyncs(bool hold);
  // Waits until one does.
  void WaitForHeldSync();

  // From true on, syncs of files fail with an I/O error, as on a disk that dies.
  void FailSyncs(bool fail);

  const char* Name() const override { return "LossyFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* folder,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;

 private:
  friend class LossyFile;
  friend class LossyFolder;

  // How much of a file is safe; shared by its names.
  struct Extent {
    uint64_t size = 0;
    uint64_t synced = 0;
  };
  // A change of a folder that is not synced yet.
  struct FolderChange {
    enum class Kind { kMade, kRenamed, kDeleted } kind;
    std::string path;
    // kRenamed: what it was called.
    std::string from;
    // Where the file waits that was at `path` before; empty if there was none.
    std::string buried;
  };

  // With mutex_ held, at the beginning of each operation that changes something; `data` is what it
  // would append.
  void Count(rocksdb::FSWritableFile* file = nullptr, const rocksdb::Slice& data = {});
  [[noreturn]] void EndLocked(End how);
  void LosePower();
  void Undo(const FolderChange& change);
  // Moves what stands at `path` away; empty if nothing does.
  std::string Bury(const std::string& path);
  void SyncFolder(const std::string& folder);
  void WaitWhileHeld();

  const std::string graveyard_;

  mutable std::mutex mutex_;
  // Guarded by mutex_, which is held during every operation: one thing happens at a time.
  std::mt19937_64 random_;
  uint64_t operations_ = 0;
  uint64_t end_at_ = 0;
  End end_how_ = End::kKill;
  bool fail_syncs_ = false;
  std::map<std::string, std::shared_ptr<Extent>> extents_;
  std::vector<FolderChange> unsynced_changes_;
  uint64_t buried_ = 0;

  std::mutex hold_mutex_;
  std::condition_variable hold_changed_;
  // Guarded by hold_mutex_.
  bool hold_syncs_ = false;
  int held_syncs_ = 0;
};

// An Env whose files are on `disk` and the rest the machine's.
std::shared_ptr<rocksdb::Env> EnvOn(std::shared_ptr<LossyFileSystem> disk);

}  // namespace carnet
