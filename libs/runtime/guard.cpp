#include "runtime/guard.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>

#include "base/error.h"
#include "runtime/logging.h"
#include "runtime/message_codec.h"

namespace carnet::runtime {
namespace {

constexpr int64_t kLinesPerSecond = 10;
constexpr std::string_view kScheme = "Bearer ";

absl::Status NotMissing() {
  return Error(absl::StatusCode::kUnauthenticated, "CREDENTIALS_REFUSED",
               "the key or token is unknown, has expired or was revoked");
}

absl::Status Missing() {
  return Error(absl::StatusCode::kUnauthenticated, "CREDENTIALS_MISSING",
               "this server wants a key or token: metadata authorization: Bearer …");
}

// What the credential is for is no secret; what there is outside of it is.
absl::Status Denied(access::Refusal refusal) {
  std::string what;
  switch (refusal) {
    case access::Refusal::kChannel:
      what = "this credential may not publish in the name of that channel";
      break;
    case access::Refusal::kKind:
      what = "this credential may not publish that kind of change";
      break;
    case access::Refusal::kIntent:
      what = "this credential may not publish with that intent";
      break;
    default:
      what = "this credential does not allow that";
  }
  return Error(absl::StatusCode::kPermissionDenied, "ACCESS_DENIED", what);
}

}  // namespace

absl::StatusOr<access::Caller> Guard::Authenticate(std::string_view credential,
                                                   std::string_view method, Peer peer) {
  if (credentials_ == nullptr) return access::Anybody();
  if (credential.empty()) return Refuse(Missing(), method, "missing", "", peer);
  auto answer = credentials_->Authenticate(credential, absl::Now());
  if (answer.caller != nullptr) return std::move(answer.caller);
  return Refuse(NotMissing(), method, answer.refused, answer.who, peer);
}

absl::StatusOr<access::Caller> Guard::AuthenticateHeader(std::string_view header,
                                                         std::string_view method, Peer peer) {
  if (credentials_ != nullptr && !header.empty()) {
    if (header.size() < kScheme.size() ||
        !absl::EqualsIgnoreCase({header.data(), kScheme.size()},
                                {kScheme.data(), kScheme.size()})) {
      return Refuse(NotMissing(), method, "malformed", "", peer);
    }
    header.remove_prefix(kScheme.size());
  }
  return Authenticate(header, method, peer);
}

absl::Status Guard::Authorize(const access::Grant& grant, const access::Facts& facts,
                              std::string_view method, Peer peer) {
  if (grant.everything) return absl::OkStatus();
  const access::Refusal refusal = access::Check(grant, facts, absl::Now());
  if (refusal == access::Refusal::kNone) return absl::OkStatus();
  return Refuse(refusal == access::Refusal::kExpired ? NotMissing() : Denied(refusal), method,
                access::Name(refusal), grant.who, peer);
}

absl::Status Guard::Admit(const grpc::CallbackServerContext& context, const access::Rule* rule,
                          access::Caller* caller) {
  if (credentials_ == nullptr) {
    *caller = access::Anybody();
    return absl::OkStatus();
  }
  const auto peer = [&] { return context.peer(); };
  if (rule == nullptr) return Refuse(Denied(access::Refusal::kPermission), "", "no rule", "", peer);
  const auto [first, end] = context.client_metadata().equal_range("authorization");
  std::string_view header;
  if (first != end) {
    header = {first->second.data(), first->second.size()};
    if (header.empty() || std::next(first) != end) {
      return Refuse(NotMissing(), rule->method(), "malformed", "", peer);
    }
  }
  auto authenticated = AuthenticateHeader(header, rule->method(), peer);
  if (!authenticated.ok()) return authenticated.status();
  *caller = *std::move(authenticated);
  return absl::OkStatus();
}

absl::Status Guard::Authorize(const grpc::CallbackServerContext& context, const access::Rule* rule,
                              const access::Grant& grant,
                              const google::protobuf::Message* request) {
  if (grant.everything) return absl::OkStatus();
  const access::Facts facts = request == nullptr ? access::Facts{.permission = rule->permission()}
                                                 : rule->FactsOf(*request);
  return Authorize(grant, facts, rule->method(), [&] { return context.peer(); });
}

absl::Status Guard::AuthorizeNext(const grpc::CallbackServerContext& context,
                                  const access::Rule* rule, const access::Grant& grant,
                                  const grpc::ByteBuffer& request, bool* named) {
  if (grant.everything || rule->each_change()) return absl::OkStatus();
  const auto message = rule->NewRequest();
  if (absl::Status parsed = ParseMessage(request, message.get()); !parsed.ok()) return parsed;
  if (*named && rule->FactsOf(*message).merchant.empty()) return absl::OkStatus();
  *named = true;
  return Authorize(context, rule, grant, message.get());
}

void Guard::Look() {
  if (credentials_ == nullptr) return;
  const auto reloaded = credentials_->Reload();
  if (!reloaded.ok()) {
    metrics_
        ->AddCounter("carnet_access_reload_failures_total",
                     "How often changed files of credentials could not be read.")
        .Add();
    Log(LogLevel::kError, "credentials were not read again: those before still hold",
        {{"because", std::string(reloaded.status().message())}});
  } else if (*reloaded) {
    Log(LogLevel::kInfo, "credentials were read again");
  }
  const absl::Time now = absl::Now();
  streams_.StopUnless([&](const access::Grant& grant) { return credentials_->Holds(grant, now); },
                      NotMissing());
}

absl::Status Guard::Refuse(absl::Status status, std::string_view method, std::string_view why,
                           std::string_view who, Peer peer) {
  metrics_
      ->AddCounter("carnet_access_refused_total",
                   "Calls and changes that were refused for want of credentials or rights.",
                   {{"method", std::string(method)}, {"why", std::string(why)}})
      .Add();
  {
    const std::lock_guard lock(log_mutex_);
    const absl::Time now = absl::Now();
    if (now - log_second_ >= absl::Seconds(1)) {
      if (lines_in_second_ > kLinesPerSecond) {
        Log(LogLevel::kWarning, "refused more, without a line each",
            {{"count", absl::StrCat(lines_in_second_ - kLinesPerSecond)}});
      }
      log_second_ = now;
      lines_in_second_ = 0;
    }
    if (++lines_in_second_ > kLinesPerSecond) return status;
  }
  Log(LogLevel::kWarning, "refused",
      {{"method", std::string(method)},
       {"why", std::string(why)},
       {"key", std::string(who)},
       {"peer", peer()}});
  return status;
}

}  // namespace carnet::runtime
