// Certificates for tests: an authority of its own, and what it signs.
#pragma once

#include <memory>
#include <string>

namespace carnet::acceptance {

struct Pem {
  std::string certificate;
  std::string key;
};

class Authority {
 public:
  explicit Authority(const std::string& name);
  ~Authority();

  // Its own certificate.
  const std::string& root() const { return root_; }
  // Valid for 127.0.0.1.
  Pem Sign(const std::string& name) const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
  std::string root_;
};

}  // namespace carnet::acceptance
