#include "tests/acceptance/kill/small_disk.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>

#include "base/fatal.h"

namespace carnet::acceptance {
namespace {

std::string SizeOption(uint64_t megabytes) { return "size=" + std::to_string(megabytes) + "m"; }

}  // namespace

SmallDisk::SmallDisk(std::string path, uint64_t megabytes)
    : path_(std::move(path)), megabytes_(megabytes) {
  mounted_ = mount("tmpfs", path_.c_str(), "tmpfs", 0, SizeOption(megabytes).c_str()) == 0;
}

SmallDisk::~SmallDisk() {
  if (mounted_) umount2(path_.c_str(), MNT_DETACH);
}

void SmallDisk::FillUpTo(uint64_t free_megabytes) {
  MakeRoom();
  const uint64_t free = std::filesystem::space(path_).available;
  const uint64_t wanted = free_megabytes << 20;
  CARNET_ASSERT(free > wanted);
  const int file = open((path_ + "/ballast").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  CARNET_ASSERT(file >= 0);
  // With nothing to be left, whatever the others leave.
  const int result = posix_fallocate(file, 0, static_cast<off_t>(free - wanted));
  close(file);
  CARNET_ASSERT(result == 0 || free_megabytes == 0);
}

void SmallDisk::MakeRoom() { std::filesystem::remove(path_ + "/ballast"); }

void SmallDisk::SetReadOnly(bool read_only) {
  const unsigned long flags = MS_REMOUNT | (read_only ? MS_RDONLY : 0);
  CARNET_ASSERT(mount("tmpfs", path_.c_str(), "tmpfs", flags, SizeOption(megabytes_).c_str()) == 0);
}

}  // namespace carnet::acceptance
