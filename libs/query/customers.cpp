#include "query/customers.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fatal.h"
#include "domain/customers/record.h"
#include "domain/form.h"
#include "domain/keys.h"
#include "query/card.h"
#include "query/full_card.h"
#include "query/members.h"
#include "query/names.h"
#include "query/page_token.h"
#include "query/reasons.h"
#include "query/row_scan.h"

namespace carnet::query {
namespace {

using carnet::v1::Customer;
using domain::Family;

constexpr size_t kMaxLookupResults = 100;

std::string ListName(std::string_view merchant) { return "customers/" + std::string(merchant); }

Uuid IdAtEnd(std::string_view key) {
  CARNET_ASSERT(key.size() >= Uuid::kSize);
  return *Uuid::FromBytes(key.substr(key.size() - Uuid::kSize));
}

// Calls `visit` for the records that stand for a customer that was not forgotten, in id order,
// after `last`, until it returns false.
void ScanCustomers(
    const view_store::Snapshot& snapshot, std::string_view merchant,
    const std::optional<Uuid>& last,
    const std::function<bool(const Uuid& customer, std::string_view first_row)>& visit) {
  const std::string prefix = domain::MerchantPrefix(merchant);
  std::string start = prefix;
  // The smallest key that is greater than the last one.
  if (last) start = domain::RecordKey(merchant, *last) + '\0';
  snapshot.ScanFrom(Family::kRecords, prefix, start,
                    [&](std::string_view key, std::string_view row) {
                      const Uuid id = IdAtEnd(key);
                      return !IsCustomerRecordRow(row, id) || visit(id, row);
                    });
}

absl::Status CheckExternalId(const carnet::v1::ExternalId& id) {
  absl::Status status = CheckMerchant(id.channel(), "external_id.channel").status();
  if (status.ok()) status = CheckMerchant(id.source(), "external_id.source").status();
  if (status.ok() && !domain::IsExternalId(id.id())) {
    status = Error(absl::StatusCode::kInvalidArgument, reason::kExternalIdMalformed,
                   "external_id.id must be 1 to 128 bytes of UTF-8", "external_id.id");
  }
  return status;
}

}  // namespace

absl::Status Customers::Get(const View& view, const carnet::v1::GetCustomerRequest& request,
                            carnet::v1::GetCustomerResponse* response) const {
  const auto name = ParseCustomerName(request.name(), "name");
  if (!name.ok()) return name.status();
  SetPosition(view, response->mutable_position());
  const bool full = request.view() == carnet::v1::CUSTOMER_VIEW_FULL;
  std::string row;
  if (!full &&
      view.snapshot->Get(Family::kRecords, domain::RecordKey(name->merchant, name->id), &row)) {
    const std::string_view customer_id = CustomerIdOfRecordRow(row);
    if (customer_id.empty() || customer_id == name->id.bytes()) {
      return FillCard(*view.snapshot, *opener_,
                      policies_.Of(*view.snapshot, name->merchant)->policy(), name->merchant,
                      name->id, {.record_row = row}, response->mutable_customer());
    }
  }
  const auto customer = CustomerOf(*view.snapshot, name->merchant, name->id, "name");
  if (!customer.ok()) return customer.status();
  return Fill(*view.snapshot, name->merchant, *customer, request.view(),
              response->mutable_customer());
}

absl::Status Customers::Fill(const view_store::Snapshot& snapshot, std::string_view merchant,
                             const Uuid& customer, carnet::v1::CustomerView view,
                             Customer* card) const {
  const auto policy = policies_.Of(snapshot, merchant);
  absl::Status status =
      FillCard(snapshot, *opener_, policy->policy(), merchant, customer, {}, card);
  if (status.ok() && view == carnet::v1::CUSTOMER_VIEW_FULL) {
    status = CompleteCard(snapshot, *lookup_, policy->policy(), merchant, card);
  }
  return status;
}

std::string Customers::CountryIn(const view_store::Snapshot& snapshot,
                                 std::string_view merchant) const {
  const auto policy = policies_.Of(snapshot, merchant);
  if (!policy->policy().country().empty()) return policy->policy().country();
  return country_of_ ? country_of_(merchant) : std::string();
}

absl::Status Customers::Lookup(const View& view, const carnet::v1::LookupCustomersRequest& request,
                               carnet::v1::LookupCustomersResponse* response) const {
  const std::string& merchant = request.merchant();
  absl::Status status = CheckMerchant(merchant, "merchant").status();
  if (!status.ok()) return status;

  std::set<Uuid> customers;
  const auto add = [&](const Uuid& record) {
    // A record that is not there is no error: an external id may be free.
    const auto customer = CustomerOf(*view.snapshot, merchant, record, {});
    if (customer.ok()) customers.insert(*customer);
    return customers.size() < kMaxLookupResults;
  };
  const auto add_all = [&](carnet::v1::IdentityTokenKind kind,
                           const absl::StatusOr<std::string>& token) {
    if (!token.ok() || token->empty()) return token.status();
    view.snapshot->Scan(Family::kIdentifiers, domain::IdentifierPrefix(merchant, kind, *token),
                        [&](std::string_view key, std::string_view) { return add(IdAtEnd(key)); });
    return absl::OkStatus();
  };

  using Request = carnet::v1::LookupCustomersRequest;
  switch (request.key_case()) {
    case Request::kExternalId: {
      const auto& id = request.external_id();
      status = CheckExternalId(id);
      if (!status.ok()) break;
      // The id may have been forgotten, and come again.
      for (uint32_t life = 0;; ++life) {
        const Uuid record = domain::RecordId(merchant, id.channel(), id.source(), id.id(), life);
        std::string row;
        if (!view.snapshot->Get(Family::kRecords, domain::RecordKey(merchant, record), &row)) break;
        if (IsErasedRecordRow(row)) continue;
        add(record);
        break;
      }
      break;
    }
    case Request::kPhone:
      status = add_all(
          carnet::v1::IDENTITY_TOKEN_KIND_PHONE,
          lookup_->PhoneToken(
              merchant, request.phone(),
              request.country().empty() ? CountryIn(*view.snapshot, merchant) : request.country()));
      break;
    case Request::kEmail:
      status = add_all(carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_EXACT,
                       lookup_->EmailToken(merchant, request.email()));
      break;
    case Request::KEY_NOT_SET:
      status = Error(absl::StatusCode::kInvalidArgument, reason::kLookupKeyMissing,
                     "give one of external_id, phone and email", "key");
  }
  if (!status.ok()) return status;
  for (const Uuid& customer : customers) {
    status = FillCard(*view.snapshot, *opener_, policies_.Of(*view.snapshot, merchant)->policy(),
                      merchant, customer, {}, response->add_customers());
    if (!status.ok()) return status;
  }
  SetPosition(view, response->mutable_position());
  return absl::OkStatus();
}

absl::Status Customers::List(const View& view, const carnet::v1::ListCustomersRequest& request,
                             carnet::v1::ListCustomersResponse* response) const {
  const std::string& merchant = request.merchant();
  absl::Status status = CheckMerchant(merchant, "merchant").status();
  if (!status.ok()) return status;
  const auto page_size = PageSize(request.page_size());
  if (!page_size.ok()) return page_size.status();
  const std::string list = ListName(merchant);
  const auto token = ParsePageToken(list, view.generation, Uuid::kSize, request.page_token());
  if (!token.ok()) return token.status();

  const auto policy = policies_.Of(*view.snapshot, merchant);
  const std::optional<Uuid> after = Uuid::FromBytes(*token);  // nothing: the first page
  Uuid last;
  size_t bytes = 0;
  bool more = false;
  ScanCustomers(*view.snapshot, merchant, after,
                [&](const Uuid& customer, std::string_view first_row) {
                  if (response->customers_size() == *page_size || bytes >= kMaxPageBytes) {
                    more = true;
                    return false;
                  }
                  Customer* card = response->add_customers();
                  status = FillCard(*view.snapshot, *opener_, policy->policy(), merchant, customer,
                                    {.record_row = first_row}, card);
                  bytes += card->ByteSizeLong();
                  last = customer;
                  return status.ok();
                });
  if (!status.ok()) return status;
  if (more) {
    response->set_next_page_token(FormatPageToken(list, view.generation, last.bytes()));
  }
  SetPosition(view, response->mutable_position());
  return absl::OkStatus();
}

void Customers::ForEachId(const view_store::Snapshot& snapshot, std::string_view merchant,
                          const std::function<bool(const Uuid&)>& visit) const {
  ScanCustomers(snapshot, merchant, std::nullopt,
                [&](const Uuid& id, std::string_view) { return visit(id); });
}

bool Customers::NextRows(const view_store::Snapshot& snapshot, std::string_view merchant,
                         std::optional<Uuid>* last, size_t count, std::vector<Rows>* rows) const {
  rows->clear();
  rows->reserve(count);
  bool more = false;
  ScanCustomers(snapshot, merchant, *last, [&](const Uuid& id, std::string_view first_row) {
    more = rows->size() == count;
    if (!more) rows->push_back({.id = id, .record = std::string(first_row), .account = {}});
    return !more;
  });
  if (rows->empty()) return false;
  // Accounts stand in the same order: reading them along is cheaper than looking up each.
  auto place = rows->begin();
  snapshot.ScanFrom(Family::kAccounts, domain::MerchantPrefix(merchant),
                    domain::RecordKey(merchant, rows->front().id),
                    [&](std::string_view key, std::string_view row) {
                      const Uuid id = IdAtEnd(key);
                      while (place != rows->end() && place->id < id) ++place;
                      if (place == rows->end()) return false;
                      if (place->id == id) place->account = row;
                      return true;
                    });
  *last = rows->back().id;
  return more;
}

absl::Status Customers::FillFromRows(const view_store::Snapshot& snapshot,
                                     std::string_view merchant, const Rows& rows,
                                     const vault::KeyBatch& keys, Customer* card) const {
  return FillCard(snapshot, *opener_, policies_.Of(snapshot, merchant)->policy(), merchant, rows.id,
                  {.record_row = rows.record, .keys = &keys, .values_alone = true}, card);
}

absl::StatusOr<bool> Customers::Next(const view_store::Snapshot& snapshot,
                                     std::string_view merchant, std::optional<Uuid>* last,
                                     Customer* customer) const {
  bool found = false;
  absl::Status status;
  ScanCustomers(snapshot, merchant, *last, [&](const Uuid& id, std::string_view first_row) {
    status = FillCard(snapshot, *opener_, policies_.Of(snapshot, merchant)->policy(), merchant, id,
                      {.record_row = first_row}, customer);
    *last = id;
    found = true;
    return false;
  });
  if (!status.ok()) return status;
  return found;
}

}  // namespace carnet::query
