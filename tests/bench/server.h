// A server process under measurement: carnetd, or the floor's.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace carnet::bench {

class Server {
 public:
  // Runs `command` (program and arguments), which writes its addresses, a line each, into
  // `port_file` when it serves, and waits for that. CARNET_… variables are kept from it. What it
  // prints goes into `output`, its end is shown if it fails. It never outlives this process.
  Server(const std::vector<std::string>& command, const std::string& port_file,
         const std::string& output);
  // Kills it.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::string& address() const { return address_; }
  // The last one it says: of HTTP, where that is served.
  const std::string& last_address() const { return last_address_; }
  pid_t pid() const { return pid_; }
  // Now() right before the process was made.
  double begun() const { return begun_; }
  // Processor time up to now, seconds.
  double cpu() const;

  // Resident now and at most, bytes.
  struct Memory {
    int64_t resident = 0;
    int64_t highest = 0;
  };
  Memory memory() const;

  // SIGTERM, and waits for its end; the seconds that took. It must end with status 0.
  double Stop();
  // kill -9, and waits for its end.
  void Kill();

 private:
  [[noreturn]] void Died(int status) const;

  const std::string output_;
  double begun_ = 0;
  pid_t pid_ = 0;
  std::string address_;
  std::string last_address_;
};

}  // namespace carnet::bench
