// The shipped server with its HTTP doors open and keys of its own, for tests of what tills send.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "access/secrets.h"
#include "carnet/v1/access.pb.h"
#include "carnet/v1/change_service.pb.h"
#include "tests/acceptance/kill/carnetd_process.h"
#include "tests/simulation/scratch_folder.h"

namespace carnet::acceptance {

inline constexpr char kShop[] = "shop-1";

struct HttpAnswer {
  int status = 0;
  std::string body;
  std::vector<std::string> lines() const;
  // Of a 200: "APPLIED", "DUPLICATE", "REJECTED ID_REUSED", "durable", "refused UNPARSABLE" a line.
  std::vector<std::string> verdicts() const;
};

struct CliRun {
  int exit_code = 0;  // -1: killed
  std::string output;
  std::string errors;
  std::vector<std::string> lines() const;
};

class DoorsTest : public ::testing::Test {
 protected:
  // Not started; with a till's key for kShop.
  DoorsTest();

  std::string AddKey(v1::Role role, const std::string& merchant = kShop,
                     const std::function<void(v1::AccessKey*)>& change = {});
  // `with_keys` false: nobody is asked who they are.
  void Start(bool with_keys = true);

  // POST over a connection of its own. `key` empty: no such header.
  HttpAnswer Post(const std::string& path, const std::string& body, const std::string& key) const;
  HttpAnswer PostChanges(const std::string& body, const std::string& merchant = kShop) const {
    return Post("/v1/" + merchant + "/changes?wait=true", body, till_key_);
  }

  std::vector<std::string> CliWords(const std::vector<std::string>& words) const;
  std::vector<std::pair<std::string, std::string>> CliEnvironment(
      const std::string& merchant = kShop) const;
  // The shipped command line, with the till's key.
  CliRun Cli(const std::vector<std::string>& words, const std::string& merchant = kShop) const;

  // "code total" of every voucher, in order.
  std::vector<std::string> Vouchers(const std::string& merchant = kShop) const;
  // "name owes" of every customer, in order.
  std::vector<std::string> Debts(const std::string& merchant = kShop) const;

  const simulation::ScratchFolder scratch_;
  access::Secrets secrets_;
  v1::AccessFile file_;
  std::string till_key_;
  CarnetdProcess carnetd_;
};

// A sale of a till on account, one line of JSON; `more` stands before the body.
std::string SaleLine(const std::string& code, const std::string& customer,
                     const std::string& amount, const std::string& more = "");
std::string ContactLine(const std::string& customer, const std::string& name);

}  // namespace carnet::acceptance
