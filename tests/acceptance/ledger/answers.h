// What a case expects of the books, asked through the API.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/acceptance/ledger/client.h"
#include "tests/acceptance/ledger/worked_case.h"

namespace carnet::ledger_cases {

struct Answer {
  enum Kind { kSame, kOther, kNotYet };
  Kind kind = kOther;
  std::string text;  // what is; or what an expectation needs that can't be checked yet
};

class Answers {
 public:
  // `records`: ids by the case's names of customers.
  Answers(const WorkedCase& worked, Client* client,
          const std::map<std::string, std::string>* records)
      : worked_(worked), client_(client), records_(records) {}

  // "bal A eff 05-10 60.00" and all other words but outcomes of steps.
  Answer Check(const std::vector<std::string>& words);

 private:
  // "eff D", "rec D", "src T", taken out of the words.
  struct Question {
    std::vector<std::string> words;
    std::string effective;
    std::string recorded;
    std::string source;
    std::string currency;
  };
  bool Read(const std::vector<std::string>& words, Question* question) const;

  Answer CheckBalance(const Question& question);
  Answer CheckTakings(const Question& question);
  Answer CheckAccount(const Question& question);
  Answer CheckAfter(const Question& question);
  Answer Compare(const std::string& expected, int64_t minor, const std::string& currency) const;

  const WorkedCase& worked_;
  Client* const client_;
  const std::map<std::string, std::string>* const records_;
};

}  // namespace carnet::ledger_cases
