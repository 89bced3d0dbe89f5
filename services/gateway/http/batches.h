// The door of tills that were offline: POST /v1/{merchant}/changes, changes as protobuf JSON, one
// a line, and a line of answer for each.
//
//   Authorization: Bearer KEY       always: who has no credentials file takes no batches
//   ?wait=true                      answer with the outcomes too
//
//   200, application/x-ndjson       a carnet.v1.PublishResult for each line that is not blank, in
//                                   order, when all that could be taken is durable
//   401, 403, 404, 405, 413, 503    nothing was taken; the body is a google.rpc.Status
//
// This is PublishBatch for who has no gRPC: the same changes go the same way, are checked the same,
// and may be sent by both. Sent again, in any split and order, a change counts once.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string_view>

#include "absl/status/statusor.h"

#include "gateway/publisher.h"
#include "runtime/guard.h"
#include "runtime/http_server.h"
#include "runtime/worker.h"

namespace carnet::gateway {

class Batches {
 public:
  static constexpr size_t kMaxLines = 10'000;
  static constexpr size_t kMaxBodyBytes = size_t{8} << 20;

  // Both must outlive this, and what it has published be answered before it goes.
  Batches(Publisher* publisher, runtime::Guard* guard);
  Batches(const Batches&) = delete;
  Batches& operator=(const Batches&) = delete;

  static bool IsBatchPath(std::string_view path);

  // For HttpLargeBodies: who may not publish for that merchant is refused unread.
  std::optional<runtime::HttpResponse> Refuse(const runtime::HttpRequest& head);

  // An HttpHandler, of requests at such a path.
  void Handle(runtime::HttpRequest request, runtime::HttpRespond respond);

  // Publishes no more: lines that have not been are answered as UNAVAILABLE(SHUTTING_DOWN). To be
  // called before the publisher's committer goes.
  void Stop();

 private:
  struct Batch;
  struct Lines;
  class Part;

  // Steps that are read and not published, of all batches: their messages take several times what
  // their JSON does.
  static constexpr int kStepsAhead = 4;

  absl::StatusOr<access::Caller> Admit(const runtime::HttpRequest& head);
  // Reads the next lines and hands them on. In the reader's thread.
  void Read(const std::shared_ptr<Batch>& batch);
  // Publishes them, or says that the server is going down. In the worker's thread.
  void Publish(const std::shared_ptr<Batch>& batch, Lines* lines);

  Publisher* const publisher_;
  runtime::Guard* const guard_;
  std::mutex mutex_;
  bool stop_ = false;  // guarded by mutex_
  // Before the threads that wait for it.
  std::counting_semaphore<kStepsAhead> may_read_{kStepsAhead};
  // Lines are read by one thread and published by another, each in their order; threads of the
  // server must not, and those of the log even less. Last: the reader ends first, as it hands on.
  runtime::Worker worker_;
  runtime::Worker reader_;
};

}  // namespace carnet::gateway
