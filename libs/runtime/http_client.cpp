#include "runtime/http_client.h"

#include <pthread.h>

#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include <boost/asio/steady_timer.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "runtime/beast_tls.h"

namespace carnet::runtime {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

struct Url {
  bool tls = true;
  std::string host;
  bool host_is_ip = false;
  std::string port;
  std::string authority;  // as it stands in the URL
  std::string target;     // path and query
};

absl::StatusOr<Url> ParseUrl(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    const size_t path = text.find('/', std::min(text.size(), text.find("//") + 2));
    return Error(absl::StatusCode::kInvalidArgument, "URL_MALFORMED",
                 absl::StrCat("'", std::string(text.substr(0, std::min(path, text.find('?')))),
                              "': ", std::string(why)));
  };
  for (const char c : text) {
    if (c <= ' ' || c == '#' || c > '~') return bad("has a character that no URL has");
  }
  Url url;
  if (text.starts_with("https://")) {
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    url.tls = false;
    text.remove_prefix(7);
  } else {
    return bad("is no URL: write https://…");
  }
  const size_t end = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, end);
  url.authority = std::string(authority);
  url.target = std::string(text.substr(end));
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) return bad("holds a user");
  url.port = url.tls ? "443" : "80";
  const size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    uint32_t port = 0;
    url.port = std::string(authority.substr(colon + 1));
    if (!absl::SimpleAtoi(url.port, &port) || port == 0 || port > 65535)
      return bad("has no right port");
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']'))
    authority = authority.substr(1, authority.size() - 2);
  url.host = std::string(authority);
  if (url.host.empty()) return bad("names no server");
  ErrorCode not_an_ip;
  const auto ip = asio::ip::make_address(url.host, not_an_ip);
  url.host_is_ip = !not_an_ip;
  if (!url.tls && (!url.host_is_ip || !ip.is_loopback()))
    return bad("is in clear, and so for a loopback address alone: write https://…");
  return url;
}

// One request and its answer. Keeps itself until `done` is called, or the context goes.
template <typename Stream>
class Exchange : public std::enable_shared_from_this<Exchange<Stream>> {
 public:
  template <typename... More>
  Exchange(asio::io_context* context, const HttpClient::Options& options, Url url,
           HttpClient::Done done, More&... more)
      : url_(std::move(url)),
        most_body_bytes_(options.body_bytes),
        done_(std::move(done)),
        resolver_(*context),
        deadline_(*context),
        stream_(*context, more...) {
    parser_.body_limit(options.body_bytes);
    deadline_.expires_after(absl::ToChronoNanoseconds(options.timeout));
  }

  void Start() {
    deadline_.async_wait([self = this->shared_from_this()](ErrorCode error) {
      if (!error) self->End("it took too long");
    });
    resolver_.async_resolve(
        url_.host, url_.port,
        [self = this->shared_from_this()](ErrorCode error, Tcp::resolver::results_type found) {
          if (error) return self->End(error);
          beast::get_lowest_layer(self->stream_)
              .async_connect(found, [self](ErrorCode failed, const Tcp::endpoint&) {
                if (failed) return self->End(failed);
                self->Connected();
              });
        });
  }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, beast::tcp_stream>;

