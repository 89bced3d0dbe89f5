// HTTP by hand, for tests: bytes to a socket, bytes back, with a deadline.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace carnet::runtime {

class TestConnection {
 public:
  // "127.0.0.1:8080".
  explicit TestConnection(const std::string& address) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    const size_t colon = address.rfind(':');
    to.sin_port = htons(static_cast<uint16_t>(std::atoi(address.c_str() + colon + 1)));
    inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~TestConnection() { close(fd_); }
  TestConnection(const TestConnection&) = delete;
  TestConnection& operator=(const TestConnection&) = delete;

  bool connected() const { return connected_; }
  int fd() const { return fd_; }

  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  // One whole response with its Content-Length; what there is when the other side closes or 20
  // seconds have passed.
  std::string Receive(int timeout_ms = 20'000) {
    while (true) {
      const size_t end = pending_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const size_t field = pending_.find("Content-Length: ");
        const size_t length =
            field < end ? static_cast<size_t>(std::atoi(pending_.c_str() + field + 16)) : 0;
        if (pending_.size() >= end + 4 + length) {
          std::string response = pending_.substr(0, end + 4 + length);
          pending_.erase(0, response.size());
          return response;
        }
      }
      pollfd poller{fd_, POLLIN, 0};
      char buffer[4096];
      if (poll(&poller, 1, timeout_ms) <= 0) return pending_;
      const ssize_t size = recv(fd_, buffer, sizeof buffer, 0);
      if (size <= 0) {
        closed_ = true;
        return pending_;
      }
      pending_.append(buffer, static_cast<size_t>(size));
    }
  }

  bool closed() const { return closed_; }

  std::string Call(std::string_view request) { return Send(request) ? Receive() : Receive(); }

 private:
  const int fd_;
  bool connected_ = false;
  bool closed_ = false;
  std::string pending_;
};

// The status of a response; 0 where there is none.
inline int StatusOf(const std::string& response) {
  return response.size() > 12 ? std::atoi(response.c_str() + 9) : 0;
}

// RFC 4648.
inline std::string Base64(std::string_view bytes) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0);
    for (int shift = 18; shift >= 0; shift -= 6) text.push_back(kAlphabet[group >> shift & 63]);
  }
  for (size_t i = 0; i < (3 - bytes.size() % 3) % 3; ++i) text[text.size() - 1 - i] = '=';
  return text;
}

inline std::string PostText(std::string_view path, std::string_view body,
                            std::string_view headers = "", std::string_view version = "1.1") {
  std::string text = "POST " + std::string(path) + " HTTP/" + std::string(version) +
                     "\r\nHost: carnet\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                     std::string(headers) + "\r\n";
  return text.append(body);
}

}  // namespace carnet::runtime
