// Follows a merchant's feed across the deaths of the server.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>

namespace carnet::acceptance {

class Follower {
 public:
  explicit Follower(std::string merchant) : merchant_(std::move(merchant)) {}
  ~Follower() { Stop(); }

  // Goes on after the newest event it has, in a thread of its own, until the server is gone.
  void Start(const std::shared_ptr<grpc::Channel>& channel);
  // Waits for the end of that, or ends it.
  void Stop();

  // Until so many vouchers were told of; false after the usual patience.
  bool WaitForVouchers(size_t count);

  // Codes of the vouchers that were told of, in order; what was wrong with the feed, if anything.
  std::vector<std::string> codes() const;
  std::string wrong() const;

 private:
  void Follow(const std::shared_ptr<grpc::Channel>& channel);

  const std::string merchant_;

  mutable std::mutex mutex_;
  std::condition_variable more_;
  // Guarded by mutex_.
  std::unique_ptr<grpc::ClientContext> context_;
  uint64_t last_sequence_ = 0;
  std::vector<std::string> codes_;
  std::string wrong_;

  std::thread thread_;
};

}  // namespace carnet::acceptance
