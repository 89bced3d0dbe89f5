#include "query/search/index.h"

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <tuple>

#include "base/fatal.h"
#include "carnet/log/v1/feed_rows.pb.h"
#include "carnet/log/v1/rows.pb.h"
#include "domain/customers/links.h"
#include "domain/customers/record.h"
#include "domain/keys.h"
#include "query/customers.h"
#include "query/members.h"
#include "query/search/terms.h"

namespace carnet::query {
namespace {

using carnet::log::v1::FeedRow;
using carnet::log::v1::FeedRowEvent;
using domain::Family;

constexpr uint32_t kEnd = UINT32_MAX;
// More lists than this are made one first.
constexpr size_t kMostLists = 48;
// A small segment is joined with its neighbours before there are more of them.
constexpr size_t kMostSegments = 6;
// So many events are caught up with in a millisecond or few; more take their time.
constexpr uint64_t kEventsAtOnce = 200;

// All who are in any of some lists, in order, one after the other.
class Union {
 public:
  explicit Union(std::vector<Places> lists) : lists_(std::move(lists)) {
    if (lists_.size() > kMostLists) {
      for (const Places& list : lists_) joined_.insert(joined_.end(), list.begin(), list.end());
      std::sort(joined_.begin(), joined_.end());
      joined_.erase(std::unique(joined_.begin(), joined_.end()), joined_.end());
      lists_ = {Places(joined_)};
    }
    at_.resize(lists_.size());
  }
  // The first at or after `place`; never called with a smaller one than before.
  uint32_t Seek(uint32_t place) {
    uint32_t first = kEnd;
    for (size_t i = 0; i < lists_.size(); ++i) {
      const Places& list = lists_[i];
      size_t& at = at_[i];
      // By growing steps, then halving.
      size_t step = 1;
      while (at + step < list.size() && list[at + step] < place) step *= 2;
      const auto end = list.begin() + static_cast<ptrdiff_t>(std::min(at + step + 1, list.size()));
      at = static_cast<size_t>(
          std::lower_bound(list.begin() + static_cast<ptrdiff_t>(at), end, place) - list.begin());
      if (at < list.size()) first = std::min(first, list[at]);
    }
    return first;
  }

 private:
  std::vector<Places> lists_;
  std::vector<uint32_t> joined_;
  std::vector<size_t> at_;
};

const UnitBalance* FigureOf(const SearchDoc& doc, std::string_view unit) {
  for (const UnitBalance& figure : doc.figures) {
    if (figure.unit == unit) return &figure;
  }
  return nullptr;
}

std::optional<int32_t> LastPurchase(const SearchDoc& doc) {
  std::optional<int32_t> last;
  for (const UnitBalance& figure : doc.figures) {
    if (figure.has_sale && (!last || figure.last_sale_day > *last)) last = figure.last_sale_day;
  }
  return last;
}

bool Passes(const SearchQuery& query, const SearchDoc& doc) {
  if (doc.archived && !query.archived) return false;
  if (query.min_balance || query.max_balance) {
    const UnitBalance* figure = FigureOf(doc, query.unit);
    const int64_t balance = figure ? figure->minor : 0;
    if (query.min_balance && balance < *query.min_balance) return false;
    if (query.max_balance && balance > *query.max_balance) return false;
  }
  if (query.bought_since || query.not_bought_since) {
    const auto last = LastPurchase(doc);
    if (query.bought_since && (!last || *last < *query.bought_since)) return false;
    if (query.not_bought_since && last && *last >= *query.not_bought_since) return false;
  }
  return true;
}

// Those of one segment that are found, in the order of names.
class Hits {
 public:
  Hits(const Segment& segment, const SearchQuery& query, uint32_t start)
      : segment_(segment), query_(query) {
    for (const auto& word : query.words) {
      std::vector<Places> lists;
      for (const auto& way : word) segment.Lists(way.term, way.nearly, &lists);
      unions_.emplace_back(std::move(lists));
    }
    for (const std::string& term : query.exact)
      unions_.emplace_back(std::vector<Places>{segment.Exactly(term)});
    Advance(start);
  }
  uint32_t place() const { return place_; }  // kEnd: no more
  const SearchDoc& doc() const { return segment_.doc(place_); }
  void Next() { Advance(place_ + 1); }

