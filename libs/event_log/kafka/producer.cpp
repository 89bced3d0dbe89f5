#include "event_log/kafka/producer.h"

#include <pthread.h>

#include <utility>

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "base/fatal.h"
#include "event_log/kafka/handles.h"

namespace carnet::event_log {
namespace {

// How long the thread sleeps when nothing happens; it is woken for all that does.
constexpr int kIdleMillis = 1000;
// What a call costs beside its bytes.
constexpr size_t kOverheadBytes = 64;

absl::StatusOr<ConfHandle> ProducerConf(const KafkaConnection& connection,
                                        const Producer::Options& options) {
  return MakeConf(
      connection,
      {{"enable.idempotence", "true"},  // with it: acks=all, at most 5 in flight
       {"acks", "all"},
       {"message.timeout.ms", absl::StrCat(absl::ToInt64Milliseconds(options.timeout))},
       {"request.timeout.ms",
        absl::StrCat(absl::ToInt64Milliseconds(std::min(options.timeout, absl::Seconds(10))))},
       {"socket.timeout.ms", "10000"},
       {"retry.backoff.ms", "50"},
       // Whoever appends has collected a group already.
       {"linger.ms", "0"},
       {"compression.codec", "lz4"},
       {"partitioner", "murmur2_random"},
       {"message.max.bytes", "8388608"},
       {"batch.size", "4194304"},
       {"batch.num.messages", "100000"},
       // This class bounds what is queued.
       {"queue.buffering.max.kbytes", "1048576"},
       {"queue.buffering.max.messages", "10000000"}});
}

}  // namespace

// One call of Produce() under way. Settled by the producer's thread alone.
struct Producer::Call {
  std::vector<int64_t> offsets;
  std::vector<Slot> slots;
  size_t unsettled = 0;
  size_t bytes = 0;
  absl::Status status;
  Answer done;
};

// One message of it.
struct Producer::Slot {
  Call* call;
  size_t index;
};

class Producer::Client {
 public:
  Client(ConfHandle conf, const std::string& topic)
      : client_(MakeClient(RD_KAFKA_PRODUCER, std::move(conf))),
        queue_(rd_kafka_queue_get_main(client_)),
        topic_(rd_kafka_topic_new(client_, topic.c_str(), nullptr)) {
    CARNET_ASSERT(topic_ != nullptr);
  }
  ~Client() {
    topic_.reset();
    rd_kafka_queue_destroy(queue_);
    rd_kafka_destroy(client_);
  }

