#include "projection/generations.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "base/error.h"
#include "view_store/files.h"

namespace carnet::projection {
namespace {

namespace fs = std::filesystem;

constexpr char kCurrent[] = "CURRENT";
constexpr char kGenerationPrefix[] = "gen-";

std::string PartitionFolder(const std::string& views_folder, int32_t partition) {
  return absl::StrCat(views_folder, "/", partition);
}

std::string GenerationName(uint32_t number) { return absl::StrCat(kGenerationPrefix, number); }

std::optional<uint32_t> ParseGenerationName(absl::string_view name) {
  uint32_t number = 0;
  if (!absl::ConsumePrefix(&name, kGenerationPrefix) || !absl::SimpleAtoi(name, &number) ||
      number == 0) {
    return std::nullopt;
  }
  return number;
}

// 0: there is none yet.
absl::StatusOr<uint32_t> ReadCurrent(const std::string& folder) {
  const auto content = view_store::ReadFile(folder + "/" + kCurrent);
  if (!content) return 0;
  const auto number = ParseGenerationName(absl::StripSuffix(*content, "\n"));
  if (number && fs::is_directory(folder + "/" + GenerationName(*number))) return *number;
  return Error(absl::StatusCode::kDataLoss, "VIEWS_DAMAGED",
               absl::StrCat(folder, "/", kCurrent, " names no generation that is there. Remove ",
                            folder, ": it is made again from the log"));
}

absl::Status DeleteLeftovers(const std::string& folder, uint32_t current) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    const auto number = ParseGenerationName(name);
    if ((number && *number > current) || absl::EndsWith(name, ".tmp")) {
      std::error_code removal;
      fs::remove_all(entry.path(), removal);
      if (removal) return view_store::CannotWrite(entry.path(), removal.value());
    }
  }
  return error ? view_store::CannotWrite(folder, error.value()) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<FolderLock>> FolderLock::Take(const std::string& folder) {
  if (absl::Status status = view_store::MakeWritableFolder(folder); !status.ok()) return status;
  const std::string file = folder + "/LOCK";
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return view_store::CannotWrite(file, errno);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    close(fd);
    if (error != EWOULDBLOCK) return view_store::CannotWrite(file, error);
    return Error(
        absl::StatusCode::kFailedPrecondition, "VIEWS_IN_USE",
        absl::StrCat("the views in ", folder, " are open already, in this process or another one: ",
                     "stop the other carnetd first"));
  }
  return std::unique_ptr<FolderLock>(new FolderLock(fd));
}

FolderLock::~FolderLock() { close(fd_); }

absl::StatusOr<ServingGeneration> OpenServingGeneration(
    const std::string& views_folder, int32_t partition,
    const view_store::ViewStoreOptions& options) {
  const std::string folder = PartitionFolder(views_folder, partition);
  ServingGeneration serving;
  auto lock = FolderLock::Take(folder);
  if (!lock.ok()) return lock.status();
  serving.lock = *std::move(lock);
  const auto current = ReadCurrent(folder);
  if (!current.ok()) return current.status();
  if (absl::Status status = DeleteLeftovers(folder, *current); !status.ok()) return status;

  serving.number = *current == 0 ? 1 : *current;
  serving.folder = folder + "/" + GenerationName(serving.number);
  auto store = view_store::OpenViewStore(serving.folder, options);
  if (!store.ok()) return store.status();
  serving.store = *std::move(store);
  if (*current == 0) {
    if (absl::Status status = MakeServing(views_folder, partition, serving.number); !status.ok())
      return status;
  }
  return serving;
}

absl::Status MakeServing(const std::string& views_folder, int32_t partition, uint32_t number) {
  return view_store::WriteFileAtomically(PartitionFolder(views_folder, partition), kCurrent,
                                         GenerationName(number) + "\n");
}

}  // namespace carnet::projection
