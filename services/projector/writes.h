// Resource services' writes: a change like any other, then the card as it is after it.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "carnet/v1/change_service.pb.h"
#include "carnet/v1/customer_files.pb.h"
#include "domain/state.h"
#include "projector/moments.h"
#include "runtime/call.h"

namespace carnet::projector_service {

// Publishes changes in the name of `caller` and waits for their outcomes; calls `done` once, from
// any thread, with one answer for each, in order. Errors as ChangeService.Publish. Empty in a
// process that takes no changes.
using Published = std::vector<absl::StatusOr<v1::PublishResponse>>;
using PublishChanges =
    std::function<void(const access::Grant& caller, std::vector<v1::Change> changes,
                       absl::Time deadline, std::function<void(Published)> done)>;

// What would become of changes if they were published now, one after the other, on top of `views`:
// the outcome of each, or why it would not be taken. Nothing is appended or stored. Empty where
// PublishChanges is. An error of the whole: the fold would stop.
using Outcomes = std::vector<absl::StatusOr<v1::Outcome>>;
using PreviewChanges = std::function<absl::StatusOr<Outcomes>(
    const access::Grant& caller, std::vector<v1::Change> changes, const domain::Reader& views)>;

// What all requests to write have in common.
struct Write {
  std::string merchant;
  std::string request_id;  // empty: a fresh id is made
  std::string channel;     // empty: back-office
  std::string source;      // empty: api
  std::string actor;
};
Write WriteOf(std::string merchant, const std::string& request_id, const v1::Writer& writer);

// A REQUEST without a body.
v1::Change MakeChange(const Write& write);

// The status that a resource service answers where a change was not applied; OK where it was.
//   ABORTED(ETAG_CHANGED), NOT_FOUND, ALREADY_EXISTS(VALUE_TAKEN), INVALID_ARGUMENT(dead letters),
//   FAILED_PRECONDITION(any other reason), with a violation for each field.
absl::Status StatusOf(const v1::Outcome& outcome);

// Publishes, and calls `then(outcome, moment)` with a moment of the views that sees it, unless it
// was not applied: then `done` is called with StatusOf(). Errors besides: UNAVAILABLE(NO_GATEWAY).
using Then = std::function<absl::Status(const v1::PublishResponse&, const Moments::Moment&)>;
void PublishThen(const PublishChanges& publish, Moments* moments, v1::Change change,
                 const runtime::CallInfo& call, runtime::Done done, Then then);

// The same for what takes its time afterwards: `then(outcome, moment, done)` ends the call.
using ThenEnd =
    std::function<void(const v1::PublishResponse&, const Moments::Moment&, runtime::Done)>;
void PublishThenEnd(const PublishChanges& publish, Moments* moments, v1::Change change,
                    const runtime::CallInfo& call, runtime::Done done, ThenEnd then);

}  // namespace carnet::projector_service
