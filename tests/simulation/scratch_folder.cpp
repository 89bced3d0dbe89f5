#include "tests/simulation/scratch_folder.h"

#include <stdlib.h>

#include <filesystem>

#include "base/fatal.h"

namespace carnet::simulation {
namespace {

namespace fs = std::filesystem;

fs::path Root() {
  const fs::path memory = "/dev/shm";
  std::error_code error;
  const auto space = fs::space(memory, error);
  const bool roomy = !error && space.available > (uintmax_t{2} << 30);
  return roomy ? memory : fs::temp_directory_path();
}

}  // namespace

ScratchFolder::ScratchFolder() : path_((Root() / "carnet-test-XXXXXX").string()) {
  CARNET_ASSERT(mkdtemp(path_.data()) != nullptr);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace carnet::simulation
