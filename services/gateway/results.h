// A publication's answer as messages.
#pragma once

#include "carnet/v1/change_service.pb.h"
#include "gateway/publisher.h"

namespace carnet::gateway {

// One result for each change, in order. Takes the outcomes out of the publication, which has been
// answered.
void AddResults(const Publisher& publisher, Publication* publication,
                v1::PublishBatchResponse* response);

}  // namespace carnet::gateway
