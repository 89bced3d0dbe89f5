#include "query/search/terms.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/civil_date.h"
#include "base/error.h"
#include "base/money.h"
#include "domain/customers/record.h"
#include "query/reasons.h"
#include "query/search/index.h"
#include "vault/normalize/fold.h"

namespace carnet::query {
namespace {

constexpr size_t kMostQueryBytes = 512;
constexpr size_t kMostWords = 8;
constexpr size_t kFewestDigits = 4;
constexpr size_t kMostTermBytes = 64;

bool IsPhoneText(std::string_view text) {
  // Zeros in front were typed, too.
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return text.find_first_not_of("0123456789+-.()/ ") == std::string_view::npos &&
         static_cast<size_t>(std::count_if(text.begin(), text.end(), is_digit)) >= kFewestDigits &&
         !DigitsOf(text).empty();
}

class Terms {
 public:
  explicit Terms(SearchDoc* doc) : doc_(doc) {}

  void Words(std::string_view text) {
    if (text.empty()) return;
    const std::string folded = vault::Fold(text);
    for (const std::string_view word : vault::Words(folded)) Add(Term::kWord, word);
  }
  void Whole(Term kind, std::string_view text) {
    if (!text.empty()) Add(kind, vault::Fold(text));
  }
  void Phone(std::string_view digits) {
    if (digits.size() < kFewestDigits) return;
    Add(Term::kDigits, digits);
    Add(Term::kReversed, std::string(digits.rbegin(), digits.rend()));
  }
  void Add(Term kind, std::string_view text) {
    if (!text.empty()) doc_->terms.push_back(MakeTerm(kind, text));
  }
  void Finish() {
    std::sort(doc_->terms.begin(), doc_->terms.end());
    doc_->terms.erase(std::unique(doc_->terms.begin(), doc_->terms.end()), doc_->terms.end());
  }

 private:
  SearchDoc* const doc_;
};

absl::Status Malformed(std::string_view reason, std::string_view what, std::string_view field) {
  return Error(absl::StatusCode::kInvalidArgument, reason, what, field);
}

}  // namespace

std::string MakeTerm(Term kind, std::string_view text) {
  std::string term(1, static_cast<char>(kind));
  term.append(text.substr(0, kMostTermBytes));
  return term;
}

std::string AssigneeText(const carnet::v1::Assignee& assignee) {
  if (!assignee.person().empty()) return "person:" + assignee.person();
  if (!assignee.team().empty()) return "team:" + assignee.team();
  return {};
}

std::string DigitsOf(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9' && !(digits.empty() && c == '0')) digits.push_back(c);
  }
  return digits;
}

void FillTerms(const carnet::v1::Customer& card, SearchDoc* doc) {
  const auto& contact = card.contact();
  doc->name = vault::Fold(card.display_name());
  doc->archived = card.archived();
  Terms terms(doc);
  terms.Words(contact.name().full().plain());
  terms.Words(contact.name().given().plain());
  terms.Words(contact.name().family().plain());
  terms.Words(contact.company_name().plain());
  for (const auto& email : contact.emails()) {
    terms.Words(email.plain());
    terms.Whole(Term::kWord, email.plain());
  }
  for (const auto& phone : contact.phones()) {
    terms.Phone(DigitsOf(phone.plain()));
    terms.Phone(DigitsOf(phone.normalized()));
  }
  terms.Whole(Term::kWord, contact.code());
  terms.Words(contact.code());
  for (const auto& tag : contact.tags()) {
    terms.Words(tag);
    terms.Whole(Term::kTag, tag);
  }
  for (const auto& record : card.records()) {
    terms.Whole(Term::kWord, record.external_id());
    terms.Add(Term::kChannel, record.channel());
  }
  terms.Add(Term::kCompany, contact.company());
  terms.Add(Term::kAssignee, AssigneeText(contact.assignee()));
  terms.Add(Term::kType, carnet::v1::PartyType_Name(contact.type()));
  terms.Add(Term::kRole, carnet::v1::CustomerRole_Name(contact.role()));
  terms.Finish();
}

