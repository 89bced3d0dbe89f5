#include "event_log/kafka/quarantine_topic.h"

#include <algorithm>
#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/error.h"
#include "event_log/kafka/producer.h"

namespace carnet::event_log {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(15);

}  // namespace

absl::Status InitQuarantineTopic(Admin* admin, const std::string& topic, int32_t replicas) {
  const auto description = admin->Describe(topic);
  if (ReasonOf(description.status()) != "TOPIC_MISSING") return description.status();
  return admin->Create(topic, 1, replicas,
                       {{"cleanup.policy", "compact"},
                        {"unclean.leader.election.enable", "false"},
                        {"min.insync.replicas", replicas >= 2 ? "2" : "1"}});
}

QuarantineTopic::QuarantineTopic(const Identity& identity, KafkaConnection connection,
                                 std::string topic)
    : connection_(std::move(connection)), topic_(std::move(topic)), entries_(identity) {}

absl::Status QuarantineTopic::Check(Admin* admin) const {
  const auto description = admin->Describe(topic_);
  if (ReasonOf(description.status()) != "TOPIC_MISSING") return description.status();
  return Error(absl::StatusCode::kNotFound, "TOPIC_MISSING",
               absl::StrCat("there is no Kafka topic ", topic_,
                            ", which says what records were taken out of logs: `carnet log init` "
                            "makes it"));
}

absl::Status QuarantineTopic::Add(const log::v1::QuarantineEntry& entry, OffsetQueries* queries) {
  const std::lock_guard lock(mutex_);
  if (absl::Status status = CatchUp(queries); !status.ok()) return status;
  if (entries_.Has(entry)) return absl::OkStatus();
  // Once in a year: no producer is kept for it.
  auto producer = Producer::Make(connection_, topic_, {.timeout = kTimeout});
  if (!producer.ok()) return producer.status();
  std::promise<absl::Status> answer;
  (*producer)->Produce(0, {{.key = QuarantineKey(entry), .value = entry.SerializeAsString()}},
                       absl::OkStatus(), [&](const absl::StatusOr<std::vector<int64_t>>& offsets) {
                         answer.set_value(offsets.status());
                       });
  if (absl::Status status = answer.get_future().get(); !status.ok()) return status;
  return CatchUp(queries);
}

absl::StatusOr<std::vector<log::v1::QuarantineEntry>> QuarantineTopic::Of(int32_t partition,
                                                                          OffsetQueries* queries) {
  const std::lock_guard lock(mutex_);
  if (absl::Status status = CatchUp(queries); !status.ok()) return status;
  return entries_.Of(partition);
}

absl::Status QuarantineTopic::CatchUp(OffsetQueries* queries) {
  const auto ends = queries->FirstAndEnd(topic_, 0);
  if (!ends.ok()) return ends.status();
  // A topic that was made anew is shorter: what was decided stays decided here.
  if (position_ >= ends->second) return absl::OkStatus();
  auto consumer = Consumer::Make(connection_, {.long_poll = absl::Milliseconds(1)});
  if (!consumer.ok()) return consumer.status();
  if (absl::Status status = (*consumer)->Start(topic_, 0, position_); !status.ok()) return status;
  const absl::Time deadline = absl::Now() + kTimeout;
  while (position_ < ends->second) {
    auto event = (*consumer)->Poll(deadline);
    if (!event.ok()) return event.status();
    if (event->message) {
      entries_.Add(event->message->key(), event->message->value());
      position_ = event->message->offset() + 1;
    } else if (event->end) {
      position_ = std::max(position_, *event->end);
    } else {
      return Error(absl::StatusCode::kUnavailable, "KAFKA",
                   absl::StrCat("read: ", topic_, " gave nothing in time"));
    }
  }
  return absl::OkStatus();
}

}  // namespace carnet::event_log
