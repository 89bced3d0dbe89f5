#include "gateway/http/batches.h"

#include <algorithm>
#include <atomic>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/status.pb.h"
#include <google/protobuf/arena.h>
#include <google/protobuf/util/json_util.h>

#include "access/grant.h"
#include "base/error.h"
#include "domain/form.h"
#include "domain/reasons.h"
#include "gateway/results.h"
#include "runtime/grpc_status.h"
#include "runtime/json_lines.h"

namespace carnet::gateway {
namespace {

using runtime::HttpRequest;
using runtime::HttpRespond;
using runtime::HttpResponse;

// In metrics and logs.
constexpr std::string_view kMethod = "POST changes";

// Lines of one step: large enough to share what JSON costs, small enough that batches of several
// tills take turns.
constexpr size_t kStepLines = 200;
constexpr size_t kStepBytes = size_t{1} << 20;

constexpr std::string_view kPrefix = "/v1/";
constexpr std::string_view kSuffix = "/changes";

std::string_view MerchantOf(std::string_view path) {
  path.remove_prefix(kPrefix.size());
  path.remove_suffix(kSuffix.size());
  return path;
}

int StatusOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kUnimplemented:
      return 405;
    case absl::StatusCode::kOutOfRange:
      return 413;
    default:
      return 503;
  }
}

HttpResponse Refusal(const absl::Status& status) {
  google::rpc::Status rpc;
  runtime::ToRpcStatus(status, &rpc);
  std::string body;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  if (!google::protobuf::util::MessageToJsonString(rpc, &body, options).ok()) body.clear();
  return {.status = StatusOf(status), .body = body + "\n", .content_type = "application/json"};
}

std::vector<std::string_view> LinesOf(std::string_view body) {
  std::vector<std::string_view> lines;
  while (!body.empty()) {
    const size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) lines.push_back(line);
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return lines;
}

}  // namespace

// One request.
struct Batches::Batch {
  access::Caller caller;
  std::string merchant;
  bool wait = false;
  std::string body;
  std::vector<std::string_view> lines;  // of `body`
  HttpRespond respond;

  size_t next = 0;                   // the reader's: the first line that is not read yet
  std::vector<std::string> answers;  // the worker's: of each part, in order
  // The worker's: parts that are not written, and one more while lines are left to publish.
  size_t unwritten = 1;

  void Written() {
    if (--unwritten > 0) return;
    HttpResponse response{.status = 200, .content_type = "application/x-ndjson"};
    size_t size = 0;
    for (const std::string& answer : answers) size += answer.size();
    response.body.reserve(size);
    for (const std::string& answer : answers) response.body += answer;
    respond(std::move(response));
  }
};

// Some lines of it on their way into the log.
class Batches::Part final : public Publication {
 public:
  Part(Batches* batches, std::shared_ptr<Batch> batch)
      : batches_(batches), batch_(std::move(batch)), number_(batch_->answers.size()) {
    wait = batch_->wait;
    batch_->answers.emplace_back();
    ++batch_->unwritten;
  }

  void Answer() override {
    auto response = std::make_shared<v1::PublishBatchResponse>();
    AddResults(*batches_->publisher_, this, response.get());
    batches_->worker_.Post([batch = batch_, number = number_, response] {
      batch->answers[number] = runtime::WriteJsonLines(*response);
      batch->Written();
    });
  }

 private:
  Batches* const batches_;
  const std::shared_ptr<Batch> batch_;
  const size_t number_;
};

Batches::Batches(Publisher* publisher, runtime::Guard* guard)
    : publisher_(publisher), guard_(guard) {}

bool Batches::IsBatchPath(std::string_view path) {
  return path.size() > kPrefix.size() + kSuffix.size() && path.starts_with(kPrefix) &&
         path.ends_with(kSuffix) && MerchantOf(path).find('/') == std::string_view::npos;
}

absl::StatusOr<access::Caller> Batches::Admit(const HttpRequest& head) {
  // The doors of channels need no credentials file, as what comes there is signed. Whoever can
  // reach them must not be able to publish anything whatever.
  if (guard_->credentials() == nullptr) {
    return Error(absl::StatusCode::kPermissionDenied, "CREDENTIALS_NOT_CONFIGURED",
                 "batches are taken where access.file says whose keys may send them");
  }
  const auto peer = [] { return std::string("http"); };
  const auto count = std::count_if(head.headers.begin(), head.headers.end(), [](const auto& field) {
    return field.first == "authorization";
  });
  auto caller =
      guard_->AuthenticateHeader(count > 1 ? "twice" : head.Header("authorization"), kMethod, peer);
  if (!caller.ok()) return caller;
  const std::string_view merchant = MerchantOf(head.path);
  if (absl::Status theirs = guard_->Authorize(
          **caller,
          {.permission = v1::PERMISSION_PUBLISH, .merchant = merchant, .has_merchant = true},
          kMethod, peer);
      !theirs.ok()) {
    return theirs;
  }
  if (head.method != "POST") {
    return Error(absl::StatusCode::kUnimplemented, "METHOD_NOT_ALLOWED",
                 "changes are sent by POST");
  }
  if (!domain::IsName(merchant)) {
    return Error(absl::StatusCode::kNotFound, domain::reason::kNameMalformed,
                 "no merchant can have that name", "merchant");
  }
  return caller;
}