absl::StatusOr<SearchQuery> ParseSearch(std::string_view text,
                                        const carnet::v1::CustomerFilter& filter) {
  SearchQuery query;
  if (text.size() > kMostQueryBytes) {
    return Malformed(reason::kQueryMalformed, "a query has at most 512 bytes", "query");
  }
  const auto add_phone = [&](std::string_view typed) {
    const std::string digits = DigitsOf(typed);
    const std::string reversed(digits.rbegin(), digits.rend());
    // Somebody's code may look like it.
    query.words.push_back({{MakeTerm(Term::kDigits, digits)},
                           {MakeTerm(Term::kReversed, reversed)},
                           {MakeTerm(Term::kWord, vault::Fold(vault::Trim(typed)))}});
  };
  if (IsPhoneText(text)) {
    add_phone(text);
  } else {
    const std::string folded = vault::Fold(text);
    for (size_t at = 0; at < folded.size();) {
      const size_t end = std::min(folded.find_first_of(" \t\n", at), folded.size());
      const std::string_view piece = std::string_view(folded).substr(at, end - at);
      at = end + 1;
      if (piece.empty()) continue;
      if (IsPhoneText(piece)) {
        add_phone(piece);
      } else if (piece.find('@') != std::string_view::npos) {
        query.words.push_back({{MakeTerm(Term::kWord, piece), true}});
      } else {
        const auto words = vault::Words(piece);
        // A code with punctuation is one term as well.
        std::vector<SearchQuery::Way> whole;
        if (words.size() > 1) {
          query.words.push_back({{MakeTerm(Term::kWord, piece)}});
          for (const std::string_view word : words)
            query.words.back().push_back({MakeTerm(Term::kWord, word), true});
        } else if (words.empty()) {  // a smiley, say
          query.words.push_back({{MakeTerm(Term::kWord, piece)}});
        } else {
          query.words.push_back({{MakeTerm(Term::kWord, words.front()), true}});
          if (piece != words.front()) query.words.back().push_back({MakeTerm(Term::kWord, piece)});
        }
      }
    }
  }
  if (query.words.size() > kMostWords)
    return Malformed(reason::kQueryMalformed, "a query has at most 8 words", "query");

  const auto add_exact = [&](Term kind, std::string_view value) {
    if (!value.empty()) query.exact.push_back(MakeTerm(kind, value));
  };
  if (filter.type() != carnet::v1::PARTY_TYPE_UNSPECIFIED)
    add_exact(Term::kType, carnet::v1::PartyType_Name(filter.type()));
  if (filter.role() != carnet::v1::CUSTOMER_ROLE_UNSPECIFIED)
    add_exact(Term::kRole, carnet::v1::CustomerRole_Name(filter.role()));
  add_exact(Term::kChannel, filter.channel());
  add_exact(Term::kTag, vault::Fold(filter.tag()));
  add_exact(Term::kAssignee, AssigneeText(filter.assignee()));
  if (!filter.company().empty()) {
    const auto id = domain::ParseCustomerId(filter.company());
    if (!id) {
      return Malformed(reason::kNameMalformed, "write customers/{id}, the id a UUID",
                       "filter.company");
    }
    add_exact(Term::kCompany, id->ToString());
  }
  query.archived = filter.archived();
  query.unit = filter.unit();
  if (filter.has_min_balance_minor()) query.min_balance = filter.min_balance_minor();
  if (filter.has_max_balance_minor()) query.max_balance = filter.max_balance_minor();
  if ((query.min_balance || query.max_balance) && !CurrencyExponent(query.unit)) {
    return Malformed(reason::kUnknownCurrency, "say in which unit the balance is", "filter.unit");
  }
  for (const auto& [date, day, field] :
       {std::tuple(&filter.bought_since(), &query.bought_since, "filter.bought_since"),
        std::tuple(&filter.not_bought_since(), &query.not_bought_since,
                   "filter.not_bought_since")}) {
    if (date->empty()) continue;
    *day = ParseCivilDay(*date);
    if (!*day) return Malformed(reason::kDateMalformed, "a date is written YYYY-MM-DD", field);
  }
  return query;
}

}  // namespace carnet::query
