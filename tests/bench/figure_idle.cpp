// Connections that were used once and are kept, in clear and by TLS: how much more memory carnetd
// holds than before (resident), when all of them are open and idle; and whether others are served.
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "absl/strings/str_cat.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>

#include "tests/acceptance/access/certificates.h"
#include "tests/bench/bench.h"
#include "tests/bench/check.h"
#include "tests/bench/signed_orders.h"

namespace carnet::bench {
namespace {

constexpr char kRequest[] = "POST /v1/nobody HTTP/1.1\r\nHost: c\r\nContent-Length: 0\r\n\r\n";

using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;

// `context`: null in clear. Certificates are not checked: this is about memory.
class Connection {
 public:
  Connection(const std::string& address, SSL_CTX* context)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const size_t colon = address.rfind(':');
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(std::atoi(address.c_str() + colon + 1)));
    inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
    Check(fd_ >= 0 && connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0,
          "no connection");
    if (context == nullptr) return;
    tls_ = SSL_new(context);
    SSL_set_fd(tls_, fd_);
    Check(SSL_connect(tls_) == 1, "no handshake");
  }
  ~Connection() {
    if (tls_ != nullptr) SSL_free(tls_);
    close(fd_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One request, answered.
  void Use() {
    char answer[2048];
    const int size = static_cast<int>(sizeof kRequest - 1);
    const ssize_t sent = tls_ != nullptr ? SSL_write(tls_, kRequest, size)
                                         : send(fd_, kRequest, sizeof kRequest - 1, MSG_NOSIGNAL);
    Check(sent == size, "a request could not be sent");
    const ssize_t got = tls_ != nullptr ? SSL_read(tls_, answer, sizeof answer)
                                        : recv(fd_, answer, sizeof answer, 0);
    Check(got > 0 && std::string(answer, static_cast<size_t>(got)).starts_with("HTTP/1.1 404"),
          "a request was not answered");
  }

 private:
  const int fd_;
  SSL* tls_ = nullptr;
};

void AllowFiles(int count) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, static_cast<rlim_t>(count) + 1000);
  setrlimit(RLIMIT_NOFILE, &files);  // carnetd inherits it
  Check(files.rlim_cur > static_cast<rlim_t>(count), "too few files may be open (ulimit -n)");
}

void Measure(bool by_tls, Bench* bench) {
  const int count = bench->options.idle_connections;
  AllowFiles(count);
  bench->Clear();
  std::vector<std::string> flags = TakeOrders(*bench);
  Context context(nullptr, SSL_CTX_free);
  if (by_tls) {
    const acceptance::Pem pem = acceptance::Authority("Bench").Sign("carnetd");
    const std::string key = bench->options.folder + "/tls.key";
    const std::string certificate = bench->options.folder + "/tls.crt";
    std::ofstream(key) << pem.key;
    std::ofstream(certificate) << pem.certificate;
    flags.insert(flags.end(), {"--tls-key-file=" + key, "--tls-certificate-file=" + certificate});
    context.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  }
  bench->carnetd = bench->StartCarnetd(flags);
  const Server& carnetd = *bench->carnetd;
  Connection(carnetd.last_address(), context.get()).Use();  // all is there that a first one needs
  const int64_t before = carnetd.memory().resident;
  const double cpu = carnetd.cpu();
  std::vector<std::unique_ptr<Connection>> idle;
  for (int i = 0; i < count; ++i) {
    idle.push_back(std::make_unique<Connection>(carnetd.last_address(), context.get()));
    idle.back()->Use();
  }
  const double more = static_cast<double>(carnetd.memory().resident - before);
  const double used = carnetd.cpu() - cpu;
  Connection(carnetd.last_address(), context.get()).Use();
  bench->report.Add({.name = by_tls ? "idle connections, TLS" : "idle connections",
                     .number = more / 1e6,
                     .unit = "MB more",
                     .must = 200,
                     .aim = 60,
                     .at_most = true,
                     .cpu_us = used / count * 1e6,
                     .note = absl::StrCat(Number(count), " of them, each used once: ",
                                          Number(more / count / 1e3), " kB each")});
  idle.clear();
  bench->Clear();
}

}  // namespace

void MeasureIdleConnections(Bench* bench) {
  Measure(/*by_tls=*/false, bench);
  Measure(/*by_tls=*/true, bench);
}

}  // namespace carnet::bench
