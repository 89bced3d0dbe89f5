#include "runtime/tls_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/fatal.h"

namespace carnet::runtime {
namespace {

using Clock = std::chrono::steady_clock;

int SocketOf(BIO* bio) { return static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio))); }

bool IsForLater() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int WriteToSocket(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  // OpenSSL's own would raise SIGPIPE.
  const ssize_t written = send(SocketOf(bio), bytes, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (written < 0 && IsForLater()) BIO_set_retry_write(bio);
  return static_cast<int>(written);
}

int ReadFromSocket(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t read = recv(SocketOf(bio), bytes, static_cast<size_t>(size), 0);
  if (read < 0 && IsForLater()) BIO_set_retry_read(bio);
  return static_cast<int>(read);
}

long Control(BIO*, int what, long, void*) { return what == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* Method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "carnet socket");
    BIO_meth_set_write(made, WriteToSocket);
    BIO_meth_set_read(made, ReadFromSocket);
    BIO_meth_set_ctrl(made, Control);
    return made;
  }();
  return method;
}

int IntOf(size_t size) {
  return static_cast<int>(std::min<size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

TlsStream::State::State(Tcp::socket the_socket, boost::asio::ssl::context& context)
    : socket(std::move(the_socket)),
      deadline(socket.get_executor()),
      tls(SSL_new(context.native_handle())) {
  BIO* const bio = BIO_new(Method());
  if (tls == nullptr || bio == nullptr) Fatal("no memory for a TLS connection");
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(socket.native_handle())));
  BIO_set_init(bio, 1);
  SSL_set_bio(tls, bio, bio);
  SSL_set_accept_state(tls);
  SSL_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                        SSL_MODE_RELEASE_BUFFERS);
  Error ignored;
  socket.native_non_blocking(true, ignored);
}

TlsStream::State::~State() { SSL_free(tls); }

TlsStream::TlsStream(Tcp::socket socket, boost::asio::ssl::context& context)
    : state_(std::make_shared<State>(std::move(socket), context)) {
  expires_never();
}

TlsStream::~TlsStream() {
  state_->deadline.cancel();
  close();
}

void TlsStream::expires_after(std::chrono::nanoseconds duration) {
  state_->is_late = false;
  state_->deadline.expires_after(std::chrono::duration_cast<Clock::duration>(duration));
  state_->deadline.async_wait([weak = std::weak_ptr<State>(state_)](Error error) {
    const auto state = weak.lock();
    // Set anew when this was on its way already.
    if (error || !state || state->deadline.expiry() > Clock::now()) return;
    state->is_late = true;
    Error ignored;
    state->socket.cancel(ignored);
  });
}

void TlsStream::expires_never() {
  state_->is_late = false;
  state_->deadline.expires_at(Clock::time_point::max());
}

void TlsStream::close() {
  Error ignored;
  state_->socket.close(ignored);
}

TlsStream::Step TlsStream::State::StepOf(int result, size_t size) {
  if (result > 0) return {.size = size};
  switch (SSL_get_error(tls, result)) {
    case SSL_ERROR_WANT_READ:
      return {.next = Step::Next::kWaitToRead};
    case SSL_ERROR_WANT_WRITE:
      return {.next = Step::Next::kWaitToWrite};
    case SSL_ERROR_ZERO_RETURN:
      return {.error = boost::asio::error::eof};
    default:
      // Whatever it was: nothing more can be said by this connection.
      return {.error = boost::asio::error::connection_reset};
  }
}

TlsStream::Step TlsStream::State::ShakeHands() {
  ERR_clear_error();
  return StepOf(SSL_do_handshake(tls), 0);
}

TlsStream::Step TlsStream::State::Look(bool has_waited) {
  if (has_waited || SSL_has_pending(tls) != 0) return {};
  return {.next = Step::Next::kWaitToRead};
}

TlsStream::Step TlsStream::State::SayGoodbye() {
  ERR_clear_error();
  int result = SSL_shutdown(tls);
  if (result == 0) result = SSL_shutdown(tls);  // said; now the other side
  return StepOf(result, 0);
}

TlsStream::Step TlsStream::State::Read(boost::asio::mutable_buffer buffer) {
  if (buffer.size() == 0) return {};
  ERR_clear_error();
  const int size = SSL_read(tls, buffer.data(), IntOf(buffer.size()));
  return StepOf(size, static_cast<size_t>(std::max(size, 0)));
}

TlsStream::Step TlsStream::State::Write(boost::asio::const_buffer buffer) {
  if (buffer.size() == 0) return {};
  ERR_clear_error();
  const int size = SSL_write(tls, buffer.data(), IntOf(buffer.size()));
  return StepOf(size, static_cast<size_t>(std::max(size, 0)));
}

}  // namespace carnet::runtime
