#include "gateway/remote_policies.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"

#include "gateway/projectors.h"

namespace carnet::gateway {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(1);

using Row = std::shared_ptr<const log::v1::PolicyRow>;

Row RowOf(v1::GetPolicyResponse* response) {
  auto row = std::make_shared<log::v1::PolicyRow>();
  row->mutable_policy()->Swap(response->mutable_policy());
  // The etag is the number of the change that last changed it.
  uint64_t number = 0;
  if (absl::SimpleAtoi(response->etag(), &number)) row->set_change_number(number);
  return row;
}

}  // namespace

struct RemotePolicies::State {
  struct Known {
    Row row = std::make_shared<log::v1::PolicyRow>();
    absl::Time ask_after = absl::InfinitePast();
    bool asking = false;
    bool answered = false;  // by somebody, ever; or given up
  };

  std::mutex mutex;
  std::condition_variable answered;
  absl::flat_hash_map<std::string, Known> merchants;  // guarded by mutex
};

RemotePolicies::RemotePolicies(Projectors* projectors, absl::Duration fresh_for)
    : projectors_(projectors), fresh_for_(fresh_for), state_(std::make_shared<State>()) {}

void RemotePolicies::Ask(const std::string& merchant, int32_t partition, absl::Time deadline) {
  v1::GetPolicyRequest request;
  request.set_merchant(merchant);
  projectors_->GetPolicy(request, partition, deadline,
                         [state = state_, merchant,
                          fresh_for = fresh_for_](absl::StatusOr<v1::GetPolicyResponse> response) {
                           const std::lock_guard lock(state->mutex);
                           State::Known& asked = state->merchants[merchant];
                           if (response.ok()) asked.row = RowOf(&*response);
                           asked.ask_after = absl::Now() + fresh_for;
                           asked.asking = false;
                           asked.answered = true;
                           state->answered.notify_all();
                         });
}

Row RemotePolicies::Of(std::string_view merchant, int32_t partition) {
  const absl::Time now = absl::Now();
  std::unique_lock lock(state_->mutex);
  const auto found = state_->merchants.find(absl::string_view(merchant.data(), merchant.size()));
  if (found != state_->merchants.end() && found->second.answered &&
      (found->second.asking || now < found->second.ask_after)) {
    return found->second.row;
  }
  const std::string name(merchant);
  if (State::Known& known = state_->merchants[name]; !known.asking) {
    known.asking = true;
    lock.unlock();
    Ask(name, partition, now + kPatience);
    lock.lock();
  }
  // No reference is kept over a wait: the table may grow.
  state_->answered.wait_for(lock, absl::ToChronoNanoseconds(2 * kPatience),
                            [&] { return state_->merchants[name].answered; });
  return state_->merchants[name].row;
}

}  // namespace carnet::gateway
