#include "event_log/kafka/consumer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/error.h"
#include "base/fatal.h"
#include "event_log/kafka/handles.h"

namespace carnet::event_log {
namespace {

constexpr int kQueryMillis = 5000;
constexpr absl::Duration kAskAgainAfter = absl::Milliseconds(20);
constexpr int64_t kLongestWaitMillis = 3'600'000;

// Whether another broker leads the partition by now, or soon; or it was made just now, and not
// every broker knows of it.
bool IsOnTheMove(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
         error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
         error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
         error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

int MillisUntil(absl::Time deadline) {
  const int64_t millis =
      absl::ToInt64Milliseconds(absl::Ceil(deadline - absl::Now(), absl::Milliseconds(1)));
  return static_cast<int>(std::clamp<int64_t>(millis, 0, kLongestWaitMillis));
}

}  // namespace

void Message::Deleter::operator()(rd_kafka_message_s* message) const {
  rd_kafka_message_destroy(message);
}
int64_t Message::offset() const { return message_->offset; }
std::string_view Message::key() const {
  return {static_cast<const char*>(message_->key), message_->key_len};
}
std::string_view Message::value() const {
  return {static_cast<const char*>(message_->payload), message_->len};
}
bool Message::is_tombstone() const { return message_->payload == nullptr; }

absl::StatusOr<std::unique_ptr<Consumer>> Consumer::Make(const KafkaConnection& connection,
                                                         const Options& options) {
  auto conf =
      MakeConf(connection,
               {{"enable.auto.commit", "false"},
                {"enable.auto.offset.store", "false"},
                {"enable.partition.eof", "true"},
                {"auto.offset.reset", "error"},
                {"isolation.level", "read_committed"},
                {"check.crcs", "true"},
                {"socket.timeout.ms", "10000"},
                {"fetch.wait.max.ms", absl::StrCat(absl::ToInt64Milliseconds(options.long_poll))},
                {"fetch.error.backoff.ms", "50"},
                {"fetch.message.max.bytes", "4259840"},
                // Bytes alone bound what is read ahead. When they do, librdkafka looks again after
                // a second: enough to live on until then.
                {"queued.min.messages", "10000000"},
                {"queued.max.messages.kbytes", absl::StrCat(options.max_prefetched_bytes >> 10)}});
  if (!conf.ok()) return conf.status();
  std::unique_ptr<Consumer> consumer(new Consumer());
  rd_kafka_conf_set_error_cb(conf->get(), &Consumer::OnError);
  rd_kafka_conf_set_opaque(conf->get(), consumer.get());
  consumer->client_ = MakeClient(RD_KAFKA_CONSUMER, *std::move(conf));
  consumer->queue_ = rd_kafka_queue_new(consumer->client_);
  // So that errors of connections stand between the messages where they happened.
  rd_kafka_queue_t* const events = rd_kafka_queue_get_main(consumer->client_);
  rd_kafka_queue_forward(events, consumer->queue_);
  rd_kafka_queue_destroy(events);
  return consumer;
}

Consumer::~Consumer() {
  if (client_ == nullptr) return;
  Stop();
  rd_kafka_queue_t* const events = rd_kafka_queue_get_main(client_);
  rd_kafka_queue_forward(events, nullptr);
  rd_kafka_queue_destroy(events);
  rd_kafka_queue_destroy(queue_);
  rd_kafka_destroy(client_);
}

void Consumer::OnError(rd_kafka_s*, int error, const char* reason, void* consumer) {
  static_cast<Consumer*>(consumer)->trouble_ =
      absl::StrCat(rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(error)), " (", reason, ")");
}

absl::Status Consumer::Start(const std::string& topic, int32_t partition, int64_t offset) {
  Stop();
  topic_ = rd_kafka_topic_new(client_, topic.c_str(), nullptr);
  partition_ = partition;
  if (topic_ != nullptr && rd_kafka_consume_start_queue(topic_, partition, offset, queue_) == 0) {
    return absl::OkStatus();
  }
  const rd_kafka_resp_err_t error = rd_kafka_last_error();
  if (topic_ != nullptr) rd_kafka_topic_destroy(topic_);
  topic_ = nullptr;
  return KafkaError(error, "read");
}

void Consumer::Stop() {
  if (topic_ == nullptr) return;
  rd_kafka_consume_stop(topic_, partition_);
  rd_kafka_topic_destroy(topic_);
  topic_ = nullptr;
  while (rd_kafka_message_t* const left = rd_kafka_consume_queue(queue_, 0)) {
    rd_kafka_message_destroy(left);
  }
  trouble_.clear();
}

absl::StatusOr<Consumer::Event> Consumer::Poll(absl::Time deadline) {
  CARNET_ASSERT(topic_ != nullptr);
  rd_kafka_message_t* const raw = rd_kafka_consume_queue(queue_, MillisUntil(deadline));
  if (!trouble_.empty()) {
    if (raw != nullptr) rd_kafka_message_destroy(raw);
    const std::string trouble = std::exchange(trouble_, {});
    return Error(absl::StatusCode::kUnavailable, "KAFKA", absl::StrCat("read: ", trouble));
  }
  if (raw == nullptr) return Event{};
  if (raw->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    Event event;
    event.message.emplace(raw);
    return event;
  }
  const rd_kafka_resp_err_t error = raw->err;
  const int64_t offset = raw->offset;
  const std::string text = rd_kafka_message_errstr(raw);
  rd_kafka_message_destroy(raw);
  if (error == RD_KAFKA_RESP_ERR__PARTITION_EOF) return Event{.message = {}, .end = offset};
  if (error == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
      error == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
    return Error(absl::StatusCode::kOutOfRange, "LOG_CUT", absl::StrCat("read: ", text));
  }
  return Error(absl::StatusCode::kUnavailable, "KAFKA", absl::StrCat("read: ", text));
}

int64_t Consumer::KnownEnd() const {
  int64_t first = 0;
  int64_t end = 0;
  const rd_kafka_resp_err_t error = rd_kafka_get_watermark_offsets(
      client_, rd_kafka_topic_name(topic_), partition_, &first, &end);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? std::max<int64_t>(end, 0) : 0;
}

void Consumer::Wake() { rd_kafka_queue_yield(queue_); }

absl::StatusOr<std::unique_ptr<OffsetQueries>> OffsetQueries::Make(
    const KafkaConnection& connection) {
  auto conf = MakeConf(connection, {// Below, time-outs are not always heeded.
                                    {"socket.timeout.ms", absl::StrCat(kQueryMillis)},
                                    {"isolation.level", "read_committed"}});
  if (!conf.ok()) return conf.status();
  return std::unique_ptr<OffsetQueries>(
      new OffsetQueries(MakeClient(RD_KAFKA_CONSUMER, *std::move(conf))));
}

OffsetQueries::~OffsetQueries() {
  for (const auto& [name, topic] : followed_) rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client_);
}

void OffsetQueries::Follow(const std::string& topic) {
  const std::lock_guard lock(mutex_);
  rd_kafka_topic_t*& followed = followed_[topic];
  if (followed == nullptr) followed = rd_kafka_topic_new(client_, topic.c_str(), nullptr);
  CARNET_ASSERT(followed != nullptr);
}

absl::StatusOr<std::pair<int64_t, int64_t>> OffsetQueries::FirstAndEnd(const std::string& topic,
                                                                       int32_t partition) {
  Follow(topic);
  const absl::Time give_up = absl::Now() + absl::Milliseconds(kQueryMillis);
  while (true) {
    int64_t first = 0;
    int64_t end = 0;
    const rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
        client_, topic.c_str(), partition, &first, &end, kQueryMillis);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return std::make_pair(first, end);
    if (!IsOnTheMove(error) || absl::Now() > give_up) {
      return KafkaError(error, absl::StrCat("ends of ", topic, " ", partition));
    }
    absl::SleepFor(kAskAgainAfter);
  }
}

}  // namespace carnet::event_log
