// Unary calls.
#pragma once

#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include <grpcpp/client_context.h>

#include "cli/session.h"
#include "runtime/grpc_status.h"

namespace carnet::cli {

template <typename Request>
void SetMinPosition(const Session& session, Request* request) {
  if constexpr (requires { request->mutable_min_position(); }) {
    if (session.min_position()) *request->mutable_min_position() = *session.min_position();
  }
}

// Calls &v1::XService::Stub::Method with the session's deadline and, where the request has one, its
// minimal position. Errors: the server's, with reason and field; gRPC's own.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(const Session& session,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                              Request request) {
  SetMinPosition(session, &request);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + session.options().timeout));
  session.AddCredentials(&context);
  Stub stub(session.channel());
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return runtime::FromGrpcStatus(status);
  return response;
}

// Calls a listing method page by page and `use(item)` for each of `items(response)`, `limit` of
// them at most (0: all).
template <typename Method, typename Request, typename Items, typename Use>
absl::Status ForEachOnPages(const Session& session, Method method, Request request, int64_t limit,
                            Items items, Use use) {
  constexpr int64_t kPage = 1000;
  for (int64_t count = 0;;) {
    const int64_t wanted = limit == 0 ? kPage : std::min(kPage, limit - count);
    request.set_page_size(static_cast<int32_t>(wanted));
    const auto page = Call(session, method, request);
    if (!page.ok()) return page.status();
    for (const auto& item : items(*page)) {
      if (absl::Status used = use(item); !used.ok()) return used;
      ++count;
    }
    if (page->next_page_token().empty() || (limit != 0 && count >= limit)) {
      return absl::OkStatus();
    }
    request.set_page_token(page->next_page_token());
  }
}

}  // namespace carnet::cli
