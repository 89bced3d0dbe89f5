#include "query/search/segment.h"

#include <algorithm>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace carnet::query {
namespace {

// Terms up to so many bytes, their kind's letter included, have a list of their own as beginnings.
constexpr size_t kShortBeginning = 4;
constexpr size_t kShortestMisspelt = 4;

uint64_t HashOf(std::string_view text) {
  return absl::Hash<absl::string_view>()(absl::string_view(text.data(), text.size()));
}

// Bytes that begin a letter.
std::vector<size_t> LetterStarts(std::string_view word) {
  std::vector<size_t> starts;
  for (size_t i = 0; i < word.size(); ++i) {
    if ((static_cast<unsigned char>(word[i]) & 0xc0) != 0x80) starts.push_back(i);
  }
  return starts;
}

template <typename Visit>
void ForEachDeletion(std::string_view word, Visit visit) {
  std::vector<size_t> starts = LetterStarts(word);
  starts.push_back(word.size());
  std::string shorter;
  for (size_t i = 0; i + 1 < starts.size(); ++i) {
    shorter.assign(word.substr(0, starts[i]));
    shorter.append(word.substr(starts[i + 1]));
    visit(std::string_view(shorter));
  }
}

// Whether two words are an edit apart, neighbours swapped counting as one.
bool IsNearly(std::string_view a, std::string_view b) {
  const auto letters = [](std::string_view text) {
    std::vector<std::string_view> all;
    std::vector<size_t> starts = LetterStarts(text);
    starts.push_back(text.size());
    for (size_t i = 0; i + 1 < starts.size(); ++i)
      all.push_back(text.substr(starts[i], starts[i + 1] - starts[i]));
    return all;
  };
  std::vector<std::string_view> x = letters(a);
  std::vector<std::string_view> y = letters(b);
  if (x.size() > y.size()) std::swap(x, y);
  if (y.size() - x.size() > 1) return false;
  size_t i = 0;
  while (i < x.size() && x[i] == y[i]) ++i;
  if (x.size() < y.size()) return std::equal(x.begin() + i, x.end(), y.begin() + i + 1, y.end());
  if (i == x.size()) return true;
  if (std::equal(x.begin() + i + 1, x.end(), y.begin() + i + 1, y.end())) return true;
  return i + 1 < x.size() && x[i] == y[i + 1] && x[i + 1] == y[i] &&
         std::equal(x.begin() + i + 2, x.end(), y.begin() + i + 2, y.end());
}

}  // namespace

size_t Segment::Dictionary::LowerBound(std::string_view term) const {
  return static_cast<size_t>(
      std::lower_bound(terms.begin(), terms.end(), term,
                       [](const std::string& a, std::string_view b) { return a < b; }) -
      terms.begin());
}

void Segment::Dictionary::Fill(std::vector<std::pair<std::string_view, uint32_t>> pairs) {
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  places.reserve(pairs.size());
  for (const auto& [term, place] : pairs) {
    if (terms.empty() || terms.back() != term) {
      terms.emplace_back(term);
      begins.push_back(static_cast<uint32_t>(places.size()));
    }
    places.push_back(place);
  }
  begins.push_back(static_cast<uint32_t>(places.size()));
}

Segment::Segment(std::vector<SearchDoc> docs) : docs_(std::move(docs)), dead_(docs_.size()) {
  std::sort(docs_.begin(), docs_.end(), [](const SearchDoc& a, const SearchDoc& b) {
    return a.name != b.name ? a.name < b.name : a.id < b.id;
  });
  std::vector<std::pair<std::string_view, uint32_t>> pairs;
  std::vector<std::pair<std::string_view, uint32_t>> short_pairs;
  for (uint32_t place = 0; place < size(); ++place) {
    for (const std::string& term : docs_[place].terms) {
      pairs.emplace_back(term, place);
      for (size_t bytes = 2; bytes <= std::min(kShortBeginning, term.size()); ++bytes)
        short_pairs.emplace_back(std::string_view(term).substr(0, bytes), place);
    }
  }
  terms_.Fill(std::move(pairs));
  beginnings_.Fill(std::move(short_pairs));
  for (SearchDoc& doc : docs_) {
    doc.terms.clear();
    doc.terms.shrink_to_fit();
  }
  for (uint32_t i = 0; i < terms_.terms.size(); ++i) {
    const std::string& term = terms_.terms[i];
    if (term[0] != static_cast<char>(Term::kWord) || term.size() <= kShortestMisspelt) continue;
    const std::string_view word = std::string_view(term).substr(1);
    deletions_.emplace_back(HashOf(word), i);
    ForEachDeletion(word,
                    [&](std::string_view shorter) { deletions_.emplace_back(HashOf(shorter), i); });
  }
  std::sort(deletions_.begin(), deletions_.end());
}

void Segment::Kill(uint32_t place) {
  if (dead_[place]) return;
  dead_[place] = true;
  ++dead_count_;
}

uint32_t Segment::LowerBound(std::string_view name, const Uuid& id) const {
  const auto at = std::lower_bound(docs_.begin(), docs_.end(), std::pair(name, id),
                                   [](const SearchDoc& doc, const auto& wanted) {
                                     return doc.name != wanted.first ? doc.name < wanted.first
                                                                     : doc.id < wanted.second;
                                   });
  return static_cast<uint32_t>(at - docs_.begin());
}

Places Segment::Exactly(std::string_view term) const {
  const size_t i = terms_.LowerBound(term);
  if (i == terms_.terms.size() || terms_.terms[i] != term) return {};
  return terms_.at(i);
}

void Segment::Lists(std::string_view term, bool nearly, std::vector<Places>* lists) const {
  if (term.size() <= kShortBeginning) {
    const size_t i = beginnings_.LowerBound(term);
    if (i < beginnings_.terms.size() && beginnings_.terms[i] == term)
      lists->push_back(beginnings_.at(i));
    return;
  }
  for (size_t i = terms_.LowerBound(term);
       i < terms_.terms.size() && std::string_view(terms_.terms[i]).starts_with(term); ++i) {
    lists->push_back(terms_.at(i));
  }
  const std::string_view word = term.substr(1);
  if (!nearly || word.size() < kShortestMisspelt) return;
  std::vector<uint32_t> found;
  const auto look_up = [&](std::string_view text) {
    const uint64_t hash = HashOf(text);
    for (auto at = std::lower_bound(deletions_.begin(), deletions_.end(), std::pair(hash, 0U));
         at != deletions_.end() && at->first == hash; ++at) {
      found.push_back(at->second);
    }
  };
  look_up(word);
  ForEachDeletion(word, look_up);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  for (const uint32_t i : found) {
    const std::string& candidate = terms_.terms[i];
    if (std::string_view(candidate).starts_with(term)) continue;  // is there already
    if (IsNearly(word, std::string_view(candidate).substr(1))) lists->push_back(terms_.at(i));
  }
}

std::vector<SearchDoc> Segment::TakeLiving() {
  for (size_t i = 0; i < terms_.terms.size(); ++i) {
    for (const uint32_t place : terms_.at(i)) {
      if (!dead_[place]) docs_[place].terms.push_back(terms_.terms[i]);
    }
  }
  std::vector<SearchDoc> living;
  living.reserve(docs_.size() - dead_count_);
  for (uint32_t place = 0; place < size(); ++place) {
    if (!dead_[place]) living.push_back(std::move(docs_[place]));
  }
  return living;
}

}  // namespace carnet::query
