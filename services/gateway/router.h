// Passes reads on to a projector that serves the merchant's partition: for gateways that fold
// nothing themselves.
#pragma once

#include <functional>
#include <memory>

#include "carnet/v1/admin_service.pb.h"

namespace grpc {
class CallbackGenericService;
}
namespace carnet::runtime {
class Guard;
}

namespace carnet::gateway {

class Projectors;

// Takes every method that no service of this process has. Messages are passed on as they are, both
// ways, unary or streamed; deadline and cancelling go along, and so do the projector's errors. A
// call that no projector has answered yet is tried with the next replica when a connection fails.
//
// The partition is that of the merchant in the request (`merchant`, or merchants/{merchant}/… in
// `name`, `parent` or `customer`), else its `partition`, else that of its min_position, else 0.
class Router {
 public:
  // `projectors` and `guard`, which is asked as for this process's own methods, must outlive it.
  // `status`: the facts that this process answers GetStatus with, to
  // which the projectors' are added.
  Router(Projectors* projectors, runtime::Guard* guard, int32_t partition_count,
         v1::GetStatusResponse status);
  ~Router();

  grpc::CallbackGenericService* service();

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace carnet::gateway
