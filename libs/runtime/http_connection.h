// One connection of the HTTP server. Only for http_server.cpp.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "runtime/beast.h"
#include "runtime/byte_budget.h"
#include "runtime/http_server.h"
#include "runtime/tls_stream.h"

namespace carnet::runtime {

inline std::string TextOf(boost::beast::string_view text) { return {text.data(), text.size()}; }

// What all connections share.
struct HttpShared {
  HttpShared(const HttpLimits& the_limits, HttpHandler the_handler, HttpLargeBodies the_large)
      : limits(the_limits),
        large(std::move(the_large)),
        handler(std::move(the_handler)),
        bodies(the_limits.bodies_bytes),
        large_bodies(large.bodies_bytes) {}

  const HttpLimits limits;
  const HttpLargeBodies large;
  const HttpHandler handler;
  ByteBudget bodies;
  ByteBudget large_bodies;
  std::atomic<size_t> connections{0};
  std::atomic<bool> stopping{false};

  // Requests that are being answered.
  std::mutex mutex;
  std::condition_variable answered;
  size_t answering = 0;  // guarded by mutex

  std::atomic<uint64_t> requests{0};
  std::atomic<uint64_t> refused{0};  // by a limit, or for their form
};

inline std::chrono::nanoseconds Chrono(absl::Duration duration) {
  return absl::ToChronoNanoseconds(duration);
}

using HttpMessage = boost::beast::http::request<boost::beast::http::string_body>;

// Without the query.
inline std::string_view PathOf(const HttpMessage& message) {
  const std::string_view target(message.target().data(), message.target().size());
  return target.substr(0, target.find('?'));
}

// All but the body.
inline HttpRequest HeadOf(const HttpMessage& message) {
  HttpRequest request;
  request.method = TextOf(message.method_string());
  const std::string target = TextOf(message.target());
  const size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string::npos) request.query = target.substr(question + 1);
  for (const auto& field : message)
    request.headers.emplace_back(absl::AsciiStrToLower(TextOf(field.name_string())),
                                 TextOf(field.value()));
  return request;
}

using PlainStream = boost::beast::tcp_stream;

// Between requests, of which there may be thousands that never come, a connection holds little: the
// parser and the buffer are made when the first byte is there. `Stream` is PlainStream in clear, or
// TlsStream.
template <typename Stream>
class HttpConnection : public std::enable_shared_from_this<HttpConnection<Stream>> {
  using Error = boost::system::error_code;
  using Tcp = boost::asio::ip::tcp;

 public:
  // `tls`: null in clear.
  HttpConnection(Tcp::socket socket, std::shared_ptr<boost::asio::ssl::context> tls,
                 std::shared_ptr<HttpShared> shared)
      : tls_(std::move(tls)), stream_(MakeStream(std::move(socket))), shared_(std::move(shared)) {
    ++shared_->connections;
  }
  ~HttpConnection() {
    GiveBody();
    --shared_->connections;
  }

  void Start() {
    boost::asio::dispatch(stream_.get_executor(), [self = this->shared_from_this()] {
      if constexpr (kTls) {
        self->ShakeHands();
      } else {
        self->AwaitRequest();
      }
    });
  }

 private:
  // What one request needs.
  struct Exchange {
    explicit Exchange(const HttpLimits& limits) {
      parser.header_limit(static_cast<uint32_t>(limits.header_bytes));
      // Until the header has been looked at. (None at all is taken for zero by Beast 1.74.)
      parser.body_limit(std::numeric_limits<uint64_t>::max());
    }
    boost::beast::http::request_parser<boost::beast::http::string_body> parser;
    boost::beast::http::response<boost::beast::http::string_body> response;
  };

  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  Stream MakeStream(Tcp::socket socket) {
    if constexpr (kTls) {
      return Stream(std::move(socket), *tls_);
    } else {
      return Stream(std::move(socket));
    }
  }

  // As long as a request may take, from its first byte to its last.
  void ShakeHands() {
    stream_.expires_after(Chrono(shared_->limits.read));
    stream_.async_handshake([self = this->shared_from_this()](Error error) {
      if (!error) return self->AwaitRequest();
      ++self->shared_->refused;
      self->Close();
    });
  }

