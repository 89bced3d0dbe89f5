#include "runtime/tls.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/error.h"

namespace carnet::runtime {
namespace {

namespace gex = grpc::experimental;

// How often files are looked at; a handshake takes what was read last.
constexpr unsigned int kRefreshSeconds = 1;

using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;

absl::Status TlsError(const std::string& path, std::string_view what) {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return Error(absl::StatusCode::kFailedPrecondition, "TLS_FILES",
               absl::StrCat("TLS file ", path, ": ", std::string(what),
                            reason == nullptr ? "" : absl::StrCat(" (", reason, ")")));
}

absl::Status LoadIdentity(const Context& context, const std::string& certificate,
                          const std::string& key) {
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1)
    return TlsError(certificate, "can't be read as certificates");
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    return TlsError(key, "can't be read as the certificate's private key");
  return absl::OkStatus();
}

absl::Status LoadRoots(const Context& context, const std::string& ca) {
  if (SSL_CTX_load_verify_locations(context.get(), ca.c_str(), nullptr) == 1)
    return absl::OkStatus();
  return TlsError(ca, "can't be read as certificates");
}

// What gRPC reads again; without an identity, or without roots, where their paths are empty.
std::shared_ptr<gex::FileWatcherCertificateProvider> Watch(const std::string& certificate,
                                                           const std::string& key,
                                                           const std::string& ca) {
  return std::make_shared<gex::FileWatcherCertificateProvider>(key, certificate, ca,
                                                               kRefreshSeconds);
}

}  // namespace

absl::Status CheckTlsFiles(const TlsFiles& files) {
  if (!files.enabled()) return absl::OkStatus();
  const Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  ERR_clear_error();
  absl::Status status = LoadIdentity(context, files.certificate, files.key);
  if (status.ok() && !files.client_ca.empty()) status = LoadRoots(context, files.client_ca);
  return status;
}

std::shared_ptr<grpc::ServerCredentials> ServerCredentialsOf(const TlsFiles& files) {
  if (!files.enabled()) return grpc::InsecureServerCredentials();
  gex::TlsServerCredentialsOptions options(Watch(files.certificate, files.key, files.client_ca));
  options.watch_identity_key_cert_pairs();
  if (!files.client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return gex::TlsServerCredentials(options);
}

absl::Status CheckClientTlsFiles(const ClientTlsFiles& files) {
  if (files.ca.empty()) return absl::OkStatus();
  const Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  ERR_clear_error();
  absl::Status status = LoadRoots(context, files.ca);
  if (status.ok() && !files.certificate.empty())
    status = LoadIdentity(context, files.certificate, files.key);
  return status;
}

std::shared_ptr<grpc::ChannelCredentials> ChannelCredentialsOf(const ClientTlsFiles& files) {
  if (files.ca.empty()) return grpc::InsecureChannelCredentials();
  gex::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Watch(files.certificate, files.key, files.ca));
  options.watch_root_certs();
  if (!files.certificate.empty()) options.watch_identity_key_cert_pairs();
  return gex::TlsCredentials(options);
}

}  // namespace carnet::runtime
