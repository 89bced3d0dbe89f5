#include "query/voucher_numbers.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/fatal.h"
#include "carnet/log/v1/rows.pb.h"
#include "domain/keys.h"
#include "domain/ledger/account.h"

namespace carnet::query {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::Postings;
using carnet::log::v1::UnitAccount;
using domain::Family;

// The postings of one record in one unit, from new to old: the tail, then the chunks backwards.
class BackwardPostings {
 public:
  BackwardPostings(const domain::Reader* reader, std::string_view merchant, const Uuid& record,
                   domain::Side side, const UnitAccount& account, uint64_t below)
      : reader_(reader), merchant_(merchant), record_(record), side_(side), unit_(account.unit()) {
    Take(account.tail());
    chunks_left_ = account.chunks();
    if (numbers_.empty() || numbers_.front() >= below) chunks_left_ = ChunksBegunBelow(below);
    while (!done() && newest() >= below) Pop();
  }

  bool done() {
    if (numbers_.empty() && chunks_left_ > 0) Take(ReadChunk(--chunks_left_));
    return numbers_.empty();
  }
  uint64_t newest() const { return numbers_.back(); }
  void Pop() { numbers_.pop_back(); }

 private:
  void Take(const Postings& postings) {
    numbers_.clear();
    uint64_t number = 0;
    for (uint64_t delta : postings.number_deltas()) numbers_.push_back(number += delta);
  }

  Postings ReadChunk(uint32_t chunk) const {
    Postings postings;
    CARNET_ASSERT(GetRow(*reader_, Family::kPostings,
                         domain::PostingsKey(merchant_, record_, side_, unit_, chunk), &postings));
    return postings;
  }

  // How many of the chunks begin with a number below `below`; the others hold nothing of interest.
  uint32_t ChunksBegunBelow(uint64_t below) const {
    uint32_t begun = 0;
    uint32_t end = chunks_left_;
    while (begun < end) {
      const uint32_t middle = begun + (end - begun) / 2;
      if (ReadChunk(middle).number_deltas(0) < below) {
        begun = middle + 1;
      } else {
        end = middle;
      }
    }
    return begun;
  }

  const domain::Reader* reader_;
  std::string_view merchant_;
  Uuid record_;
  domain::Side side_;
  std::string unit_;
  uint32_t chunks_left_ = 0;
  std::vector<uint64_t> numbers_;  // ascending: those not yet given of the tail or of one chunk
};

}  // namespace

std::vector<uint64_t> VoucherNumbersBelow(const domain::Reader& reader, std::string_view merchant,
                                          absl::Span<const Uuid> records, uint64_t below,
                                          size_t limit) {
  std::vector<BackwardPostings> sources;
  for (const Uuid& record : records) {
    AccountRow row;
    if (!GetRow(reader, Family::kAccounts, domain::RecordKey(merchant, record), &row)) continue;
    for (const domain::Side side : {domain::Side::kReceivable, domain::Side::kPayable}) {
      for (const UnitAccount& account : domain::UnitsOf(row, side)) {
        sources.emplace_back(&reader, merchant, record, side, account, below);
      }
    }
  }
  std::vector<uint64_t> numbers;
  while (numbers.size() < limit) {
    // A customer has few members, accounts and units: a scan over them is as good as a heap.
    BackwardPostings* newest = nullptr;
    for (BackwardPostings& source : sources) {
      if (!source.done() && (!newest || source.newest() > newest->newest())) newest = &source;
    }
    if (!newest) break;
    if (numbers.empty() || numbers.back() != newest->newest()) numbers.push_back(newest->newest());
    newest->Pop();
  }
  return numbers;
}

}  // namespace carnet::query