 private:
  void Advance(uint32_t from) {
    for (place_ = from; place_ < segment_.size(); ++place_) {
      if (!SeekAll()) break;
      if (!segment_.dead(place_) && Passes(query_, segment_.doc(place_))) return;
    }
    place_ = kEnd;
  }
  // Moves to the first place at or after the current one that all have.
  bool SeekAll() {
    for (size_t agreed = 0; agreed < unions_.size();) {
      const uint32_t found = unions_[agreed].Seek(place_);
      if (found == kEnd) return false;
      if (found == place_) {
        ++agreed;
      } else {
        place_ = found;
        agreed = 0;
      }
    }
    return place_ < segment_.size();
  }

  const Segment& segment_;
  const SearchQuery& query_;
  std::vector<Union> unions_;
  uint32_t place_ = 0;
};

int64_t ValueOf(const SearchDoc& doc, carnet::v1::CustomerOrder order, std::string_view unit) {
  if (order == carnet::v1::CUSTOMER_ORDER_LAST_PURCHASE)
    return LastPurchase(doc).value_or(std::numeric_limits<int32_t>::min());
  const UnitBalance* figure = FigureOf(doc, unit);
  if (figure == nullptr) return 0;
  if (order == carnet::v1::CUSTOMER_ORDER_BALANCE) return figure->minor;
  return figure->bought_net + figure->bought_tax;
}

}  // namespace

namespace {

uint64_t FeedSequence(const view_store::Snapshot& snapshot, std::string_view merchant) {
  carnet::log::v1::MerchantRow row;
  GetRow(snapshot, Family::kMerchants, domain::MerchantKey(merchant), &row);
  return row.last_feed_sequence();
}

}  // namespace

bool SearchIndex::IsFarBehind(const view_store::Snapshot& snapshot) const {
  const uint64_t sequence = FeedSequence(snapshot, merchant_);
  const std::shared_lock lock(mutex_);
  return !made_ || sequence_ + kEventsAtOnce < sequence;
}

size_t SearchIndex::size() const {
  const std::shared_lock lock(mutex_);
  return places_.size();
}

absl::Status SearchIndex::CatchUp(const view_store::Snapshot& snapshot) {
  const uint64_t sequence = FeedSequence(snapshot, merchant_);
  const auto is_there = [&] {
    const std::shared_lock lock(mutex_);
    return made_ && sequence_ >= sequence;
  };
  if (is_there()) return absl::OkStatus();
  // One at a time. What is read meanwhile is put in at once at the end, so that who searches waits
  // for no reading.
  const std::lock_guard writing(writing_);
  if (is_there()) return absl::OkStatus();
  return made_ ? Apply(snapshot, sequence) : Make(snapshot, sequence);
}

absl::Status SearchIndex::MakeDoc(const view_store::Snapshot& snapshot, const Uuid& customer,
                                  SearchDoc* doc) {
  carnet::v1::Customer card;
  const absl::Status status =
      customers_->Fill(snapshot, merchant_, customer, carnet::v1::CUSTOMER_VIEW_BASIC, &card);
  if (!status.ok()) return status;
  doc->id = customer;
  FillTerms(card, doc);
  std::vector<Uuid> members;
  for (const auto& record : card.records())
    members.push_back(*domain::ParseCustomerId(record.name()));
  auto figures = SumBalances(snapshot, merchant_, members);
  if (!figures.ok()) return figures.status();
  doc->figures = *std::move(figures);
  return absl::OkStatus();
}

absl::Status SearchIndex::Make(const view_store::Snapshot& snapshot, uint64_t sequence) {
  std::vector<SearchDoc> docs;
  absl::Status status;
  customers_->ForEachId(snapshot, merchant_, [&](const Uuid& customer) {
    status = MakeDoc(snapshot, customer, &docs.emplace_back());
    return status.ok();
  });
  if (!status.ok()) return status;
  auto segment = std::make_unique<Segment>(std::move(docs));
  const std::unique_lock lock(mutex_);
  Append(std::move(segment));
  made_ = true;
  sequence_ = sequence;
  return absl::OkStatus();
}

absl::Status SearchIndex::Apply(const view_store::Snapshot& snapshot, uint64_t sequence) {
  // Whose card changed, and whose figures alone.
  std::set<Uuid> cards;
  std::set<Uuid> figures;
  std::set<Uuid> gone;  // who is no customer any more
  const auto id = [](const std::string& bytes) { return *Uuid::FromBytes(bytes); };
  snapshot.ScanFrom(
      Family::kFeed, domain::MerchantPrefix(merchant_), domain::FeedKey(merchant_, sequence_ + 1),
      [&](std::string_view, std::string_view value) {
        FeedRow row;
        CARNET_ASSERT(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
        for (const FeedRowEvent& event : row.events()) {
          switch (event.kind_case()) {
            case FeedRowEvent::kCustomerCreated:
              cards.insert(id(event.customer_created()));
              break;
            case FeedRowEvent::kCustomerLinked:
              cards.insert(id(event.customer_linked().customer()));
              cards.insert(id(event.customer_linked().other()));
              break;
            case FeedRowEvent::kCustomerUnlinked:
              cards.insert(id(event.customer_unlinked().customer()));
              cards.insert(id(event.customer_unlinked().other()));
              break;
            case FeedRowEvent::kCustomerUpdated:
              cards.insert(id(event.customer_updated().record()));
              break;
            case FeedRowEvent::kCustomerArchived:
              cards.insert(id(event.customer_archived().customer()));
              break;
            case FeedRowEvent::kCustomerErased:
              gone.insert(id(event.customer_erased().customer()));
              break;
            case FeedRowEvent::kVoucherPosted: {
              carnet::log::v1::VoucherRow voucher;
              GetRow(snapshot, Family::kEntries,
                     domain::VoucherKey(merchant_, event.voucher_posted()), &voucher);
              if (!voucher.record().empty()) figures.insert(id(voucher.record()));
              break;
            }
            case FeedRowEvent::kBalanceChanged:
              figures.insert(id(event.balance_changed().customer()));
              break;
            default:
              // Of a kind that came later: what it is about is looked at as a whole, where it says
              // so by one of the events above.
              break;
          }
        }
        return true;
      });
  std::set<Uuid> changed;
  for (const Uuid& record : cards) {
    const auto customer = domain::CustomerOfRecord(snapshot, merchant_, record);
    if (customer) changed.insert(*customer);
    if (!customer || *customer != record) gone.insert(record);
  }
  for (const Uuid& customer : gone) changed.erase(customer);
  std::vector<SearchDoc> docs;
  for (const Uuid& customer : changed) {
    if (absl::Status status = MakeDoc(snapshot, customer, &docs.emplace_back()); !status.ok())
      return status;
  }
  std::vector<std::pair<Uuid, UnitBalances>> sums;
  for (const Uuid& record : figures) {
    const auto customer = domain::CustomerOfRecord(snapshot, merchant_, record);
    if (!customer || changed.contains(*customer)) continue;
    auto sum = SumBalances(snapshot, merchant_, domain::MembersOf(snapshot, merchant_, *customer));
    if (!sum.ok()) return sum.status();
    sums.emplace_back(*customer, *std::move(sum));
  }
  const std::unique_lock lock(mutex_);
  for (const Uuid& customer : gone) Remove(customer);
  for (const Uuid& customer : changed) Remove(customer);
  for (auto& [customer, sum] : sums) {
    const auto at = places_.find(std::string(customer.bytes()));
    if (at != places_.end()) at->second.segment->doc(at->second.place).figures = std::move(sum);
  }
  if (!docs.empty()) Add(std::move(docs));
  sequence_ = sequence;
  return absl::OkStatus();
}

void SearchIndex::Remove(const Uuid& customer) {
  const auto at = places_.find(std::string(customer.bytes()));
  if (at == places_.end()) return;
  at->second.segment->Kill(at->second.place);
  places_.erase(at);
}

void SearchIndex::Add(std::vector<SearchDoc> docs) {
  // Small ones are joined, so that there are few of them; the large one at the front only when a
  // quarter of it has gone or come since.
  if (segments_.size() >= kMostSegments) {
    size_t joined = docs.size();
    for (size_t i = 1; i < segments_.size(); ++i) joined += segments_[i]->size();
    const Segment& first = *segments_.front();
    const bool all = (joined + first.dead_count()) * 4 > first.size();
    for (size_t i = all ? 0 : 1; i < segments_.size(); ++i) {
      std::vector<SearchDoc> living = segments_[i]->TakeLiving();
      std::move(living.begin(), living.end(), std::back_inserter(docs));
    }
    segments_.resize(all ? 0 : 1);
  }
  Append(std::make_unique<Segment>(std::move(docs)));
}

void SearchIndex::Append(std::unique_ptr<Segment> segment) {
  for (uint32_t place = 0; place < segment->size(); ++place) {
    places_[std::string(segment->doc(place).id.bytes())] = {segment.get(), place};
  }
  segments_.push_back(std::move(segment));
}

std::string SearchIndex::UsualUnit() const {
  const std::shared_lock lock(mutex_);
  std::map<std::string, size_t> counts;
  for (const auto& segment : segments_) {
    // A sample is enough to tell which one is usual.
    const uint32_t step = std::max(1U, segment->size() / 4096);
    for (uint32_t place = 0; place < segment->size(); place += step) {
      for (const auto& figure : segment->doc(place).figures) ++counts[figure.unit];
    }
  }
  const auto most =
      std::max_element(counts.begin(), counts.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == counts.end() ? std::string() : most->first;
}

SearchQuery SearchIndex::ForgivingOnlyWhereNeeded(SearchQuery query) const {
  for (auto& word : query.words) {
    const bool as_typed = std::any_of(word.begin(), word.end(), [&](const auto& way) {
      return std::any_of(segments_.begin(), segments_.end(), [&](const auto& segment) {
        std::vector<Places> lists;
        segment->Lists(way.term, /*nearly=*/false, &lists);
        return std::any_of(lists.begin(), lists.end(), [&](Places places) {
          return std::any_of(places.begin(), places.end(),
                             [&](uint32_t place) { return !segment->dead(place); });
        });
      });
    });
    if (!as_typed) continue;
    for (auto& way : word) way.nearly = false;
  }
  return query;
}

std::vector<SearchPlace> SearchIndex::Find(const SearchQuery& query,
                                           carnet::v1::CustomerOrder order, bool descending,
                                           std::string_view unit,
                                           const std::optional<SearchPlace>& after,
                                           size_t limit) const {
  const std::shared_lock lock(mutex_);
  const bool by_name =
      order == carnet::v1::CUSTOMER_ORDER_UNSPECIFIED || order == carnet::v1::CUSTOMER_ORDER_NAME;
  const SearchQuery asked = ForgivingOnlyWhereNeeded(query);
  std::vector<Hits> hits;
  hits.reserve(segments_.size());
  for (const auto& segment : segments_) {
    uint32_t start = 0;
    if (by_name && !descending && after) {
      start = segment->LowerBound(after->name, after->id);
      // That one itself has been shown.
      if (start < segment->size() && segment->doc(start).id == after->id &&
          segment->doc(start).name == after->name) {
        ++start;
      }
    }
    hits.emplace_back(*segment, asked, start);
  }
  std::vector<SearchPlace> found;
  if (by_name && !descending) {
    while (found.size() < limit) {
      Hits* first = nullptr;
      for (Hits& each : hits) {
        if (each.place() == kEnd) continue;
        if (first == nullptr || std::tie(each.doc().name, each.doc().id) <
                                    std::tie(first->doc().name, first->doc().id)) {
          first = &each;
        }
      }
      if (first == nullptr) break;
      found.push_back({.value = 0, .name = first->doc().name, .id = first->doc().id});
      first->Next();
    }
    return found;
  }
  // Any other order has to see them all.
  struct Candidate {
    int64_t value;
    const SearchDoc* doc;
  };
  const auto before = [&](const Candidate& a, const Candidate& b) {
    if (a.value != b.value) return descending ? a.value > b.value : a.value < b.value;
    const auto names = std::tie(a.doc->name, a.doc->id) < std::tie(b.doc->name, b.doc->id);
    const bool same = a.doc->id == b.doc->id;
    return by_name && descending ? !names && !same : names;
  };
  SearchDoc last;
  Candidate shown{0, &last};
  if (after) {
    last.name = after->name;
    last.id = after->id;
    shown.value = after->value;
  }
  std::vector<Candidate> best;  // a heap, the last of them first
  for (Hits& each : hits) {
    for (; each.place() != kEnd; each.Next()) {
      const Candidate candidate{by_name ? 0 : ValueOf(each.doc(), order, unit), &each.doc()};
      if (after && !before(shown, candidate)) continue;
      if (best.size() == limit) {
        if (!before(candidate, best.front())) continue;
        std::pop_heap(best.begin(), best.end(), before);
        best.pop_back();
      }
      best.push_back(candidate);
      std::push_heap(best.begin(), best.end(), before);
    }
  }
  std::sort_heap(best.begin(), best.end(), before);
  for (const Candidate& each : best)
    found.push_back({.value = each.value, .name = each.doc->name, .id = each.doc->id});
  return found;
}

}  // namespace carnet::query
