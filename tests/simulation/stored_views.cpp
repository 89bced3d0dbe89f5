#include "tests/simulation/stored_views.h"

#include "base/fatal.h"

namespace carnet::simulation {
namespace {

class LiveStoredViews final : public LiveViews {
 public:
  explicit LiveStoredViews(std::string path) : path_(std::move(path)) { Open(); }

  view_store::ViewStore* store() override { return store_.get(); }
  void BetweenBatches(Random* random) override {
    if (random->Chance(5)) store_->Flush();
  }
  void Crash(Random*) override {
    store_ = nullptr;
    Open();
  }

 private:
  void Open() {
    // Small, so that what is kept on disk for a recovery is small, too.
    auto store = view_store::OpenViewStore(path_, {.max_wal_bytes = uint64_t{1} << 20});
    if (!store.ok()) Fatal(std::string(store.status().message()));
    store_ = *std::move(store);
  }

  const std::string path_;
  std::unique_ptr<view_store::ViewStore> store_;
};

}  // namespace

std::unique_ptr<LiveViews> StoredViewsFolder::Open(int32_t partition) const {
  return std::make_unique<LiveStoredViews>(folder_.path() + "/" + std::to_string(partition));
}

}  // namespace carnet::simulation