  void AwaitRequest() {
    exchange_.reset();
    if (shared_->stopping) return Close();
    if (buffer_.size() > 0) return ReadHeader();  // the sender did not wait for the answer
    buffer_ = boost::beast::flat_buffer();
    stream_.expires_after(Chrono(shared_->limits.idle));
    if constexpr (kTls) {
      stream_.async_wait_readable([self = this->shared_from_this()](Error error) {
        if (error) return self->Close();
        self->ReadHeader();
      });
      return;
    }
    first_bytes_.reset(new char[kFirstBytes]);
    stream_.async_read_some(boost::asio::buffer(first_bytes_.get(), kFirstBytes),
                            [self = this->shared_from_this()](Error error, size_t size) {
                              if (error) return self->Close();
                              boost::asio::buffer_copy(
                                  self->buffer_.prepare(size),
                                  boost::asio::buffer(self->first_bytes_.get(), size));
                              self->buffer_.commit(size);
                              self->first_bytes_.reset();
                              self->ReadHeader();
                            });
  }

  void ReadHeader() {
    is_large_ = false;
    exchange_.emplace(shared_->limits);
    // One deadline for the whole request: it does not begin again with each byte.
    stream_.expires_after(Chrono(shared_->limits.read));
    boost::beast::http::async_read_header(stream_, buffer_, exchange_->parser,
                                          [self = this->shared_from_this()](Error error, size_t) {
                                            if (error) return self->RefuseForm(error);
                                            self->HeaderRead();
                                          });
  }

  void HeaderRead() {
    auto& parser = exchange_->parser;
    const HttpLargeBodies& large = shared_->large;
    is_large_ = large.is_large && large.is_large(PathOf(parser.get()));
    if (is_large_) {
      if (auto refusal = large.refuse(HeadOf(parser.get()))) return Refuse(*std::move(refusal));
      stream_.expires_after(Chrono(large.read));
    }
    const auto length = parser.content_length();
    const size_t most = MostBodyBytes();
    if (length && *length > most) return RefuseSize();
    parser.body_limit(most);
    const size_t wanted = length ? static_cast<size_t>(*length) : parser.chunked() ? most : 0;
    if (!Budget().TryTake(wanted)) return Refuse(503, "too many requests at once");
    body_bytes_ = wanted;
    // Beast reads no more at once than the buffer has room for, which is what the header left.
    buffer_.reserve(std::min(wanted, kBytesAtOnce));
    if (boost::beast::iequals(parser.get()[boost::beast::http::field::expect], "100-continue"))
      return SendContinue();
    ReadBody();
  }

  void SendContinue() {
    static constexpr char kContinue[] = "HTTP/1.1 100 Continue\r\n\r\n";
    boost::asio::async_write(stream_, boost::asio::buffer(kContinue, sizeof kContinue - 1),
                             [self = this->shared_from_this()](Error error, size_t) {
                               if (error) return self->Close();
                               self->ReadBody();
                             });
  }

  void ReadBody() {
    boost::beast::http::async_read(stream_, buffer_, exchange_->parser,
                                   [self = this->shared_from_this()](Error error, size_t) {
                                     if (error) return self->RefuseForm(error);
                                     self->Handle();
                                   });
  }

  void Handle() {
    stream_.expires_never();
    ++shared_->requests;
    auto message = exchange_->parser.release();
    exchange_->response.version(message.version());
    exchange_->response.keep_alive(message.keep_alive() && !shared_->stopping);
    HttpRequest request = HeadOf(message);
    request.body = std::move(message.body());
    {
      const std::lock_guard lock(shared_->mutex);
      ++shared_->answering;
    }
    shared_->handler(std::move(request), [self = this->shared_from_this()](HttpResponse response) {
      boost::asio::post(
          self->stream_.get_executor(),
          [self, response = std::move(response)]() mutable { self->Answer(std::move(response)); });
    });
  }

