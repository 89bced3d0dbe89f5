// Writing customers: from a request to the change that says it.
#pragma once

#include "absl/time/time.h"

#include "carnet/v1/customer_service.pb.h"
#include "projector/moments.h"
#include "projector/writes.h"
#include "query/customers.h"
#include "runtime/call.h"

namespace carnet::projector_service {

// May be used from any thread. What each does is said in customer_service.proto; request and
// response stay until `done` is called.
class CustomerWrites {
 public:
  // `moments` and `customers` must outlive this.
  CustomerWrites(Moments* moments, const query::Customers* customers, PublishChanges publish)
      : moments_(moments), customers_(customers), publish_(std::move(publish)) {}

  void Create(const v1::CreateCustomerRequest& request, v1::CreateCustomerResponse* response,
              const runtime::CallInfo& call, runtime::Done done);
  void Update(const v1::UpdateCustomerRequest& request, v1::UpdateCustomerResponse* response,
              const runtime::CallInfo& call, runtime::Done done);
  void Revert(const v1::RevertFieldRequest& request, v1::RevertFieldResponse* response,
              const runtime::CallInfo& call, runtime::Done done);
  void Duplicate(const v1::DuplicateCustomerRequest& request,
                 v1::DuplicateCustomerResponse* response, const runtime::CallInfo& call,
                 runtime::Done done);
  void Archive(const v1::ArchiveCustomerRequest& request, v1::ArchiveCustomerResponse* response,
               const runtime::CallInfo& call, runtime::Done done);
  void Consent(const v1::RecordConsentRequest& request, v1::RecordConsentResponse* response,
               const runtime::CallInfo& call, runtime::Done done);

 private:
  // Publishes, then shows the card of the record that was written to.
  template <typename Response>
  void PublishAndShow(v1::Change change, Response* response, const runtime::CallInfo& call,
                      runtime::Done done);

  Moments* const moments_;
  const query::Customers* const customers_;
  const PublishChanges publish_;
};

}  // namespace carnet::projector_service
