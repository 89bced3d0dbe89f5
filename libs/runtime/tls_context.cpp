#include "runtime/tls_context.h"

#include <openssl/ssl.h>

#include "runtime/logging.h"

namespace carnet::runtime {
namespace {

namespace ssl = boost::asio::ssl;

absl::StatusOr<std::shared_ptr<ssl::context>> ContextOf(const TlsFiles& files) {
  if (absl::Status status = CheckTlsFiles(files); !status.ok()) return status;
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Sessions are resumed by tickets, which the clients hold.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  boost::system::error_code error;
  context->use_certificate_chain_file(files.certificate, error);
  if (!error) context->use_private_key_file(files.key, ssl::context::pem, error);
  if (!error && !files.client_ca.empty()) {
    context->load_verify_file(files.client_ca, error);
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    // Sessions are not resumed without one, either.
    SSL_CTX_set_num_tickets(native, 0);
    SSL_CTX_set_options(native, SSL_OP_NO_TICKET);
  }
  // Replaced while they were read.
  if (error) return CheckTlsFiles(files).ok() ? ContextOf(files) : CheckTlsFiles(files);
  return context;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsContext>> TlsContext::Load(const TlsFiles& files) {
  std::unique_ptr<TlsContext> tls(new TlsContext(files));
  tls->read_ = tls->VersionsNow();
  auto context = ContextOf(files);
  if (!context.ok()) return context.status();
  tls->current_ = *std::move(context);
  return tls;
}

std::shared_ptr<ssl::context> TlsContext::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

TlsContext::Versions TlsContext::VersionsNow() const {
  return {access::VersionOf(files_.certificate), access::VersionOf(files_.key),
          files_.client_ca.empty() ? access::FileVersion() : access::VersionOf(files_.client_ca)};
}

void TlsContext::Look() {
  const Versions now = VersionsNow();
  if (now == read_) return;
  auto context = ContextOf(files_);
  read_ = now;
  if (!context.ok()) {
    Log(LogLevel::kError, "changed TLS files can't be used; those from before are",
        {{"why", context.status().ToString()}});
    return;
  }
  Log(LogLevel::kInfo, "changed TLS files are used for HTTP from now on");
  const std::lock_guard lock(mutex_);
  current_ = *std::move(context);
}

}  // namespace carnet::runtime
