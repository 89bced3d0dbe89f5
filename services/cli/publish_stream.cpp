#include "cli/publish_stream.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include <grpcpp/client_context.h>

#include "base/error.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "cli/watchdog.h"
#include "cli/words.h"
#include "domain/reasons.h"
#include "runtime/grpc_status.h"
#include "runtime/json_lines.h"

namespace carnet::cli {
namespace {

// The contract's limits are 10,000 changes and 4 MiB a message; a quarter of it keeps answers
// coming.
constexpr size_t kMaxRequestBytes = size_t{1} << 20;
constexpr size_t kMaxChangeBytes = size_t{4} << 20;
constexpr size_t kMaxChunksInFlight = 64;

// The lines of one message: those that were sent, and between them those that could not be.
struct Chunk {
  std::vector<PublishedLine> lines;
  std::vector<size_t> sent;  // indexes into `lines`, in the order of the message's changes
};

// Chunks that were sent and not answered yet.
class InFlight {
 public:
  // Waits for room. False: closed.
  bool Push(Chunk chunk) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || chunks_.size() < kMaxChunksInFlight; });
    if (closed_) return false;
    unanswered_ += chunk.sent.size();
    chunks_.push_back(std::move(chunk));
    changed_.notify_all();
    return true;
  }

  // The oldest; waits for one. Nothing: there will be none any more.
  std::optional<Chunk> Pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !chunks_.empty(); });
    if (chunks_.empty()) return std::nullopt;
    Chunk chunk = std::move(chunks_.front());
    chunks_.pop_front();
    changed_.notify_all();
    return chunk;
  }

  void Answered(size_t count) {
    const std::lock_guard lock(mutex_);
    unanswered_ -= count;
  }

  void Close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  size_t unanswered() {
    const std::lock_guard lock(mutex_);
    return unanswered_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Chunk> chunks_;
  size_t unanswered_ = 0;  // changes
  bool closed_ = false;
};

// One line to one change.
absl::Status ParseLine(const Line& line, v1::Change* change) {
  if (line.too_long) {
    return Error(absl::StatusCode::kInvalidArgument, domain::reason::kRecordTooLarge,
                 "the line is longer than 16 MiB");
  }
  v1::PublishBatchRequest read;
  const std::string_view text = line.text;
  if (absl::Status parsed = runtime::ReadJsonLines({&text, 1}, &read).front(); !parsed.ok())
    return parsed;
  change->Swap(read.mutable_changes(0));
  // A message above the server's limit would end the stream for all.
  if (change->ByteSizeLong() > kMaxChangeBytes) {
    return Error(absl::StatusCode::kInvalidArgument, domain::reason::kRecordTooLarge,
                 "a change has at most 4 MiB");
  }
  return absl::OkStatus();
}

// Lines of files, but for blank ones.
class LineSource final : public ChangeSource {
 public:
  explicit LineSource(LineReader* lines) : lines_(lines) {}

  absl::StatusOr<bool> Next(Item* item) override {
    Line line;
    do {
      const auto next = lines_->Next(&line);
      if (!next.ok() || !*next) return next;
    } while (absl::StripAsciiWhitespace(line.text).empty() && !line.too_long);
    item->line = {.file = line.file, .number = line.number};
    item->change.Clear();
    if (const absl::Status parsed = ParseLine(line, &item->change); !parsed.ok())
      runtime::ToRpcStatus(parsed, item->line.result.mutable_error());
    return true;
  }
  bool Ready() override { return lines_->Ready(); }
  void Stop() override { lines_->Stop(); }

 private:
  LineReader* const lines_;
};

grpc::ClientContext* WithCredentials(const Session& session, grpc::ClientContext* context) {
  session.AddCredentials(context);
  return context;
}

class Stream {
 public:
  Stream(const Session& session, ChangeSource* changes, const PublishStreamOptions& options)
      : changes_(changes),
        options_(options),
        stub_(session.channel()),
        stream_(stub_.PublishBatch(WithCredentials(session, &context_))),
        watchdog_(session.options().timeout, [this] { context_.TryCancel(); }) {}

  absl::Status Run(const std::function<void(const PublishedLine&)>& each,
                   const std::function<void()>& after_message) {
    std::thread sender([this] { Send(); });
    const bool whole = Receive(each, after_message);
    in_flight_.Close();
    if (!whole) changes_->Stop();
    sender.join();
    return End();
  }

