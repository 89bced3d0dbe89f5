#include "runtime/http_server.h"

#include <pthread.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include <boost/asio/steady_timer.hpp>

#include "base/error.h"
#include "runtime/beast_tls.h"
#include "runtime/http_connection.h"
#include "runtime/metrics.h"
#include "runtime/tls_context.h"

namespace carnet::runtime {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using Error = boost::system::error_code;

constexpr int kThreads = 2;
// How often files of TLS are looked at, as the gRPC server does.
constexpr std::chrono::seconds kLookEvery(1);

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
  explicit Impl(std::shared_ptr<HttpShared> the_shared)
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
            Serve(std::move(socket));
          } else {
            ++shared->refused;  // too many; or no file descriptor is left, and some will be closed
          }
          Accept(acceptor);
        });
  }

  void Serve(Tcp::socket socket) {
    if (tls == nullptr) {
      std::make_shared<HttpConnection<PlainStream>>(std::move(socket), nullptr, shared)->Start();
    } else {
      std::make_shared<HttpConnection<TlsStream>>(std::move(socket), tls->current(), shared)
          ->Start();
    }
  }

  void LookAtFiles() {
    look.expires_after(kLookEvery);
    look.async_wait([this](Error error) {
      if (error || shared->stopping) return;
      tls->Look();
      LookAtFiles();
    });
  }

  const std::shared_ptr<HttpShared> shared;
  std::unique_ptr<TlsContext> tls;  // null: in clear
  asio::io_context context{kThreads};
  asio::steady_timer look{context};
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::vector<std::shared_ptr<Tcp::acceptor>> acceptors;
  std::vector<std::string> addresses;
  std::vector<std::thread> threads;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const std::vector<std::string>& addresses, const HttpLimits& limits, HttpHandler handler,
    Metrics* metrics, const TlsFiles& tls, HttpLargeBodies large) {
  auto shared = std::make_shared<HttpShared>(limits, std::move(handler), std::move(large));
  auto impl = std::make_unique<Impl>(shared);
  if (tls.enabled()) {
    auto context = TlsContext::Load(tls);
    if (!context.ok()) return context.status();
    impl->tls = *std::move(context);
    impl->LookAtFiles();
  }
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
