// A part of a search index that never changes but for figures and deaths: customers in the order of
// their names, and for each term the places of those who have it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"

#include "base/uuid.h"
#include "query/row_scan.h"

namespace carnet::query {

// What a term is about: its first letter. A term is that letter and a folded text.
enum class Term : char {
  kWord = 'w',      // of a name, company, e-mail, code, tag or external id
  kDigits = 'p',    // of a phone, from the front
  kReversed = 'r',  // of a phone, from the back
  kTag = 't',
  kChannel = 'c',
  kCompany = 'o',
  kAssignee = 'a',
  kType = 'y',
  kRole = 'l',
};

// A customer as far as searching goes.
struct SearchDoc {
  Uuid id;
  std::string name;                // folded, with which it is sorted
  std::vector<std::string> terms;  // of any kind; emptied when the segment is made
  UnitBalances figures;
  bool archived = false;
};

// Places in a segment, ascending.
using Places = absl::Span<const uint32_t>;

class Segment {
 public:
  // Sorts them by name, then id.
  explicit Segment(std::vector<SearchDoc> docs);

  uint32_t size() const { return static_cast<uint32_t>(docs_.size()); }
  const SearchDoc& doc(uint32_t place) const { return docs_[place]; }
  SearchDoc& doc(uint32_t place) { return docs_[place]; }
  bool dead(uint32_t place) const { return dead_[place]; }
  void Kill(uint32_t place);
  uint32_t dead_count() const { return dead_count_; }

  // The first place at or after a name and id.
  uint32_t LowerBound(std::string_view name, const Uuid& id) const;

  // Who has exactly this term.
  Places Exactly(std::string_view term) const;
  // Adds the lists of those who have a term that begins with it, or (`nearly`, for four letters or
  // more) one that is an edit away from it: a letter more, less or other, or two swapped.
  void Lists(std::string_view term, bool nearly, std::vector<Places>* lists) const;

  // The living, with their terms again: to be put into another segment.
  std::vector<SearchDoc> TakeLiving();

 private:
  // Terms in order and their lists, end to end.
  struct Dictionary {
    std::vector<std::string> terms;
    std::vector<uint32_t> begins;  // one more than terms
    std::vector<uint32_t> places;

    Places at(size_t i) const {
      return absl::MakeConstSpan(places).subspan(begins[i], begins[i + 1] - begins[i]);
    }
    size_t LowerBound(std::string_view term) const;
    void Fill(std::vector<std::pair<std::string_view, uint32_t>> pairs);
  };

  std::vector<SearchDoc> docs_;
  std::vector<bool> dead_;
  uint32_t dead_count_ = 0;
  Dictionary terms_;
  // Lists of all who have a term that begins so, for beginnings that too many terms have.
  Dictionary beginnings_;
  // A word with one letter less (hashed) → the word, for words that may be misspelt.
  std::vector<std::pair<uint64_t, uint32_t>> deletions_;
};

}  // namespace carnet::query
