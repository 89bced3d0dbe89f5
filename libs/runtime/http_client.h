// An HTTP client for few and small requests, to servers that an operator has named.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace carnet::runtime {

struct HttpAnswer {
  int status = 0;
  std::string body;
  int retry_after_seconds = 0;  // 0: not said
};

// Whether it is a URL that may be asked: https://…, or http:// to a loopback address, written as
// numbers. Error: INVALID_ARGUMENT(URL_MALFORMED), which says nothing of what follows the path.
absl::Status CheckUrl(std::string_view url);

// TLS is 1.2 or newer, the server's certificate is verified, and that it is the named server's.
// Redirects are not followed. All functions may be called from any thread.
class HttpClient {
 public:
  struct Options {
    absl::Duration timeout = absl::Seconds(10);  // of a whole exchange
    size_t body_bytes = size_t{1} << 20;
    std::string ca_file;  // roots, PEM; empty: those of the system
  };
  // Error: FAILED_PRECONDITION(TLS_FILES).
  static absl::StatusOr<std::unique_ptr<HttpClient>> Start(const Options& options);
  // As Stop().
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `done` is called once, in the client's own thread, and should not block; any status is an
  // answer. Errors: CheckUrl()'s; UNAVAILABLE(HTTP_NO_ANSWER): no whole answer came in time, or
  // nobody trustworthy would have given it.
  using Done = std::function<void(absl::StatusOr<HttpAnswer>)>;
  void Get(const std::string& url, Done done);

  // What is under way, and what is asked for later, is given up: its `done` is not called any more
  // when this returns. Not from a `done`, nor from two threads.
  void Stop();

 private:
  struct Impl;
  explicit HttpClient(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace carnet::runtime
