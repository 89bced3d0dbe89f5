// TLS of servers and of calls between processes, by its files.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"

namespace grpc {
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

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
// The files must have been checked.
std::shared_ptr<grpc::ServerCredentials> ServerCredentialsOf(const TlsFiles& files);

// The files of the TLS with which this process calls another one of ours. The same holds of their
// being replaced.
struct ClientTlsFiles {
  std::string ca;           // roots of the servers' certificates; empty: calls are in clear
  std::string certificate;  // with `key`, for servers that ask for one; empty: none
  std::string key;
};

// Error: as CheckTlsFiles().
absl::Status CheckClientTlsFiles(const ClientTlsFiles& files);
// The files must have been checked.
std::shared_ptr<grpc::ChannelCredentials> ChannelCredentialsOf(const ClientTlsFiles& files);

}  // namespace carnet::runtime
