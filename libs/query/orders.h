// Reading orders.
#pragma once

#include "absl/status/status.h"

#include "carnet/v1/order_service.pb.h"
#include "query/view.h"

namespace carnet::query {

// The service's reads, each from one moment of the views. May be used from any thread. The comments
// of order_service.proto say what is answered. `response` must be empty; after an error it is not
// to be used.

// Errors: INVALID_ARGUMENT(NAME_MALFORMED), NOT_FOUND(ORDER_UNKNOWN).
absl::Status GetOrder(const View& view, const carnet::v1::GetOrderRequest& request,
                      carnet::v1::GetOrderResponse* response);

// Errors: INVALID_ARGUMENT(NAME_MALFORMED, PAGE_SIZE, PAGE_TOKEN_MALFORMED),
// NOT_FOUND(CUSTOMER_UNKNOWN), FAILED_PRECONDITION(PAGE_TOKEN_EXPIRED).
absl::Status ListOrders(const View& view, const carnet::v1::ListOrdersRequest& request,
                        carnet::v1::ListOrdersResponse* response);

}  // namespace carnet::query
