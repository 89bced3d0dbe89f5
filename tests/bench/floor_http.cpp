// carnet_http_floor: what a POST costs with nothing of Carnet behind it. Boost.Beast as its own
// examples use it, with as many threads as carnetd's HTTP server has; whatever is sent is answered
// with 200 once the body's bytes are safe on disk (synced_file.h).
//
//   carnet_http_floor FILE PORT_FILE
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "runtime/beast.h"
#include "runtime/shutdown.h"
#include "runtime/whole_file.h"
#include "tests/bench/check.h"
#include "tests/bench/synced_file.h"

namespace carnet::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr int kThreads = 2;

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Tcp::socket socket, SyncedFile* file) : stream_(std::move(socket)), file_(file) {}

  void Read() {
    request_ = {};
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](ErrorCode error, size_t) {
                       if (!error) self->Keep();
                     });
  }

 private:
  void Keep() {
    file_->Append(
        [self = shared_from_this()](std::string* bytes) { bytes->append(self->request_.body()); },
        [self = shared_from_this()] {
          asio::post(self->stream_.get_executor(), [self] { self->Answer(); });
        });
  }

  void Answer() {
    response_ = {http::status::ok, request_.version()};
    response_.keep_alive(request_.keep_alive());
    response_.prepare_payload();
    http::async_write(stream_, response_, [self = shared_from_this()](ErrorCode error, size_t) {
      if (!error && self->response_.keep_alive()) self->Read();
    });
  }

  beast::tcp_stream stream_;
  SyncedFile* const file_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::empty_body> response_;
};

void Accept(asio::io_context* context, Tcp::acceptor* acceptor, SyncedFile* file) {
  acceptor->async_accept(asio::make_strand(*context), [=](ErrorCode error, Tcp::socket socket) {
    if (error) return;
    socket.set_option(Tcp::no_delay(true));
    std::make_shared<Session>(std::move(socket), file)->Read();
    Accept(context, acceptor, file);
  });
}

void Serve(const std::string& file_path, const std::string& port_file) {
  runtime::ShutdownSignal shutdown;  // before any thread
  asio::io_context context(kThreads);
  std::optional<SyncedFile> file(file_path);
  Tcp::acceptor acceptor(context, Tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
  Accept(&context, &acceptor, &*file);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&context] { context.run(); });
  Check(runtime::WriteWholeFile(port_file,
                                absl::StrCat("127.0.0.1:", acceptor.local_endpoint().port(), "\n")),
        port_file);
  while (shutdown.WaitFor(std::chrono::seconds(1)) == 0) {
  }
  context.stop();
  for (std::thread& thread : threads) thread.join();
  file.reset();  // before the connections that wait for it
}

}  // namespace
}  // namespace carnet::bench

int main(int argc, char** argv) {
  carnet::bench::Check(argc == 3, "give a file to write to, and one for the address");
  carnet::bench::Serve(argv[1], argv[2]);
}
