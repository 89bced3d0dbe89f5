#include "runtime/shutdown.h"

#include <csignal>

#include "base/fatal.h"

namespace carnet::runtime {
namespace {

sigset_t EndingSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

ShutdownSignal::ShutdownSignal() {
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t set = EndingSignals();
  CARNET_ASSERT(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
}

int ShutdownSignal::WaitFor(std::chrono::milliseconds most) {
  const sigset_t set = EndingSignals();
  const timespec timeout{.tv_sec = most.count() / 1000, .tv_nsec = most.count() % 1000 * 1'000'000};
  const int signal = sigtimedwait(&set, nullptr, &timeout);
  if (signal < 0) return 0;  // nothing came, or something else interrupted
  CARNET_ASSERT(pthread_sigmask(SIG_UNBLOCK, &set, nullptr) == 0);
  return signal;
}

}  // namespace carnet::runtime
