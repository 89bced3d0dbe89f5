#include "query/search/search.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "base/bytes.h"
#include "base/civil_date.h"
#include "base/error.h"
#include "base/fatal.h"
#include "base/money.h"
#include "base/sha256.h"
#include "domain/customers/record.h"
#include "domain/keys.h"
#include "query/full_card.h"
#include "query/members.h"
#include "query/names.h"
#include "query/page_token.h"
#include "query/reasons.h"

namespace carnet::query {
namespace {

using carnet::v1::Customer;
using domain::Family;

// A page goes on after the last one shown, so it says where that stands; with a check over the
// request, so that a token of another one is not taken for one of this.
constexpr size_t kCheckBytes = 8;

std::string RequestCheck(const carnet::v1::SearchCustomersRequest& request) {
  carnet::v1::SearchCustomersRequest same = request;
  same.clear_page_token();
  same.clear_page_size();
  same.clear_min_position();
  return Sha256(same.SerializeAsString()).substr(0, kCheckBytes);
}

std::string FormatToken(const std::string& check, const SearchPlace& place) {
  std::string bytes = check;
  AppendBigEndian64(static_cast<uint64_t>(place.value), &bytes);
  bytes.append(place.id.bytes());
  bytes.append(place.name);
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<std::optional<SearchPlace>> ParseToken(const std::string& check,
                                                      const std::string& token) {
  if (token.empty()) return std::optional<SearchPlace>();
  std::string bytes;
  constexpr size_t kHead = kCheckBytes + 8 + Uuid::kSize;
  if (!absl::WebSafeBase64Unescape(token, &bytes) || bytes.size() < kHead ||
      bytes.compare(0, kCheckBytes, check) != 0) {
    return Error(absl::StatusCode::kInvalidArgument, reason::kPageTokenMalformed,
                 "page_token is not one that this search gave: pass it back as it came, with the "
                 "same request",
                 "page_token");
  }
  const std::string_view view = bytes;
  SearchPlace place;
  place.value = static_cast<int64_t>(ReadBigEndian64(view.substr(kCheckBytes)));
  place.id = *Uuid::FromBytes(view.substr(kCheckBytes + 8, Uuid::kSize));
  place.name = std::string(view.substr(kHead));
  return std::optional<SearchPlace>(std::move(place));
}

bool NeedsCard(const carnet::v1::CustomerFilter& filter) {
  return filter.incomplete() || !filter.consent_purpose().empty();
}

absl::StatusOr<std::optional<int32_t>> ParseDate(const std::string& date, std::string_view field) {
  if (date.empty()) return std::optional<int32_t>();
  const auto day = ParseCivilDay(date);
  if (day) return std::optional<int32_t>(*day);
  return Error(absl::StatusCode::kInvalidArgument, reason::kDateMalformed,
               "a date is written YYYY-MM-DD", field);
}

}  // namespace

SearchIndex* CustomerSearch::IndexOf(std::string_view merchant) {
  const std::lock_guard lock(mutex_);
  auto& index = indexes_[std::string(merchant)];
  if (index == nullptr) {
    index = std::make_unique<SearchIndex>(customers_, std::string(merchant));
  }
  return index.get();
}

bool CustomerSearch::IsSlow(const view_store::Snapshot& snapshot, std::string_view merchant) {
  return IndexOf(merchant)->IsFarBehind(snapshot);
}

bool CustomerSearch::PassesCard(const view_store::Snapshot& snapshot, const std::string& merchant,
                                const carnet::v1::CustomerFilter& filter,
                                const Customer& card) const {
  if (filter.incomplete() &&
      MissingFields(customers_->PolicyOf(snapshot, merchant)->policy(), card).empty()) {
    return false;
  }
  if (filter.consent_purpose().empty()) return true;
  Customer full;
  const auto id = ParseCustomerName(card.name(), "name");
  if (!customers_->Fill(snapshot, merchant, id->id, carnet::v1::CUSTOMER_VIEW_FULL, &full).ok())
    return false;
  return std::any_of(full.consents().begin(), full.consents().end(), [&](const auto& consent) {
    return consent.purpose() == filter.consent_purpose() &&
           consent.state() == carnet::v1::CONSENT_STATE_GIVEN;
  });
}

absl::Status CustomerSearch::Search(const View& view,
                                    const carnet::v1::SearchCustomersRequest& request,
                                    carnet::v1::SearchCustomersResponse* response) {
  const std::string& merchant = request.merchant();
  absl::Status status = CheckMerchant(merchant, "merchant").status();
  if (!status.ok()) return status;
  const auto query = ParseSearch(request.query(), request.filter());
  if (!query.ok()) return query.status();
  const auto page_size = PageSize(request.page_size());
  if (!page_size.ok()) return page_size.status();
  const std::string check = RequestCheck(request);
  auto after = ParseToken(check, request.page_token());
  if (!after.ok()) return after.status();
  SearchIndex* const index = IndexOf(merchant);
  status = index->CatchUp(*view.snapshot);
  if (!status.ok()) return status;
  std::string unit = request.unit();
  const bool by_amount = request.order_by() == carnet::v1::CUSTOMER_ORDER_BALANCE ||
                         request.order_by() == carnet::v1::CUSTOMER_ORDER_TOTAL_BOUGHT;
  if (by_amount && unit.empty()) unit = index->UsualUnit();
  if (!unit.empty() && !CurrencyExponent(unit)) {
    return Error(absl::StatusCode::kInvalidArgument, reason::kUnknownCurrency,
                 "this is no ISO 4217 currency", "unit");
  }
  const auto wanted = static_cast<size_t>(*page_size);
  const bool needs_card = NeedsCard(request.filter());
  size_t bytes = 0;
  for (bool more = true; more;) {
    const auto found = index->Find(*query, request.order_by(), request.descending(), unit, *after,
                                   needs_card ? std::max<size_t>(wanted, 500) + 1 : wanted + 1);
    more = false;
    for (const SearchPlace& place : found) {
      if (static_cast<size_t>(response->customers_size()) == wanted || bytes >= kMaxPageBytes) {
        response->set_next_page_token(FormatToken(check, **after));
        SetPosition(view, response->mutable_position());
        return absl::OkStatus();
      }
      Customer* card = response->add_customers();
      status = customers_->Fill(*view.snapshot, merchant, place.id, carnet::v1::CUSTOMER_VIEW_BASIC,
                                card);
      // The index may be ahead of this moment: who is not there yet is not found.
      const bool shown = status.ok() && (!needs_card || PassesCard(*view.snapshot, merchant,
                                                                   request.filter(), *card));
      if (!status.ok() && !absl::IsNotFound(status)) return status;
      if (shown) {
        bytes += card->ByteSizeLong();
      } else {
        response->mutable_customers()->RemoveLast();
      }
      *after = place;
    }
    // Some were left out: there may be others behind them.
    more = needs_card && found.size() > wanted;
  }
  SetPosition(view, response->mutable_position());
  return absl::OkStatus();
}

absl::StatusOr<bool> CustomerSearch::NextMany(const view_store::Snapshot& snapshot,
                                              const std::string& merchant, std::string_view query,
                                              const carnet::v1::CustomerFilter& filter,
                                              std::optional<SearchPlace>* after, size_t count,
                                              const std::function<void(Customer*)>& visit) {
  const auto parsed = ParseSearch(query, filter);
  if (!parsed.ok()) return parsed.status();
  SearchIndex* const index = IndexOf(merchant);
  absl::Status status = index->CatchUp(snapshot);
  if (!status.ok()) return status;
  const auto found =
      index->Find(*parsed, carnet::v1::CUSTOMER_ORDER_NAME, false, {}, *after, count);
  for (const SearchPlace& place : found) {
    Customer card;
    status = customers_->Fill(snapshot, merchant, place.id, carnet::v1::CUSTOMER_VIEW_BASIC, &card);
    if (!status.ok() && !absl::IsNotFound(status)) return status;
    if (status.ok() && (!NeedsCard(filter) || PassesCard(snapshot, merchant, filter, card)))
      visit(&card);
    *after = place;
  }
  return found.size() == count;
}

absl::Status CustomerSearch::Rank(const View& view, const carnet::v1::RankCustomersRequest& request,
                                  carnet::v1::RankCustomersResponse* response) const {
  const std::string& merchant = request.merchant();
  absl::Status status = CheckMerchant(merchant, "merchant").status();
  if (!status.ok()) return status;
  if (!CurrencyExponent(request.unit())) {
    return Error(absl::StatusCode::kInvalidArgument, reason::kUnknownCurrency,
                 "say in which unit: an ISO 4217 currency", "unit");
  }
  const auto from = ParseDate(request.from_date(), "from_date");
  if (!from.ok()) return from.status();
  const auto to = ParseDate(request.to_date(), "to_date");
  if (!to.ok()) return to.status();
  const auto limit = PageSize(request.limit());
  if (!limit.ok()) return limit.status();

  const auto& snapshot = *view.snapshot;
  struct Sums {
    UnitBalance bought;
  };
  std::map<std::string, UnitBalance> by_record;
  snapshot.Scan(Family::kEntries, domain::MerchantPrefix(merchant),
                [&](std::string_view, std::string_view value) {
                  carnet::log::v1::VoucherRow row;
                  CARNET_ASSERT(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
                  const bool counts = (row.kind() == carnet::v1::VOUCHER_KIND_SALE ||
                                       row.kind() == carnet::v1::VOUCHER_KIND_RETURN) &&
                                      row.reversed_by() == 0 && !row.record().empty() &&
                                      row.unit() == request.unit() &&
                                      (!*from || row.effective_day() >= **from) &&
                                      (!*to || row.effective_day() <= **to);
                  if (!counts) return true;
                  UnitBalance& sums = by_record[row.record()];
                  for (const auto& leg : row.legs()) {
                    if (leg.account() == carnet::log::v1::LEDGER_ACCOUNT_TAX) {
                      sums.bought_tax -= leg.amount();
                    } else if (leg.account() == carnet::log::v1::LEDGER_ACCOUNT_SALES ||
                               leg.account() == carnet::log::v1::LEDGER_ACCOUNT_RETURNS) {
                      sums.bought_net -= leg.amount();
                    }
                  }
                  if (row.kind() == carnet::v1::VOUCHER_KIND_SALE) {
                    ++sums.sales;
                    sums.last_sale_day = sums.has_sale
                                             ? std::max(sums.last_sale_day, row.effective_day())
                                             : row.effective_day();
                    sums.has_sale = true;
                  }
                  return true;
                });
  std::map<Uuid, UnitBalance> by_customer;
  for (const auto& [record, sums] : by_record) {
    const Uuid id = *Uuid::FromBytes(record);
    UnitBalance& all = by_customer[domain::CustomerOfRecord(snapshot, merchant, id).value_or(id)];
    all.bought_net += sums.bought_net;
    all.bought_tax += sums.bought_tax;
    all.sales += sums.sales;
    if (sums.has_sale) {
      all.last_sale_day =
          all.has_sale ? std::max(all.last_sale_day, sums.last_sale_day) : sums.last_sale_day;
      all.has_sale = true;
    }
  }
  std::vector<std::pair<int64_t, Uuid>> ranked;
  for (const auto& [customer, sums] : by_customer)
    ranked.emplace_back(-(sums.bought_net + (request.net() ? 0 : sums.bought_tax)), customer);
  std::sort(ranked.begin(), ranked.end());
  if (ranked.size() > static_cast<size_t>(*limit)) ranked.resize(static_cast<size_t>(*limit));
  for (const auto& [negated, customer] : ranked) {
    Customer card;
    status = customers_->Fill(snapshot, merchant, customer, carnet::v1::CUSTOMER_VIEW_BASIC, &card);
    if (!status.ok()) return status;
    auto* entry = response->add_customers();
    entry->set_name(card.name());
    entry->set_display_name(card.display_name());
    UnitBalance sums = by_customer[customer];
    sums.unit = request.unit();
    FillBought(sums, entry->mutable_bought());
    entry->set_sales(sums.sales);
  }
  SetPosition(view, response->mutable_position());
  return absl::OkStatus();
}

}  // namespace carnet::query
