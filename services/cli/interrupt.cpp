#include "cli/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <utility>

namespace carnet::cli {
namespace {

sigset_t EndSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

int BlockAndOpen() {
  const sigset_t set = EndSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return signalfd(-1, &set, SFD_CLOEXEC);
}

}  // namespace

Interrupt::Interrupt() : signal_fd_(BlockAndOpen()), stop_fd_(eventfd(0, EFD_CLOEXEC)) {}

void Interrupt::Watch(std::function<void()> end) {
  thread_ = std::thread([this, end = std::move(end)] {
    pollfd poll_fds[2] = {{.fd = signal_fd_, .events = POLLIN, .revents = 0},
                          {.fd = stop_fd_, .events = POLLIN, .revents = 0}};
    while (poll(poll_fds, 2, -1) < 0) {
    }
    signalfd_siginfo taken;  // or it would still be pending when signals are let through again
    if (poll_fds[0].revents == 0 || read(signal_fd_, &taken, sizeof taken) < 0) return;
    came_ = true;
    end();
  });
}

Interrupt::~Interrupt() {
  eventfd_write(stop_fd_, 1);
  if (thread_.joinable()) thread_.join();
  close(signal_fd_);
  close(stop_fd_);
  const sigset_t set = EndSignals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace carnet::cli
