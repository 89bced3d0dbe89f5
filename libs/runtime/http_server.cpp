#include "runtime/http_server.h"

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "runtime/beast.h"
#include "runtime/byte_budget.h"
#include "runtime/metrics.h"

namespace carnet::runtime {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using Error = boost::system::error_code;

constexpr int kThreads = 2;

// What all connections share.
struct Shared {
  Shared(const HttpLimits& the_limits, HttpHandler the_handler)
      : limits(the_limits), handler(std::move(the_handler)), bodies(the_limits.bodies_bytes) {}

  const HttpLimits limits;
  const HttpHandler handler;
  ByteBudget bodies;
  std::atomic<size_t> connections{0};
  std::atomic<bool> stopping{false};

  // Requests that are being answered.
  std::mutex mutex;
  std::condition_variable answered;
  size_t answering = 0;  // guarded by mutex

  std::atomic<uint64_t> requests{0};
  std::atomic<uint64_t> refused{0};  // by a limit, or for their form
};

std::chrono::nanoseconds Chrono(absl::Duration duration) {
  return absl::ToChronoNanoseconds(duration);
}

std::string Text(beast::string_view text) { return {text.data(), text.size()}; }

// Between requests, of which there may be thousands that never come, a connection holds little: the
// parser and the buffer are made when the first byte is there.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Tcp::socket socket, std::shared_ptr<Shared> shared)
      : stream_(std::move(socket)), shared_(std::move(shared)) {
    ++shared_->connections;
  }
  ~Connection() {
    GiveBody();
    --shared_->connections;
  }

  void Start() {
    asio::dispatch(stream_.get_executor(), [self = shared_from_this()] { self->AwaitRequest(); });
  }

 private:
  // What one request needs.
  struct Exchange {
    explicit Exchange(const HttpLimits& limits) {
      parser.header_limit(static_cast<uint32_t>(limits.header_bytes));
      parser.body_limit(limits.body_bytes);
    }
    http::request_parser<http::string_body> parser;
    http::response<http::string_body> response;
  };

  void AwaitRequest() {
    exchange_.reset();
    if (shared_->stopping) return Close();
    if (buffer_.size() > 0) return ReadHeader();  // the sender did not wait for the answer
    buffer_ = beast::flat_buffer();
    stream_.expires_after(Chrono(shared_->limits.idle));
    first_bytes_.reset(new char[kFirstBytes]);
    stream_.async_read_some(asio::buffer(first_bytes_.get(), kFirstBytes),
                            [self = shared_from_this()](Error error, size_t size) {
                              if (error) return self->Close();
                              asio::buffer_copy(self->buffer_.prepare(size),
                                                asio::buffer(self->first_bytes_.get(), size));
                              self->buffer_.commit(size);
                              self->first_bytes_.reset();
                              self->ReadHeader();
                            });
  }

  void ReadHeader() {
    exchange_.emplace(shared_->limits);
    // One deadline for the whole request: it does not begin again with each byte.
    stream_.expires_after(Chrono(shared_->limits.read));
    http::async_read_header(stream_, buffer_, exchange_->parser,
                            [self = shared_from_this()](Error error, size_t) {
                              if (error) return self->RefuseForm(error);
                              self->HeaderRead();
                            });
  }

