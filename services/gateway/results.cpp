#include "gateway/results.h"

#include "runtime/grpc_status.h"

namespace carnet::gateway {

void AddResults(const Publisher& publisher, Publication* publication,
                v1::PublishBatchResponse* response) {
  const auto& changes = publication->changes;
  response->mutable_results()->Reserve(static_cast<int>(changes.size()));
  for (size_t i = 0; i < changes.size(); ++i) {
    const Commit::Change& change = changes[i];
    v1::PublishResult* result = response->add_results();
    if (!change.offset.ok()) {
      runtime::ToRpcStatus(change.offset.status(), result->mutable_error());
      continue;
    }
    publisher.SetToken(change.prepared.partition, *change.offset, result->mutable_token());
    if (publication->wait) result->mutable_outcome()->Swap(&publication->outcomes[i]);
  }
}

}  // namespace carnet::gateway
