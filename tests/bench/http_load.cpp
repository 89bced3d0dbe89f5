#include "tests/bench/http_load.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "tests/bench/check.h"
#include "tests/bench/clocks.h"
#include "tests/bench/load.h"

namespace carnet::bench {
namespace {

constexpr double kMostSeconds = 300;
constexpr uint32_t kTimer = UINT32_MAX;

int Connect(const std::string& address) {
  const size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::atoi(address.c_str() + colon + 1)));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Check(fd >= 0 && connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0,
        "no connection to " + address);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

// Whether `bytes` hold a whole response.
bool IsWhole(std::string_view bytes) {
  constexpr std::string_view kLength = "Content-Length: ";
  const size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  const size_t field = bytes.substr(0, end).find(kLength);
  const size_t length = field == std::string_view::npos
                            ? 0
                            : static_cast<size_t>(std::atoi(bytes.data() + field + kLength.size()));
  return bytes.size() >= end + 4 + length;
}

class Load {
 public:
  Load(const std::string& address, const std::vector<std::string>& requests, const HttpPace& pace)
      : requests_(requests), pace_(pace), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (int i = 0; i < pace.connections; ++i) {
      Connection& connection = connections_.emplace_back();
      connection.fd = Connect(address);
      Watch(connection.fd, static_cast<uint32_t>(i));
      free_.push_back(static_cast<size_t>(i));
    }
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    Watch(timer_, kTimer);
  }
  ~Load() {
    for (const Connection& connection : connections_) close(connection.fd);
    close(timer_);
    close(epoll_);
  }

  void Run() {
    begin_ = Now();
    std::array<epoll_event, 256> events;
    while (answers_.size() < requests_.size()) {
      SendWhatIsDue();
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 1000);
      Check(count >= 0 || errno == EINTR, "epoll");
      Check(Now() - begin_ < kMostSeconds, "requests are not answered");
      for (int i = 0; i < count; ++i) {
        const uint32_t which = events[static_cast<size_t>(i)].data.u32;
        if (which == kTimer) {
          uint64_t times = 0;
          Check(read(timer_, &times, sizeof times) == sizeof times, "timer");
        } else {
          Receive(which);
        }
      }
    }
  }

  double seconds() const { return Now() - begin_; }
  std::vector<HttpAnswered>& answers() { return answers_; }

 private:
  struct Connection {
    int fd = -1;
    double since = 0;
    std::string answer;
  };

  void Watch(int fd, uint32_t which) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = which;
    Check(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
  }

  double DueAt(size_t request) const {
    return begin_ + static_cast<double>(request) / pace_.per_second;
  }

  void SendWhatIsDue() {
    const double now = Now();
    while (next_ < requests_.size() && !free_.empty()) {
      if (pace_.per_second > 0 && DueAt(next_) > now) return WakeAt(DueAt(next_));
      Connection& connection = connections_[free_.back()];
      free_.pop_back();
      connection.since = pace_.per_second > 0 ? DueAt(next_) : Now();
      const std::string& request = requests_[next_++];
      Check(send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(request.size()),
            "a request could not be sent");
    }
  }

  void WakeAt(double when) const {
    itimerspec at{};
    at.it_value.tv_sec = static_cast<time_t>(when);
    at.it_value.tv_nsec = static_cast<long>((when - std::floor(when)) * 1e9);
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &at, nullptr);
  }

  void Receive(size_t which) {
    Connection& connection = connections_[which];
    char bytes[1 << 16];
    const ssize_t size = recv(connection.fd, bytes, sizeof bytes, 0);
    Check(size > 0, "a connection was closed");
    connection.answer.append(bytes, static_cast<size_t>(size));
    if (!IsWhole(connection.answer)) return;
    Check(connection.answer.starts_with("HTTP/1.1 200 ") &&
              connection.answer.find("\"error\"") == std::string::npos,
          connection.answer.substr(0, 1000));
    connection.answer.clear();
    answers_.push_back({connection.since, (Now() - connection.since) * 1e3});
    free_.push_back(which);
  }

  const std::vector<std::string>& requests_;
  const HttpPace& pace_;
  const int epoll_;
  int timer_ = -1;
  double begin_ = 0;
  size_t next_ = 0;
  std::vector<Connection> connections_;
  std::vector<size_t> free_;
  std::vector<HttpAnswered> answers_;
};

}  // namespace

std::string PostOf(const std::string& path, const std::string& headers, const std::string& body) {
  return absl::StrCat("POST ", path, " HTTP/1.1\r\nHost: carnet\r\nContent-Length: ", body.size(),
                      "\r\n", headers, "\r\n", body);
}

double HttpResult::PercentileMs(double p, double from, double to) const {
  std::vector<double> times;
  for (const HttpAnswered& answer : answers) {
    if (answer.due >= from && answer.due < to) times.push_back(answer.milliseconds);
  }
  return Percentile(&times, p);
}

HttpResult RunHttpLoad(const Server& server, const std::string& address,
                       const std::vector<std::string>& requests, const HttpPace& pace) {
  Load load(address, requests, pace);
  const double cpu = server.cpu();
  load.Run();
  const double seconds = load.seconds();
  const auto count = static_cast<double>(requests.size());
  return {.per_second = count / seconds,
          .server_us = (server.cpu() - cpu) / count * 1e6,
          .answers = std::move(load.answers())};
}

}  // namespace carnet::bench
