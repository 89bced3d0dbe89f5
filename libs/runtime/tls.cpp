#include "runtime/tls.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/error.h"

namespace carnet::runtime {
namespace {

absl::Status TlsError(const std::string& path, std::string_view what) {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return Error(absl::StatusCode::kFailedPrecondition, "TLS_FILES",
               absl::StrCat("TLS file ", path, ": ", std::string(what),
                            reason == nullptr ? "" : absl::StrCat(" (", reason, ")")));
}

}  // namespace

absl::Status CheckTlsFiles(const TlsFiles& files) {
  if (!files.enabled()) return absl::OkStatus();
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_server_method()),
                                                             SSL_CTX_free);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
    return TlsError(files.certificate, "can't be read as certificates");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return TlsError(files.key, "can't be read as the certificate's private key");
  }
  if (!files.client_ca.empty() &&
      SSL_CTX_load_verify_locations(context.get(), files.client_ca.c_str(), nullptr) != 1) {
    return TlsError(files.client_ca, "can't be read as certificates");
  }
  return absl::OkStatus();
}

}  // namespace carnet::runtime