  void Connected() {
    if (ended_) return;
    if constexpr (kTls) {
      SSL* const tls = stream_.native_handle();
      const bool named =
          url_.host_is_ip
              ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), url_.host.c_str()) == 1
              : SSL_set1_host(tls, url_.host.c_str()) == 1 &&
                    SSL_set_tlsext_host_name(tls, url_.host.c_str()) == 1;
      if (!named) return End("the server's name can't be checked");
      stream_.async_handshake(ssl::stream_base::client,
                              [self = this->shared_from_this()](ErrorCode error) {
                                if (error) return self->End(error);
                                self->Send();
                              });
    } else {
      Send();
    }
  }

  void Send() {
    request_.version(11);
    request_.method(http::verb::get);
    request_.target(url_.target);
    request_.set(http::field::host, url_.authority);
    request_.set(http::field::accept, "application/json");
    request_.set(http::field::user_agent, "carnet");
    request_.keep_alive(false);
    http::async_write(stream_, request_,
                      [self = this->shared_from_this()](ErrorCode error, size_t) {
                        if (error) return self->End(error);
                        http::async_read_header(self->stream_, self->buffer_, self->parser_,
                                                [self](ErrorCode failed, size_t) {
                                                  if (failed) return self->End(failed);
                                                  self->ReadBody();
                                                });
                      });
  }

  void ReadBody() {
    // Beast 1.74 holds bodies of a said length to no limit.
    if (parser_.content_length().value_or(0) > most_body_bytes_)
      return End("its answer is too large");
    http::async_read(stream_, buffer_, parser_,
                     [self = this->shared_from_this()](ErrorCode error, size_t) {
                       if (error) return self->End(error);
                       self->Answered();
                     });
  }

  void Answered() {
    auto message = parser_.release();
    HttpAnswer answer{.status = static_cast<int>(message.result_int()),
                      .body = std::move(message.body())};
    const auto after = message[http::field::retry_after];
    int32_t seconds = 0;
    if (absl::SimpleAtoi(absl::string_view(after.data(), after.size()), &seconds) && seconds > 0)
      answer.retry_after_seconds = seconds;
    End(absl::StatusOr<HttpAnswer>(std::move(answer)));
  }

  void End(ErrorCode error) { End(error.message()); }
  void End(const char* why) { End(std::string(why)); }
  void End(const std::string& why) {
    End(absl::StatusOr<HttpAnswer>(Error(absl::StatusCode::kUnavailable, "HTTP_NO_ANSWER",
                                         absl::StrCat(url_.host, " did not answer: ", why))));
  }
  // The first end counts: those of what is broken off come behind it.
  void End(absl::StatusOr<HttpAnswer> how) {
    if (ended_) return;
    ended_ = true;
    deadline_.cancel();
    resolver_.cancel();
    ErrorCode ignored;
    beast::get_lowest_layer(stream_).socket().close(ignored);
    done_(std::move(how));
    done_ = nullptr;
  }

  const Url url_;
  const size_t most_body_bytes_;
  HttpClient::Done done_;
  Tcp::resolver resolver_;
  asio::steady_timer deadline_;
  Stream stream_;
  beast::flat_buffer buffer_;
  http::request<http::empty_body> request_;
  http::response_parser<http::string_body> parser_;
  bool ended_ = false;
};

}  // namespace

absl::Status CheckUrl(std::string_view url) { return ParseUrl(url).status(); }

struct HttpClient::Impl {
  explicit Impl(const Options& the_options) : options(the_options) {}

  const Options options;
  ssl::context tls{ssl::context::tls_client};
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::thread thread;
};

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->thread = std::thread([context = &impl_->context] {
    pthread_setname_np(pthread_self(), "http-client");
    context->run();
  });
}

HttpClient::~HttpClient() { Stop(); }

void HttpClient::Stop() {
  impl_->context.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

absl::StatusOr<std::unique_ptr<HttpClient>> HttpClient::Start(const Options& options) {
  auto impl = std::make_unique<Impl>(options);
  ErrorCode error;
  SSL_CTX_set_min_proto_version(impl->tls.native_handle(), TLS1_2_VERSION);
  impl->tls.set_verify_mode(ssl::verify_peer, error);
  if (!error && options.ca_file.empty()) impl->tls.set_default_verify_paths(error);
  if (!error && !options.ca_file.empty()) impl->tls.load_verify_file(options.ca_file, error);
  if (error) {
    return Error(absl::StatusCode::kFailedPrecondition, "TLS_FILES",
                 absl::StrCat("TLS file ", options.ca_file, ": can't be read as certificates (",
                              error.message(), ")"));
  }
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(impl)));
}

void HttpClient::Get(const std::string& url, Done done) {
  asio::post(impl_->context, [impl = impl_.get(), url, done = std::move(done)]() mutable {
    auto parsed = ParseUrl(url);
    if (!parsed.ok()) return done(parsed.status());
    if (parsed->tls) {
      std::make_shared<Exchange<beast::ssl_stream<beast::tcp_stream>>>(
          &impl->context, impl->options, *std::move(parsed), std::move(done), impl->tls)
          ->Start();
    } else {
      std::make_shared<Exchange<beast::tcp_stream>>(&impl->context, impl->options,
                                                    *std::move(parsed), std::move(done))
          ->Start();
    }
  });
}

}  // namespace carnet::runtime