  void Poll(int millis) { rd_kafka_queue_poll_callback(queue_, millis); }
  void Wake() { rd_kafka_queue_yield(queue_); }
  bool IsIdle() const { return rd_kafka_outq_len(client_) == 0; }
  bool HasGivenUp() const { return rd_kafka_fatal_error(client_, nullptr, 0) != 0; }
  // Everything under way is answered, by Poll().
  void GiveUp() {
    rd_kafka_purge(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (!IsIdle()) Poll(kIdleMillis);
  }
  rd_kafka_topic_t* topic() const { return topic_.get(); }

 private:
  rd_kafka_t* const client_;
  rd_kafka_queue_t* const queue_;
  TopicHandle topic_;
};

absl::StatusOr<std::unique_ptr<Producer>> Producer::Make(const KafkaConnection& connection,
                                                         const std::string& topic,
                                                         const Options& options) {
  // Settings are tried once; afterwards they are known to be good.
  if (const auto conf = ProducerConf(connection, options); !conf.ok()) return conf.status();
  return std::unique_ptr<Producer>(new Producer(connection, topic, options));
}

Producer::Producer(KafkaConnection connection, std::string topic, const Options& options)
    : connection_(std::move(connection)),
      topic_(std::move(topic)),
      options_(options),
      client_(NewClient()),
      thread_([this] { Run(); }) {}

std::unique_ptr<Producer::Client> Producer::NewClient() const {
  auto conf = ProducerConf(connection_, options_);
  CARNET_ASSERT(conf.ok());
  rd_kafka_conf_set_dr_msg_cb(conf->get(), &Producer::Delivered);
  rd_kafka_conf_set_opaque(conf->get(), const_cast<Producer*>(this));
  return std::make_unique<Client>(*std::move(conf), topic_);
}

Producer::~Producer() {
  stopping_ = true;
  {
    const std::lock_guard lock(mutex_);
    client_->Wake();
  }
  thread_.join();
}

void Producer::Produce(int32_t partition, const std::vector<Message>& messages,
                       absl::Status refused, Answer done) {
  CARNET_ASSERT(!messages.empty());
  auto* call = new Call();
  call->done = std::move(done);
  call->unsettled = messages.size();
  call->offsets.resize(messages.size());
  call->slots.reserve(messages.size());
  std::vector<rd_kafka_message_t> raw(messages.size());
  for (size_t i = 0; i < messages.size(); ++i) {
    const Message& message = messages[i];
    call->bytes += message.key.size() + message.value.size() + kOverheadBytes;
    call->slots.push_back({call, i});
    raw[i].key = const_cast<char*>(message.key.data());
    raw[i].key_len = message.key.size();
    raw[i].payload = message.tombstone ? nullptr : const_cast<char*>(message.value.data());
    raw[i].len = message.value.size();
    raw[i]._private = &call->slots[i];
  }
  const size_t queued = queued_bytes_.fetch_add(call->bytes);
  if (refused.ok() && queued > 0 && queued + call->bytes > options_.max_queued_bytes) {
    refused = Error(absl::StatusCode::kUnavailable, "LOG_BUSY",
                    "too much waits to be appended: wait for some answers, then send it again");
  }

  const std::lock_guard lock(mutex_);
  if (!refused.ok()) {
    for (Slot& slot : call->slots) refused_.emplace_back(&slot, refused);
    client_->Wake();
    return;
  }
  const int count = static_cast<int>(raw.size());
  // From here on the call may be gone: the thread settles what was taken.
  const int taken =
      rd_kafka_produce_batch(client_->topic(), partition, RD_KAFKA_MSG_F_COPY, raw.data(), count);
  if (taken == count) return;
  for (rd_kafka_message_t& message : raw) {
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    refused_.emplace_back(static_cast<Slot*>(message._private), KafkaError(message.err, "append"));
  }
  client_->Wake();
}

void Producer::Delivered(rd_kafka_s*, const rd_kafka_message_s* message, void* producer) {
  absl::Status status;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) status = KafkaError(message->err, "append");
  static_cast<Producer*>(producer)->Settle(static_cast<Slot*>(message->_private), std::move(status),
                                           message->offset);
}

void Producer::Settle(Slot* slot, absl::Status status, int64_t offset) {
  Call* const call = slot->call;
  call->offsets[slot->index] = offset;
  // A message that is unknown makes the call unknown, whatever the others say.
  if (!status.ok() && (call->status.ok() || absl::IsUnavailable(status))) {
    call->status = std::move(status);
  }
  if (--call->unsettled > 0) return;
  queued_bytes_ -= call->bytes;
  const std::unique_ptr<Call> settled(call);
  if (settled->status.ok()) {
    settled->done(std::move(settled->offsets));
  } else {
    settled->done(std::move(settled->status));
  }
}

void Producer::ServeRefused() {
  std::deque<std::pair<Slot*, absl::Status>> refused;
  {
    const std::lock_guard lock(mutex_);
    refused.swap(refused_);
  }
  for (auto& [slot, status] : refused) Settle(slot, std::move(status), -1);
}

void Producer::Replace() {
  std::unique_ptr<Client> fresh = NewClient();
  {
    const std::lock_guard lock(mutex_);
    client_.swap(fresh);
  }
  fresh->GiveUp();
}

void Producer::Run() {
  pthread_setname_np(pthread_self(), "kafka-produce");
  while (!stopping_) {
    client_->Poll(kIdleMillis);
    ServeRefused();
    if (client_->HasGivenUp()) Replace();
  }
  // Each message ends by its own timeout.
  while (!client_->IsIdle() && !client_->HasGivenUp()) client_->Poll(kIdleMillis);
  client_->GiveUp();
  ServeRefused();
}

}  // namespace carnet::event_log
