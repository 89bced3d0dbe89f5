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

// "bal A eff 05-10 60.00", read.
struct Question {
  std::vector<std::string> words;  // without what stands below
  std::string effective;           // "eff D"
  std::string recorded;            // "rec D"
  std::string source;              // "src T"
  std::string currency;            // the case's, unless it names one
  bool names_currency = false;
};

class Answers {
 public:
  // `records`: ids by the case's names of customers.
  Answers(const WorkedCase& worked, Client* client,
          const std::map<std::string, std::string>* records)
      : worked_(worked), client_(client), records_(records) {}

  // All words but outcomes of steps.
  Answer Check(const std::vector<std::string>& words);

 private:
  Answer CheckBalance(const Question& question);
  Answer CheckTakings(const Question& question);
  Answer CheckAccount(const Question& question);
  Answer CheckAfter(const Question& question);
  Answer Compare(const std::string& expected, int64_t minor, const std::string& currency) const;

  const WorkedCase& worked_;
  Client* const client_;
  const std::map<std::string, std::string>* const records_;
};

// False: a date in it is none.
bool ReadQuestion(const WorkedCase& worked, const std::vector<std::string>& words,
                  Question* question);

// What an outcome's name needs that is not built ("credit limits"), or empty.
std::string NeedOfOutcome(const std::string& name);

}  // namespace carnet::ledger_cases
