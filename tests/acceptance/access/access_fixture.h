// carnetd behind TLS with keys of all kinds, for tests of who may call.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include <grpcpp/channel.h>
#include <gtest/gtest.h>

#include "access/secrets.h"
#include "carnet/v1/access.pb.h"
#include "tests/acceptance/access/certificates.h"
#include "tests/acceptance/access/every_method.h"
#include "tests/acceptance/kill/carnetd_process.h"
#include "tests/simulation/scratch_folder.h"

namespace carnet::acceptance {

class AccessFixture : public testing::Test {
 protected:
  AccessFixture();
  // No secret that was made here may stand in what carnetd said.
  ~AccessFixture() override;

  // A key in the file, which is saved with the next Save(); `change` narrows it.
  std::string AddKey(v1::Role role, const std::string& merchant = "shop-1",
                     const std::function<void(v1::AccessKey*)>& change = {});
  v1::AccessKey* KeyOf(const std::string& text);
  void Save();
  // Makes a token as carnetd would; what it returns is remembered as a secret too.
  std::string TokenFor(v1::Role role, const std::string& customer, absl::Duration ttl);

  // With the files as they are. `mutual`: clients must show certificates.
  void Start(bool mutual = false);
  // What a carnetd is told of keys and TLS.
  std::vector<std::pair<std::string, std::string>> Environment(bool mutual) const;
  // A connection of its own. `client`: with this certificate.
  std::shared_ptr<grpc::Channel> Connect(const std::optional<Pem>& client = {}) const;
  std::shared_ptr<grpc::Channel> Connect(const std::string& root,
                                         const std::optional<Pem>& client) const;

  // Puts a server's certificate and key in place together.
  void InstallCertificate(const Pem& pem);

  // "OK", or the code and the reason.
  static std::string Verdict(const absl::Status& status);
  // Waits, at most a minute.
  static bool Eventually(const std::function<bool()>& condition);

  const simulation::ScratchFolder scratch_;
  Authority authority_{"Carnet test root"};
  access::Secrets secrets_;
  v1::AccessFile file_;
  std::vector<std::string> spoken_;  // all secrets
  const Contract contract_;
  std::unique_ptr<CarnetdProcess> carnetd_;
  int certificates_ = 0;
};

}  // namespace carnet::acceptance