  void HeaderRead() {
    const auto& parser = exchange_->parser;
    const auto length = parser.content_length();
    const size_t most = shared_->limits.body_bytes;
    if (length && *length > most) return Refuse(413, "the body is too large");
    const size_t wanted = length ? static_cast<size_t>(*length) : parser.chunked() ? most : 0;
    if (!shared_->bodies.TryTake(wanted)) return Refuse(503, "too many requests at once");
    body_bytes_ = wanted;
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) return SendContinue();
    ReadBody();
  }

  void SendContinue() {
    static constexpr char kContinue[] = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue, sizeof kContinue - 1),
                      [self = shared_from_this()](Error error, size_t) {
                        if (error) return self->Close();
                        self->ReadBody();
                      });
  }

  void ReadBody() {
    http::async_read(stream_, buffer_, exchange_->parser,
                     [self = shared_from_this()](Error error, size_t) {
                       if (error) return self->RefuseForm(error);
                       self->Handle();
                     });
  }

  void Handle() {
    stream_.expires_never();
    ++shared_->requests;
    HttpRequest request;
    auto message = exchange_->parser.release();
    exchange_->response.version(message.version());
    exchange_->response.keep_alive(message.keep_alive() && !shared_->stopping);
    request.method = Text(message.method_string());
    const std::string target = Text(message.target());
    const size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string::npos) request.query = target.substr(question + 1);
    for (const auto& field : message)
      request.headers.emplace_back(absl::AsciiStrToLower(Text(field.name_string())),
                                   Text(field.value()));
    request.body = std::move(message.body());
    {
      const std::lock_guard lock(shared_->mutex);
      ++shared_->answering;
    }
    shared_->handler(std::move(request), [self = shared_from_this()](HttpResponse response) {
      asio::post(self->stream_.get_executor(), [self, response = std::move(response)]() mutable {
        self->Answer(std::move(response));
      });
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
    response.set(http::field::content_type, answer.content_type);
    if (answer.retry_after_seconds > 0)
      response.set(http::field::retry_after, std::to_string(answer.retry_after_seconds));
    response.body() = std::move(answer.body);
    response.prepare_payload();
    stream_.expires_after(Chrono(shared_->limits.write));
    http::async_write(stream_, response, [self = shared_from_this()](Error error, size_t) {
      if (error) return self->Close();
      if (!self->exchange_->response.keep_alive()) return self->Linger();
      self->AwaitRequest();
    });
  }

  void RefuseForm(Error error) {
    if (error == http::error::body_limit) return Refuse(413, "the body is too large");
    if (error == http::error::header_limit) return Refuse(431, "the header is too large");
    if (error == beast::error::timeout) return Refuse(408, "the request took too long");
    const bool gone = error == http::error::end_of_stream || error == asio::error::eof ||
                      error == http::error::partial_message ||
                      error == asio::error::connection_reset ||
                      error == asio::error::operation_aborted;
    if (gone) return Close();
    Refuse(400, "this is no HTTP request");
  }

  // Says why, and closes: what comes behind can't be told from the rest of the request.
  void Refuse(int status, std::string_view why) {
    ++shared_->refused;
    if (!exchange_) return Close();
    exchange_->response.version(11);
    exchange_->response.keep_alive(false);
    Write({.status = status, .body = absl::StrCat(std::string(why), "\n")});
  }

  // Closes when the sender has, or soon: closed at once, with unread bytes, the answer that is on
  // its way would be thrown away with them.
  void Linger() {
    GiveBody();
    exchange_.reset();
    Error ignored;
    stream_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
    stream_.expires_after(std::chrono::seconds(1));
    first_bytes_.reset(new char[kFirstBytes]);
    Discard();
  }

  void Discard() {
    stream_.async_read_some(asio::buffer(first_bytes_.get(), kFirstBytes),
                            [self = shared_from_this()](Error error, size_t) {
                              if (error) return self->Close();
                              self->Discard();
                            });
  }

  void GiveBody() {
    if (body_bytes_ > 0) shared_->bodies.Give(body_bytes_);
    body_bytes_ = 0;
  }

  void Close() {
    Error ignored;
    stream_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
    stream_.close();
  }

  static constexpr size_t kFirstBytes = 2048;

  beast::tcp_stream stream_;
  const std::shared_ptr<Shared> shared_;
  std::unique_ptr<char[]> first_bytes_;
  beast::flat_buffer buffer_;
  std::optional<Exchange> exchange_;
  size_t body_bytes_ = 0;  // taken from the budget
};

absl::StatusOr<Tcp::endpoint> EndpointOf(const std::string& address) {
  const size_t colon = address.rfind(':');
  uint32_t port = 0;
  std::string host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[') host = host.substr(1, host.size() - 2);
  Error error;
  const auto ip = asio::ip::make_address(host, error);
  if (colon == std::string::npos || error || !absl::SimpleAtoi(address.substr(colon + 1), &port) ||
      port > 65535) {
    return carnet::Error(absl::StatusCode::kInvalidArgument, "CONFIG_BAD_VALUE",
                         absl::StrCat(address, " is no address: write 127.0.0.1:8080"));
  }
  return Tcp::endpoint(ip, static_cast<uint16_t>(port));
}

}  // namespace

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const auto& [header, value] : headers) {
    if (header == name) return value;
  }
  return {};
}

