// What happens in a few shops, as it comes to a log: all kinds of changes, their repetitions, and
// what goes wrong with clocks, forms and tills. The same again for the same seed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "carnet/log/v1/log.pb.h"
#include "event_log/event_log.h"
#include "tests/simulation/sayings.h"
#include "tests/simulation/seeded_random.h"

namespace carnet::simulation {

// A change on its way to the log.
struct Said {
  carnet::log::v1::Change change;
  // What is wrong with the record around it.
  enum class Record {
    kSound,
    kUnknownField,   // beside the change: kept aside, under its merchant
    kOtherKey,       // the key is another merchant
    kOddMerchant,    // no name a merchant can have
    kGarbage,        // no message at all
    kEmpty,          // a message without a change
    kManifestAgain,  // a second manifest
  } record = Record::kSound;
  // Appended to a partition that is not its merchant's.
  bool misplaced = false;
};

event_log::Record RecordOf(const Said& said);

// Whether it counts for its merchant, on a log of several partitions.
bool IsTrusted(const Said& said);

class History {
 public:
  explicit History(Random* random);

  Said Next();

  // The same change as a gateway would take it in once more.
  Said Again(const Said& said);

 private:
  struct Merchant {
    std::string name;
    int32_t utc_offset_minutes = 0;
    std::vector<Source> sources;
    std::vector<carnet::log::v1::Change> past;
    // Sent with something wrong; what was meant.
    std::vector<carnet::log::v1::Change> to_correct;
  };

  // The gateways' clock; it jumps now and then.
  int64_t Now();
  void Stamp(const Merchant& merchant, carnet::log::v1::Change* change);
  // Who, when and for whom; then the body.
  carnet::log::v1::Change New(Merchant* merchant);
  void SetTimes(const Merchant& merchant, carnet::log::v1::Change* change);
  void SetBody(Source* source, carnet::log::v1::Change* change);
  void SayLinkOrUnlink(const std::string& merchant, carnet::log::v1::Change* change);
  std::optional<carnet::log::v1::Change> Repeat(Merchant* merchant);
  Uuid DrawRecord(const Merchant& merchant);

  Random* const random_;
  int64_t now_micros_;
  std::vector<Merchant> merchants_;
};

}  // namespace carnet::simulation