std::optional<HttpResponse> Batches::Refuse(const HttpRequest& head) {
  const auto caller = Admit(head);
  if (caller.ok()) return std::nullopt;
  return Refusal(caller.status());
}

void Batches::Handle(HttpRequest request, HttpRespond respond) {
  auto caller = Admit(request);
  if (!caller.ok()) return respond(Refusal(caller.status()));
  auto batch = std::make_shared<Batch>();
  batch->caller = *std::move(caller);
  batch->merchant = std::string(MerchantOf(request.path));
  batch->wait = request.query == "wait=true";
  batch->body = std::move(request.body);
  batch->lines = LinesOf(batch->body);
  if (batch->lines.size() > kMaxLines) {
    return respond(Refusal(Error(
        absl::StatusCode::kOutOfRange, domain::reason::kTooManyValues,
        absl::StrCat("a request takes ", kMaxLines, " lines at most: send the rest in another"))));
  }
  batch->respond = std::move(respond);
  reader_.Post([this, batch] { Read(batch); });
}

// Some lines of a batch, read. Waits while too many others are not published yet.
struct Batches::Lines {
  explicit Lines(std::counting_semaphore<kStepsAhead>* semaphore) : may_read(semaphore) {
    may_read->acquire();
  }
  ~Lines() { may_read->release(); }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  std::counting_semaphore<kStepsAhead>* const may_read;
  google::protobuf::Arena arena;
  v1::PublishBatchRequest* read =
      google::protobuf::Arena::CreateMessage<v1::PublishBatchRequest>(&arena);
  std::vector<absl::Status> statuses;  // of each
};

void Batches::Read(const std::shared_ptr<Batch>& batch) {
  const size_t first = batch->next;
  for (size_t bytes = 0;
       batch->next < batch->lines.size() && batch->next - first < kStepLines && bytes < kStepBytes;
       ++batch->next) {
    bytes += batch->lines[batch->next].size();
  }
  auto lines = std::make_shared<Lines>(&may_read_);
  lines->statuses = runtime::ReadJsonLines(
      std::span(batch->lines.data() + first, batch->next - first), lines->read);
  const bool is_last = batch->next == batch->lines.size();
  worker_.Post([this, batch, lines, is_last] {
    if (!lines->statuses.empty()) Publish(batch, lines.get());
    if (is_last) batch->Written();
  });
  if (!is_last) reader_.Post([this, batch] { Read(batch); });
}

void Batches::Publish(const std::shared_ptr<Batch>& batch, Lines* lines) {
  const std::lock_guard lock(mutex_);  // Stop() waits
  if (stop_) {
    v1::PublishBatchResponse response;
    for (size_t i = 0; i < lines->statuses.size(); ++i) {
      runtime::ToRpcStatus(Error(absl::StatusCode::kUnavailable, "SHUTTING_DOWN",
                                 "the server is going down: send it again"),
                           response.add_results()->mutable_error());
    }
    batch->answers.push_back(runtime::WriteJsonLines(response));
    return;
  }
  auto part = std::make_unique<Part>(this, batch);
  part->changes.reserve(lines->statuses.size());
  for (size_t i = 0; i < lines->statuses.size(); ++i) {
    v1::Change* change = lines->read->mutable_changes(static_cast<int>(i));
    absl::Status& status = lines->statuses[i];
    if (change->merchant().empty()) change->set_merchant(batch->merchant);
    if (status.ok() && change->merchant() != batch->merchant) {
      status = Error(absl::StatusCode::kInvalidArgument, "OTHER_MERCHANT",
                     "the change is of another merchant than the address says", "change.merchant");
    }
    if (status.ok()) {
      publisher_->Add(*batch->caller, change, part.get());
    } else {
      publisher_->Refuse(std::move(status), part.get());
    }
  }
  publisher_->Publish(std::move(part));
}

void Batches::Stop() {
  const std::lock_guard lock(mutex_);
  stop_ = true;
}

}  // namespace carnet::gateway
