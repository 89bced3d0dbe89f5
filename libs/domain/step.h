// One change on its way through the fold: what every kind of change needs at hand.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "carnet/log/v1/log.pb.h"
#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/change.pb.h"
#include "domain/feed.h"
#include "domain/state.h"

namespace carnet::domain {

// How a kind of change ended. A rejected or malformed one is rolled back by the fold.
struct Verdict {
  carnet::v1::OutcomeStatus status = carnet::v1::OUTCOME_STATUS_APPLIED;
  std::string_view reason;  // of reasons.h
  std::string detail;       // a sentence, no personal data

  static Verdict Applied() { return {}; }
  static Verdict Duplicate() { return {carnet::v1::OUTCOME_STATUS_DUPLICATE, {}, {}}; }
  static Verdict Rejected(std::string_view reason, std::string detail) {
    return {carnet::v1::OUTCOME_STATUS_REJECTED, reason, std::move(detail)};
  }
  static Verdict DeadLetter(std::string_view reason, std::string detail) {
    return {carnet::v1::OUTCOME_STATUS_DEAD_LETTER, reason, std::move(detail)};
  }
  bool applied() const { return status == carnet::v1::OUTCOME_STATUS_APPLIED; }
};

// The change at hand and what is being made of it.
struct Step {
  const carnet::log::v1::Change& change;
  Overlay& state;
  carnet::log::v1::MerchantRow merchant;  // written back by the fold
  FeedWriter feed;

  uint64_t number = 0;        // of this change
  int64_t recorded_at = 0;    // micros, clamped
  int32_t recorded_day = 0;   // clamped
  int32_t effective_day = 0;  // after the clock check
  std::vector<std::string_view> flags;
  std::vector<carnet::v1::FieldViolation> violations;  // why a REQUEST is refused, field by field

  // What the outcome tells beside its status.
  std::string voucher_code;
  uint64_t voucher = 0;
  std::optional<Uuid> record;
  // The contact of a company that was named: what it buys is posted to the company.
  std::optional<Uuid> contact;
  // What the change says of a person is not kept: that person was forgotten, or is not who the
  // values were sealed for.
  bool drop_personal = false;

  bool is_fact() const { return change.intent() == carnet::v1::INTENT_FACT; }
  const std::string& merchant_name() const { return change.merchant(); }
  void Flag(std::string_view flag) { flags.push_back(flag); }

  // What merging of cells goes by: a channel's clock may be slow, but not ahead of ours.
  int64_t as_of() const { return std::min<int64_t>(change.occurred_at_micros(), recorded_at); }
};

}  // namespace carnet::domain
