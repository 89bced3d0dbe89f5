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

  void Answer(const std::string& merchant, absl::Duration fresh_for,
              absl::StatusOr<v1::GetPolicyResponse> response) {
    const std::lock_guard lock(mutex);
    Known& asked = merchants[merchant];
    if (response.ok()) asked.row = RowOf(&*response);
    asked.ask_after = absl::Now() + fresh_for;
    asked.asking = false;
    asked.answered = true;
    answered.notify_all();
  }

  std::mutex mutex;
  std::condition_variable answered;
  absl::flat_hash_map<std::string, Known> merchants;  // guarded by mutex
};

RemotePolicies::RemotePolicies(Projectors* projectors, absl::Duration fresh_for)
    : projectors_(projectors), fresh_for_(fresh_for), state_(std::make_shared<State>()) {}

void RemotePolicies::Refresh(const std::string& merchant, int32_t partition) {
  v1::GetPolicyRequest request;
  request.set_merchant(merchant);
  projectors_->GetPolicy(request, partition, absl::Now() + kPatience,
                         [state = state_, merchant,
                          fresh_for = fresh_for_](absl::StatusOr<v1::GetPolicyResponse> response) {
                           state->Answer(merchant, fresh_for, std::move(response));
                         });
}

Row RemotePolicies::Of(std::string_view merchant, int32_t partition) {
  const std::string name(merchant);
  std::unique_lock lock(state_->mutex);
  State::Known& known = state_->merchants[name];
  if (known.answered) {
    Row row = known.row;
    if (!known.asking && absl::Now() >= known.ask_after) {
      known.asking = true;
      lock.unlock();
      Refresh(name, partition);
    }
    return row;
  }
  if (!known.asking) {
    known.asking = true;
    lock.unlock();
    v1::GetPolicyRequest request;
    request.set_merchant(name);
    state_->Answer(name, fresh_for_,
                   projectors_->GetPolicyNow(request, partition, absl::Now() + kPatience));
    lock.lock();
  }
  // No reference is kept over a wait: the table may grow.
  state_->answered.wait(lock, [&] { return state_->merchants[name].answered; });
  return state_->merchants[name].row;
}

}  // namespace carnet::gateway
