// Customers as a file, streamed.
#pragma once

#include <memory>

#include "carnet/v1/customer_files.pb.h"
#include "projector/moments.h"
#include "query/customers.h"
#include "query/search/search.h"
#include "runtime/server_stream.h"
#include "runtime/worker.h"

namespace carnet::projector_service {

// Writes the file piece by piece from one moment of the views, as fast as the client reads; ends
// the stream. All but the stream must outlive it; `worker`: where it reads.
void StartExport(const v1::ExportCustomersRequest& request, const Moments::Moment& moment,
                 std::shared_ptr<runtime::ServerStream<v1::ExportCustomersResponse>> stream,
                 const query::Customers* customers, query::CustomerSearch* search,
                 runtime::Worker* worker);

}  // namespace carnet::projector_service
