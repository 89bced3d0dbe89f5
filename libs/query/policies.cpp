#include "query/policies.h"

#include <utility>

#include "base/fatal.h"
#include "domain/keys.h"

namespace carnet::query {

std::shared_ptr<const carnet::log::v1::PolicyRow> Policies::Of(const view_store::Snapshot& snapshot,
                                                               std::string_view merchant) {
  const absl::string_view name(merchant.data(), merchant.size());
  const int64_t position = snapshot.position();
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(name);
    if (found != known_.end() && found->second.position == position) return found->second.row;
  }
  std::string bytes;
  snapshot.Get(domain::Family::kPolicies, domain::PolicyKey(merchant), &bytes);
  const std::lock_guard lock(mutex_);
  Known& known = known_[name];
  if (known.row == nullptr || known.bytes != bytes) {
    auto row = std::make_shared<carnet::log::v1::PolicyRow>();
    CARNET_ASSERT(row->ParseFromString(bytes));
    // A read of an older moment gets its own answer and leaves the newer one.
    if (known.row != nullptr && known.position > position) return row;
    known.row = std::move(row);
    known.bytes = std::move(bytes);
  }
  if (known.position < position) known.position = position;
  return known.row;
}

}  // namespace carnet::query
