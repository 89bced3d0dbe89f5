// An HTTP/1.0 and 1.1 server for small requests from anywhere: everything that a sender can make
// large or slow is bounded.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "runtime/tls.h"

namespace carnet::runtime {

class Metrics;

struct HttpRequest {
  std::string method;                                        // "POST"
  std::string path;                                          // without the query
  std::string query;                                         // without the question mark
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;                                          // as read from the socket

  // Empty where there is none.
  std::string_view Header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
  int retry_after_seconds = 0;  // 0: not said
};

// Called once for each request, from any thread, while the server lives.
using HttpRespond = std::function<void(HttpResponse)>;
// Runs in a thread of the server, so it should not block; `respond` may be called later.
using HttpHandler = std::function<void(HttpRequest request, HttpRespond respond)>;

struct HttpLimits {
  size_t header_bytes = size_t{16} << 10;   // 431
  size_t body_bytes = size_t{1} << 20;      // 413
  size_t bodies_bytes = size_t{64} << 20;   // of all requests at once: 503
  size_t connections = 20'000;              // further ones are closed
  absl::Duration idle = absl::Seconds(60);  // between requests, and for a first one
  // For a whole request, from its first byte, and for a handshake: a sender of one byte a second is
  // cut off.
  absl::Duration read = absl::Seconds(15);
  absl::Duration write = absl::Seconds(15);
};

// Requests with larger bodies, from callers who are known before the body is read.
struct HttpLargeBodies {
  // Which; empty: none. Called for every request, in a thread of the server.
  std::function<bool(std::string_view path)> is_large;
  // Called for such a request before its body is read (the body is empty): an answer refuses it,
  // and its connection is closed.
  std::function<std::optional<HttpResponse>(const HttpRequest& head)> refuse;
  size_t body_bytes = size_t{8} << 20;     // 413
  size_t bodies_bytes = size_t{64} << 20;  // of all such at once: 503. Others don't share it
  absl::Duration read = absl::Minutes(2);  // for the body
};

// Serves until Shutdown(). Requests of one connection are answered one after the other.
class HttpServer {
 public:
  // Listens on every address ("127.0.0.1:8080"; port 0: the kernel picks one); without `tls` in
  // clear: then nothing but loopback should be given. TLS is 1.2 or newer; files that are replaced
  // hold for connections from a second or two later on. `metrics` must outlive the server. Errors:
  // UNAVAILABLE(ADDRESS_IN_USE), those of CheckTlsFiles().
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(
      const std::vector<std::string>& addresses, const HttpLimits& limits, HttpHandler handler,
      Metrics* metrics, const TlsFiles& tls = {}, HttpLargeBodies large = {});

  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // As given, with the actual ports.
  const std::vector<std::string>& addresses() const;

  // Takes no new requests, waits for answers under way for five seconds, closes what is left.
  void Shutdown();

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace carnet::runtime
