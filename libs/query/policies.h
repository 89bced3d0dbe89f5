// Today's policies of merchants, kept parsed.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"

#include "carnet/log/v1/card_rows.pb.h"
#include "view_store/view_store.h"

namespace carnet::query {

// May be used from any thread.
class Policies {
 public:
  // The policy that holds in a moment of the views; never null, empty where there is none. It is
  // looked up once for each position, and parsed where it is another one.
  std::shared_ptr<const carnet::log::v1::PolicyRow> Of(const view_store::Snapshot& snapshot,
                                                       std::string_view merchant);

 private:
  struct Known {
    int64_t position = -1;
    std::string bytes;
    std::shared_ptr<const carnet::log::v1::PolicyRow> row;
  };
  std::mutex mutex_;
  absl::flat_hash_map<std::string, Known> known_;  // guarded by mutex_
};

}  // namespace carnet::query
