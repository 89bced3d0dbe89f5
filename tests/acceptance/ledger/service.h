// The real server in this process, but for its clock, which a test sets: log, keys and views on
// disk, all services at a socket.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <grpcpp/channel.h>

namespace carnet::ledger_cases {

class Service {
 public:
  // Keeps its data in `folder`, which must be empty. Ends the process where it can't start.
  explicit Service(const std::string& folder);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // What the clock says from now on, microseconds since 1970 UTC.
  void SetNow(int64_t micros);

  const std::shared_ptr<grpc::Channel>& channel() const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace carnet::ledger_cases
