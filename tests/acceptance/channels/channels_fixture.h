// The shipped server with its HTTP door open: channels deliver, others ask what came of it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include <gtest/gtest.h>

#include "carnet/v1/customer.pb.h"
#include "carnet/v1/customer_service.grpc.pb.h"
#include "carnet/v1/delivery_service.grpc.pb.h"
#include "runtime/grpc_status.h"
#include "tests/acceptance/kill/carnetd_process.h"
#include "tests/simulation/scratch_folder.h"

namespace carnet::acceptance {

// Of the repository's own payloads: "meta/fixtures/lead.json".
std::string ReadFixture(const std::string& path);

class ChannelsTest : public ::testing::Test {
 protected:
  ChannelsTest();

  // The endpoints file's content, and further arguments; before Start().
  void WriteEndpoints(const std::string& toml) const;
  void Start(const std::vector<std::string>& more = {});
  // The same process again, after Kill() or Terminate().
  void StartAgain();
  // Serves again: stubs and http() are new.
  void Connect();

  const std::string& http() const { return http_; }
  CarnetdProcess& carnetd() { return *carnetd_; }

  // POSTs, each by a connection of its own; the response.
  std::string Post(const std::string& path, const std::string& body,
                   const std::string& headers = "") const;
  // The same, signed as the channel of the path does, with `secret`; further headers as above.
  std::string Deliver(const std::string& path, const std::string& secret, const std::string& body,
                      const std::string& headers = "") const;

  // Who stands under an external id of merchant "shop"; nothing: nobody.
  std::optional<v1::Customer> Find(const std::string& channel, const std::string& source,
                                   const std::string& id) const;
  // Waits for it.
  v1::Customer Await(const std::string& channel, const std::string& source, const std::string& id);
  // What was delivered to merchant "shop" and could not be used, newest first.
  std::vector<v1::DeadLetter> UnusableDeliveries() const;
  // The ids of the changes that merchant "shop" is told by a delivery. `topic` as the channel names
  // it.
  static std::vector<std::string> ChangesOf(const std::string& channel, const std::string& source,
                                            const std::string& topic, const std::string& body);
  // The delivery that a change of merchant "shop" came of. Waits until the change is known.
  absl::StatusOr<v1::GetDeliveryResponse> Delivery(const std::string& change_id) const;
  // Until it holds, or the test fails.
  static void WaitUntil(const std::function<bool()>& holds, const std::string& what);

  template <typename Stub, typename Request, typename Response>
  static absl::Status Call(Stub* stub,
                           grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                        Response*),
                           const Request& request, Response* response) {
    grpc::ClientContext context;
    SetDeadline(&context);
    return runtime::FromGrpcStatus((stub->*method)(&context, request, response));
  }

  const simulation::ScratchFolder scratch_;
  const std::string data_ = scratch_.path() + "/data";
  const std::string endpoints_ = scratch_.path() + "/endpoints.toml";
  std::string http_;
  std::unique_ptr<CarnetdProcess> carnetd_;
  std::unique_ptr<v1::CustomerService::Stub> customers_;
};

}  // namespace carnet::acceptance
