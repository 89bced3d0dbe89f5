// Views in a real store, in a folder that is gone with the test.
#pragma once

#include <cstdint>
#include <memory>

#include "tests/simulation/bad_days.h"
#include "tests/simulation/scratch_folder.h"

namespace carnet::simulation {

class StoredViewsFolder {
 public:
  // The views of a partition. A crash closes the store without a flush and opens it again.
  std::unique_ptr<LiveViews> Open(int32_t partition) const;

 private:
  const ScratchFolder folder_;
};

}  // namespace carnet::simulation
