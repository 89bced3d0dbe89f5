// A server's TLS as Asio takes it, kept in step with its files. Only for http_server.cpp.
#pragma once

#include <memory>
#include <mutex>

#include "absl/status/statusor.h"

#include "access/durable_file.h"
#include "runtime/beast_tls.h"
#include "runtime/tls.h"

namespace carnet::runtime {

class TlsContext {
 public:
  // Errors: those of CheckTlsFiles().
  static absl::StatusOr<std::unique_ptr<TlsContext>> Load(const TlsFiles& files);

  // For the next connection, which keeps it. From any thread.
  std::shared_ptr<boost::asio::ssl::context> current() const;

  // Reads files that changed since. Those that can't be used are said, and what was read before
  // holds on. Not from several threads.
  void Look();

 private:
  struct Versions {
    access::FileVersion certificate, key, client_ca;
    bool operator==(const Versions&) const = default;
  };
  explicit TlsContext(const TlsFiles& files) : files_(files) {}
  Versions VersionsNow() const;

  const TlsFiles files_;
  Versions read_;  // of the thread that looks
  mutable std::mutex mutex_;
  std::shared_ptr<boost::asio::ssl::context> current_;  // guarded by mutex_
};

}  // namespace carnet::runtime
