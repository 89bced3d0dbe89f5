// Merchants' policies, for a gateway that folds nothing: asked of the projectors.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"

#include "carnet/log/v1/card_rows.pb.h"

namespace carnet::gateway {

class Projectors;

// May be used from any thread.
class RemotePolicies {
 public:
  // Of a merchant in use, policy is asked for again after `fresh_for`. `projectors` must outlive
  // this.
  explicit RemotePolicies(Projectors* projectors, absl::Duration fresh_for = absl::Seconds(1));

  // The policy as a projector had it a moment ago; never null, empty where there is none or none
  // was told. Waits for an answer, some seconds at most, where the merchant is not known yet; later
  // ones are fetched meanwhile. Called in gRPC's threads, so waiting needs none of them.
  std::shared_ptr<const log::v1::PolicyRow> Of(std::string_view merchant, int32_t partition);

 private:
  // Answers may come when this is gone.
  struct State;

  void Refresh(const std::string& merchant, int32_t partition);

  Projectors* const projectors_;
  const absl::Duration fresh_for_;
  const std::shared_ptr<State> state_;
};

}  // namespace carnet::gateway
