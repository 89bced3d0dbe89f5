#include "projector/customer_writes.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "domain/customers/catalogue.h"
#include "domain/customers/record.h"
#include "query/edits.h"
#include "query/members.h"
#include "query/names.h"
#include "query/reasons.h"
#include "query/view.h"

namespace carnet::projector_service {
namespace {

// A change about the customer of a resource name.
absl::StatusOr<v1::Change> ChangeOf(const std::string& name, const std::string& request_id,
                                    const v1::Writer& writer) {
  const auto parsed = query::ParseCustomerName(name, "name");
  if (!parsed.ok()) return parsed.status();
  v1::Change change = MakeChange(WriteOf(std::string(parsed->merchant), request_id, writer));
  change.set_customer(parsed->id.ToString());
  return change;
}

// What a read needs of the views now, or why there is none.
absl::StatusOr<Moments::Moment> MomentOf(Moments* moments, const std::string& name) {
  const auto parsed = query::ParseCustomerName(name, "name");
  if (!parsed.ok()) return parsed.status();
  return moments->Now(moments->PartitionOf(parsed->merchant));
}

// Of the card's warnings those about what was written.
template <typename Response>
void CopyWarnings(const v1::ContactObserved& said, const v1::Customer& card, Response* response) {
  if constexpr (requires { response->add_warnings(); }) {
    for (const auto& warning : card.warnings()) {
      const std::string root = warning.field().substr(0, warning.field().find('['));
      const auto field = domain::ParseCardField(root);
      if (!field) continue;
      const auto* descriptor = domain::ContactField(field->number);
      const auto* reflection = said.contact().GetReflection();
      const bool written = descriptor->is_repeated()
                               ? reflection->FieldSize(said.contact(), descriptor) > 0
                               : reflection->HasField(said.contact(), descriptor);
      if (written) *response->add_warnings() = warning;
    }
  }
}

}  // namespace

template <typename Response>
void CustomerWrites::PublishAndShow(v1::Change change, Response* response,
                                    const runtime::CallInfo& call, runtime::Done done) {
  const std::string merchant = change.merchant();
  const v1::ContactObserved said = change.body().contact_observed();
  PublishThen(publish_, moments_, std::move(change), call, done,
              [this, merchant, said, response](const v1::PublishResponse& published,
                                               const Moments::Moment& moment) -> absl::Status {
                const auto record = domain::ParseCustomerId(published.outcome().record());
                if (!record) {
                  return Error(absl::StatusCode::kNotFound, query::reason::kCustomerUnknown,
                               "the change was applied, but to nobody: its id is a walk-in's");
                }
                const auto customer =
                    query::CustomerOf(*moment.snapshot, merchant, *record, "name");
                if (!customer.ok()) return customer.status();
                absl::Status status =
                    customers_->Fill(*moment.snapshot, merchant, *customer, v1::CUSTOMER_VIEW_FULL,
                                     response->mutable_customer());
                CopyWarnings(said, response->customer(), response);
                query::SetPosition(moment.view, response->mutable_position());
                return status;
              });
}

void CustomerWrites::Create(const v1::CreateCustomerRequest& request,
                            v1::CreateCustomerResponse* response, const runtime::CallInfo& call,
                            runtime::Done done) {
  const auto merchant = query::CheckMerchant(request.merchant(), "merchant");
  if (!merchant.ok()) return done(merchant.status());
  v1::Change change =
      MakeChange(WriteOf(request.merchant(), request.request_id(), request.writer()));
  change.set_external_id(request.external_id());
  *change.mutable_body()->mutable_contact_observed()->mutable_contact() = request.contact();
  query::StripOutput(change.mutable_body()->mutable_contact_observed()->mutable_contact());
  PublishAndShow(std::move(change), response, call, done);
}

void CustomerWrites::Update(const v1::UpdateCustomerRequest& request,
                            v1::UpdateCustomerResponse* response, const runtime::CallInfo& call,
                            runtime::Done done) {
  auto change = ChangeOf(request.name(), request.request_id(), request.writer());
  if (!change.ok()) return done(change.status());
  const std::vector<std::string> mask(request.update_mask().paths().begin(),
                                      request.update_mask().paths().end());
  auto said = query::UpdateOf(request.contact(), mask, "update_mask");
  if (!said.ok()) return done(said.status());
  *change->mutable_body()->mutable_contact_observed() = *std::move(said);
  if (!request.etag().empty()) change->mutable_preconditions()->set_etag(request.etag());
  PublishAndShow(*std::move(change), response, call, done);
}

void CustomerWrites::Revert(const v1::RevertFieldRequest& request,
                            v1::RevertFieldResponse* response, const runtime::CallInfo& call,
                            runtime::Done done) {
  auto change = ChangeOf(request.name(), request.request_id(), request.writer());
  if (!change.ok()) return done(change.status());
  const auto moment = MomentOf(moments_, request.name());
  if (!moment.ok()) return done(moment.status());
  v1::ExplainCustomerRequest explain;
  explain.set_name(request.name());
  explain.set_field(request.field());
  v1::ExplainCustomerResponse explained;
  if (absl::Status status = customers_->Explain(moment->view, explain, &explained); !status.ok())
    return done(std::move(status));
  const v1::FieldValue* value =
      query::FindValue(explained, request.change_number(), request.record());
  if (request.field().empty() || value == nullptr) {
    return done(Error(absl::StatusCode::kNotFound, "NOT_FOUND",
                      "that change said nothing of this field: ExplainCustomer lists what did",
                      "change_number"));
  }
  auto* said = change->mutable_body()->mutable_contact_observed();
  if (value->cleared()) {
    said->add_clear(request.field());
  } else {
    *said->mutable_contact() = value->value();
    query::StripOutput(said->mutable_contact());
  }
  said->add_revert(request.field());
  PublishAndShow(*std::move(change), response, call, done);
}

void CustomerWrites::Duplicate(const v1::DuplicateCustomerRequest& request,
                               v1::DuplicateCustomerResponse* response,
                               const runtime::CallInfo& call, runtime::Done done) {
  auto change = ChangeOf(request.name(), request.request_id(), request.writer());
  if (!change.ok()) return done(change.status());
  const auto moment = MomentOf(moments_, request.name());
  if (!moment.ok()) return done(moment.status());
  v1::GetCustomerRequest get;
  get.set_name(request.name());
  v1::GetCustomerResponse original;
  if (absl::Status status = customers_->Get(moment->view, get, &original); !status.ok())
    return done(std::move(status));
  // Under the change's own id: a copy has no identifier to be known by.
  change->clear_customer();
  change->set_external_id(change->id());
  auto* said = change->mutable_body()->mutable_contact_observed();
  *said->mutable_contact() = query::CopyOf(original.customer().contact());
  const auto id = query::ParseCustomerName(original.customer().name(), "name");
  said->set_duplicate_of(id->id.ToString());
  PublishAndShow(*std::move(change), response, call, done);
}

void CustomerWrites::Archive(const v1::ArchiveCustomerRequest& request,
                             v1::ArchiveCustomerResponse* response, const runtime::CallInfo& call,
                             runtime::Done done) {
  auto change = ChangeOf(request.name(), request.request_id(), request.writer());
  if (!change.ok()) return done(change.status());
  auto* archived = change->mutable_body()->mutable_customer_archived();
  archived->set_balance(request.balance());
  archived->set_restore(request.restore());
  if (!request.etag().empty()) change->mutable_preconditions()->set_etag(request.etag());
  PublishAndShow(*std::move(change), response, call, done);
}

void CustomerWrites::Consent(const v1::RecordConsentRequest& request,
                             v1::RecordConsentResponse* response, const runtime::CallInfo& call,
                             runtime::Done done) {
  const auto merchant = query::CheckMerchant(request.merchant(), "merchant");
  if (!merchant.ok()) return done(merchant.status());
  v1::Change change =
      MakeChange(WriteOf(request.merchant(), request.request_id(), request.writer()));
  *change.mutable_body()->mutable_consent_recorded() = request.consent();
  PublishThen(publish_, moments_, std::move(change), call, done,
              [response](const v1::PublishResponse&, const Moments::Moment& moment) {
                query::SetPosition(moment.view, response->mutable_position());
                return absl::OkStatus();
              });
}

}  // namespace carnet::projector_service