 private:
  // The sender's thread: reads changes and sends them, chunk after chunk.
  void Send() {
    ChangeSource::Item item;
    bool open = true;
    while (open) {
      const auto next = changes_->Next(&item);
      if (!next.ok()) read_error_ = next.status();
      if (!next.ok() || !*next) break;
      open = Add(&item);
      const bool full = chunk_.lines.size() >= static_cast<size_t>(options_.chunk);
      if (open && (full || !changes_->Ready())) open = Flush();
    }
    if (open) Flush();
    stream_->WritesDone();
    in_flight_.Close();
  }

  // False here and below: the stream is broken.
  bool Add(ChangeSource::Item* item) {
    PublishedLine& published = item->line;
    v1::Change& change = item->change;
    if (published.result.has_error()) {
      chunk_.lines.push_back(std::move(published));
      return true;
    }
    const size_t bytes = change.ByteSizeLong();
    if (request_bytes_ + bytes > kMaxRequestBytes && !Flush()) return false;
    request_bytes_ += bytes;
    published.change_id = change.id();
    published.merchant = change.merchant();
    *request_.add_changes() = std::move(change);
    chunk_.sent.push_back(chunk_.lines.size());
    chunk_.lines.push_back(std::move(published));
    return true;
  }

  bool Flush() {
    if (chunk_.lines.empty()) return true;
    const bool has_changes = !chunk_.sent.empty();
    if (!in_flight_.Push(std::exchange(chunk_, {}))) return false;
    request_.set_wait(options_.wait);
    const bool sent = !has_changes || stream_->Write(request_);
    request_.Clear();
    request_bytes_ = 0;
    return sent;  // Finish() will say why not
  }

  // The caller's thread: whether every message was answered.
  bool Receive(const std::function<void(const PublishedLine&)>& each,
               const std::function<void()>& after_message) {
    v1::PublishBatchResponse response;
    while (auto chunk = in_flight_.Pop()) {
      if (!chunk->sent.empty()) {
        watchdog_.Expect();
        const bool read = stream_->Read(&response);
        watchdog_.Answered();
        if (!read) return false;
        if (response.results_size() != static_cast<int>(chunk->sent.size())) {
          context_.TryCancel();
          return false;
        }
        for (size_t i = 0; i < chunk->sent.size(); ++i) {
          chunk->lines[chunk->sent[i]].result.Swap(response.mutable_results(static_cast<int>(i)));
        }
        in_flight_.Answered(chunk->sent.size());
      }
      for (const PublishedLine& line : chunk->lines) each(line);
      after_message();
    }
    return true;
  }

  absl::Status End() {
    absl::Status status = runtime::FromGrpcStatus(stream_->Finish());
    if (watchdog_.barked()) {
      status = absl::DeadlineExceededError("the server did not answer in time");
    }
    if (status.ok()) status = read_error_;
    // What gRPC says of a call that never left this process.
    const bool not_sent =
        absl::IsUnavailable(status) && absl::StartsWith(status.message(), "failed to connect");
    const size_t unknown = not_sent ? 0 : in_flight_.unanswered();
    if (unknown == 0 || status.ok()) return status;
    absl::Status told(status.code(),
                      absl::StrCat(std::string(status.message()), "; ", Count(unknown, "change"),
                                   " were sent without an answer: whether they "
                                   "count is unknown. Publish the same again: an "
                                   "id counts once"));
    status.ForEachPayload(
        [&](absl::string_view url, const absl::Cord& payload) { told.SetPayload(url, payload); });
    return told;
  }

  ChangeSource* const changes_;
  const PublishStreamOptions options_;
  grpc::ClientContext context_;
  v1::ChangeService::Stub stub_;
  const std::unique_ptr<grpc::ClientReaderWriter<v1::PublishBatchRequest, v1::PublishBatchResponse>>
      stream_;
  Watchdog watchdog_;
  InFlight in_flight_;

  // The sender's.
  Chunk chunk_;
  v1::PublishBatchRequest request_;
  size_t request_bytes_ = 0;
  absl::Status read_error_;  // the caller's, once the sender has ended
};

}  // namespace

absl::Status PublishChanges(const Session& session, ChangeSource* changes,
                            const PublishStreamOptions& options,
                            const std::function<void(const PublishedLine&)>& each,
                            const std::function<void()>& after_message) {
  return Stream(session, changes, options).Run(each, after_message);
}

absl::Status PublishLines(const Session& session, LineReader* lines,
                          const PublishStreamOptions& options,
                          const std::function<void(const PublishedLine&)>& each) {
  LineSource changes(lines);
  return PublishChanges(session, &changes, options, each);
}

}  // namespace carnet::cli
