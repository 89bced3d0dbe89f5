// The server's side of a TLS connection for Asio and Beast. Only for http_server.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include <boost/asio/compose.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "runtime/beast.h"

struct ssl_st;  // OpenSSL's

namespace carnet::runtime {

// OpenSSL on the socket itself, with no buffers of its own: one that waits for its next request
// holds what OpenSSL can't do without, about 15 kB. Asio's own stream keeps two buffers of 17 kB
// and a pair of BIOs beside that, for ever. Takes the place of Beast's tcp_stream, deadlines
// included, but does not close at one: what waits ends with error::timeout.
//
// One read and one write at a time, all in the socket's executor. What is under way when it is
// destroyed ends with an error.
class TlsStream {
 public:
  using Tcp = boost::asio::ip::tcp;
  using Error = boost::system::error_code;
  using executor_type = Tcp::socket::executor_type;

  TlsStream(Tcp::socket socket, boost::asio::ssl::context& context);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  executor_type get_executor() { return state_->socket.get_executor(); }
  Tcp::socket& socket() { return state_->socket; }

  // For all that waits, and will, until it is set anew.
  void expires_after(std::chrono::nanoseconds duration);
  void expires_never();
  void close();

  // void(Error).
  template <typename Handler>
  void async_handshake(Handler handler) {
    Run([](State& state, bool) { return state.ShakeHands(); }, WithoutSize(std::move(handler)));
  }
  // Ends when there is something to read, without reading it. void(Error).
  template <typename Handler>
  void async_wait_readable(Handler handler) {
    Run([](State& state, bool has_waited) { return state.Look(has_waited); },
        WithoutSize(std::move(handler)));
  }
  // Says goodbye, and waits until the other side has. void(Error).
  template <typename Handler>
  void async_shutdown(Handler handler) {
    Run([](State& state, bool) { return state.SayGoodbye(); }, WithoutSize(std::move(handler)));
  }

  // As AsyncReadStream and AsyncWriteStream have it.
  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    Run([buffers](State& state, bool) { return state.Read(FirstOf(buffers)); },
        std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    Run(
        [buffers](State& state, bool) {
          // Header and body are two buffers and should be one record.
          unsigned char together[kTogether];
          const auto first = FirstOf(buffers);
          if (first.size() >= kTogether) return state.Write(first);
          const size_t size =
              boost::asio::buffer_copy(boost::asio::buffer(together, kTogether), buffers);
          return state.Write(boost::asio::const_buffer(together, size));
        },
        std::forward<Handler>(handler));
  }

 private:
  static constexpr size_t kTogether = 4096;

  // How far OpenSSL came.
  struct Step {
    enum class Next { kDone, kWaitToRead, kWaitToWrite };
    Next next = Next::kDone;
    Error error;
    size_t size = 0;
  };

  // What outlives the stream while something is under way.
  struct State {
    State(Tcp::socket the_socket, boost::asio::ssl::context& context);
    ~State();

    Step ShakeHands();
    Step Look(bool has_waited);
    Step SayGoodbye();
    Step Read(boost::asio::mutable_buffer buffer);
    Step Write(boost::asio::const_buffer buffer);
    Step StepOf(int result, size_t size);

    Tcp::socket socket;
    boost::asio::steady_timer deadline;
    bool is_late = false;
    ssl_st* const tls;
  };

  template <typename Attempt>
  struct Operation {
    std::shared_ptr<State> state;
    Attempt attempt;
    Step step;
    bool has_begun = false;

    template <typename Self>
    void operator()(Self& self, Error waited = {}) {
      const bool is_first = !std::exchange(has_begun, true);
      if (is_first || step.next != Step::Next::kDone) {
        if (state->is_late) {
          step = {.error = boost::beast::error::timeout};
        } else if (waited) {
          step = {.error = waited};
        } else {
          step = attempt(*state, !is_first);
          if (step.next != Step::Next::kDone) {
            const auto what = step.next == Step::Next::kWaitToRead
                                  ? boost::asio::socket_base::wait_read
                                  : boost::asio::socket_base::wait_write;
            auto& socket = state->socket;
            return socket.async_wait(what, std::move(self));
          }
        }
        // Nobody is called back before the call that began it has returned.
        if (is_first) {
          const auto executor = state->socket.get_executor();
          return boost::asio::post(executor, std::move(self));
        }
      }
      self.complete(step.error, step.size);
    }
  };

  template <typename Attempt, typename Handler>
  void Run(Attempt attempt, Handler&& handler) {
    boost::asio::async_compose<Handler, void(Error, size_t)>(
        Operation<Attempt>{.state = state_, .attempt = std::move(attempt)}, handler,
        state_->socket);
  }

  template <typename Handler>
  static auto WithoutSize(Handler handler) {
    return [handler = std::move(handler)](Error error, size_t) mutable { handler(error); };
  }

  template <typename Buffers>
  static auto FirstOf(const Buffers& buffers) {
    const auto end = boost::asio::buffer_sequence_end(buffers);
    auto at = boost::asio::buffer_sequence_begin(buffers);
    using Buffer = std::conditional_t<boost::asio::is_mutable_buffer_sequence<Buffers>::value,
                                      boost::asio::mutable_buffer, boost::asio::const_buffer>;
    Buffer first;
    for (; at != end && first.size() == 0; ++at) first = Buffer(*at);
    return first;
  }

  const std::shared_ptr<State> state_;
};

}  // namespace carnet::runtime
