// gRPC's side of customers: reading, searching and writing them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "projector/writes.h"

namespace grpc {
class Service;
}
namespace carnet::runtime {
class OpenStreams;
}
namespace carnet::vault {
class Lookup;
class Opener;
}  // namespace carnet::vault

namespace carnet::projector_service {

struct CustomerServiceParts {
  Moments* moments;
  const vault::Opener* opener;
  const vault::Lookup* lookup;
  PublishChanges publish;  // empty: writes are refused
  PreviewChanges preview;
  // In which country a merchant's phones are read where its policy does not say; may be empty.
  std::function<std::string(std::string_view merchant)> country_of;
};

// All parts must outlive the service.
std::unique_ptr<grpc::Service> MakeCustomerService(CustomerServiceParts parts);

}  // namespace carnet::projector_service
