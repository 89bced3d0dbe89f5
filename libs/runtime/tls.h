// The files of a server's TLS.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace carnet::runtime {

// Paths of PEM files. Replaced while a server runs, they hold for handshakes from a second or two
// later on; connections that are there go on. Replace certificate and key together (by a link to
// another folder, as Kubernetes does): between the two, handshakes may fail.
struct TlsFiles {
  std::string certificate;  // the server's, then those between it and a root
  std::string key;
  std::string client_ca;  // empty: clients need no certificate

  bool enabled() const { return !certificate.empty(); }
};

// Whether they can be used: readable, well formed, the key the certificate's. Error:
// FAILED_PRECONDITION(TLS_FILES) that says which file and why.
absl::Status CheckTlsFiles(const TlsFiles& files);

}  // namespace carnet::runtime