  void Answer(HttpResponse response) {
    GiveBody();
    Write(std::move(response));
    const std::lock_guard lock(shared_->mutex);
    --shared_->answering;
    shared_->answered.notify_all();
  }

  // Keep-alive and version are set.
  void Write(HttpResponse answer) {
    auto& response = exchange_->response;
    response.result(static_cast<unsigned>(answer.status));
    response.set(boost::beast::http::field::content_type, answer.content_type);
    if (answer.retry_after_seconds > 0)
      response.set(boost::beast::http::field::retry_after,
                   std::to_string(answer.retry_after_seconds));
    response.body() = std::move(answer.body);
    response.prepare_payload();
    stream_.expires_after(Chrono(shared_->limits.write));
    boost::beast::http::async_write(stream_, response,
                                    [self = this->shared_from_this()](Error error, size_t) {
                                      if (error) return self->Close();
                                      if (!self->exchange_->response.keep_alive())
                                        return self->Linger();
                                      self->AwaitRequest();
                                    });
  }

  void RefuseForm(Error error) {
    if (error == boost::beast::http::error::body_limit) return RefuseSize();
    if (error == boost::beast::http::error::header_limit)
      return Refuse(431, "the header is too large");
    if (error == boost::beast::error::timeout) return Refuse(408, "the request took too long");
    const bool gone = error == boost::beast::http::error::end_of_stream ||
                      error == boost::asio::error::eof ||
                      error == boost::beast::http::error::partial_message ||
                      error == boost::asio::error::connection_reset ||
                      error == boost::asio::error::operation_aborted;
    if (gone) return Close();
    Refuse(400, "this is no HTTP request");
  }

  void RefuseSize() {
    Refuse(413, absl::StrCat("the body is too large: ", MostBodyBytes(), " bytes at most"));
  }

  void Refuse(int status, std::string_view why) {
    Refuse({.status = status, .body = absl::StrCat(std::string(why), "\n")});
  }

  // Says why, and closes: what comes behind can't be told from the rest of the request.
  void Refuse(HttpResponse response) {
    ++shared_->refused;
    if (!exchange_) return Close();
    exchange_->response.version(11);
    exchange_->response.keep_alive(false);
    Write(std::move(response));
  }

  // Closes when the sender has, or soon: closed at once, with unread bytes, the answer that is on
  // its way would be thrown away with them.
  void Linger() {
    GiveBody();
    exchange_.reset();
    stream_.expires_after(std::chrono::seconds(1));
    if constexpr (kTls) {
      stream_.async_shutdown([self = this->shared_from_this()](Error) { self->Close(); });
    } else {
      Error ignored;
      stream_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
      first_bytes_.reset(new char[kFirstBytes]);
      Discard();
    }
  }

  void Discard() {
    stream_.async_read_some(boost::asio::buffer(first_bytes_.get(), kFirstBytes),
                            [self = this->shared_from_this()](Error error, size_t) {
                              if (error) return self->Close();
                              self->Discard();
                            });
  }

  size_t MostBodyBytes() const {
    return is_large_ ? shared_->large.body_bytes : shared_->limits.body_bytes;
  }

  ByteBudget& Budget() { return is_large_ ? shared_->large_bodies : shared_->bodies; }

  void GiveBody() {
    if (body_bytes_ > 0) Budget().Give(body_bytes_);
    body_bytes_ = 0;
  }

  void Close() {
    Error ignored;
    stream_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
    stream_.close();
  }

  static constexpr size_t kFirstBytes = 2048;
  static constexpr size_t kBytesAtOnce = 64 << 10;  // the most that Beast reads

  const std::shared_ptr<boost::asio::ssl::context> tls_;
  Stream stream_;
  const std::shared_ptr<HttpShared> shared_;
  std::unique_ptr<char[]> first_bytes_;
  boost::beast::flat_buffer buffer_;
  std::optional<Exchange> exchange_;
  bool is_large_ = false;  // the request that is being read or answered
  size_t body_bytes_ = 0;  // taken from its budget
};

}  // namespace carnet::runtime