struct HttpServer::Impl {
  explicit Impl(std::shared_ptr<Shared> the_shared)
      : shared(std::move(the_shared)), work(asio::make_work_guard(context)) {}

  absl::Status Listen(const std::string& address) {
    const auto endpoint = EndpointOf(address);
    if (!endpoint.ok()) return endpoint.status();
    auto acceptor = std::make_shared<Tcp::acceptor>(context);
    Error error;
    acceptor->open(endpoint->protocol(), error);
    if (!error) acceptor->set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor->bind(*endpoint, error);
    if (!error) acceptor->listen(4096, error);
    if (error) {
      return carnet::Error(absl::StatusCode::kUnavailable, "ADDRESS_IN_USE",
                           absl::StrCat("can't listen on ", address, ": ", error.message()));
    }
    const auto local = acceptor->local_endpoint();
    addresses.push_back(absl::StrCat(address.substr(0, address.rfind(':')), ":", local.port()));
    acceptors.push_back(acceptor);
    Accept(acceptor.get());
    return absl::OkStatus();
  }

  void Accept(Tcp::acceptor* acceptor) {
    acceptor->async_accept(
        asio::make_strand(context), [this, acceptor](Error error, Tcp::socket socket) {
          if (error == asio::error::operation_aborted || shared->stopping) return;
          if (!error && shared->connections < shared->limits.connections) {
            Error ignored;
            socket.set_option(Tcp::no_delay(true), ignored);
            std::make_shared<Connection>(std::move(socket), shared)->Start();
          } else {
            ++shared->refused;  // too many; or no file descriptor is left, and some will be closed
          }
          Accept(acceptor);
        });
  }

  const std::shared_ptr<Shared> shared;
  asio::io_context context{kThreads};
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::vector<std::shared_ptr<Tcp::acceptor>> acceptors;
  std::vector<std::string> addresses;
  std::vector<std::thread> threads;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const std::vector<std::string>& addresses, const HttpLimits& limits, HttpHandler handler,
    Metrics* metrics) {
  auto shared = std::make_shared<Shared>(limits, std::move(handler));
  auto impl = std::make_unique<Impl>(shared);
  for (const std::string& address : addresses) {
    if (absl::Status status = impl->Listen(address); !status.ok()) return status;
  }
  metrics->AddGauge("carnet_http_connections", "Open HTTP connections.", [shared] {
    return std::vector<Metrics::Sample>{{.value = static_cast<double>(shared->connections.load())}};
  });
  metrics->AddCounterRead("carnet_http_requests_total", "HTTP requests that were read.", [shared] {
    return std::vector<Metrics::Sample>{{.value = static_cast<double>(shared->requests.load())}};
  });
  metrics->AddCounterRead(
      "carnet_http_refused_total",
      "HTTP requests and connections refused by a limit or for their form.", [shared] {
        return std::vector<Metrics::Sample>{{.value = static_cast<double>(shared->refused.load())}};
      });
  for (int i = 0; i < kThreads; ++i) {
    impl->threads.emplace_back([context = &impl->context] {
      pthread_setname_np(pthread_self(), "http");
      context->run();
    });
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::~HttpServer() { Shutdown(); }

const std::vector<std::string>& HttpServer::addresses() const { return impl_->addresses; }

void HttpServer::Shutdown() {
  if (impl_->threads.empty()) return;
  impl_->shared->stopping = true;
  asio::post(impl_->context, [impl = impl_.get()] {
    boost::system::error_code ignored;
    for (const auto& acceptor : impl->acceptors) acceptor->close(ignored);
  });
  {
    std::unique_lock lock(impl_->shared->mutex);
    impl_->shared->answered.wait_for(lock, std::chrono::seconds(5),
                                     [this] { return impl_->shared->answering == 0; });
  }
  impl_->work.reset();
  impl_->context.stop();
  for (std::thread& thread : impl_->threads) thread.join();
  impl_->threads.clear();
}

}  // namespace carnet::runtime
