// By which terms a customer is found.
#pragma once

#include "carnet/v1/customer.pb.h"
#include "query/search/segment.h"

namespace carnet::query {

// Fills name, terms and whether it is out of sight.
void FillTerms(const carnet::v1::Customer& card, SearchDoc* doc);

// A term of its kind.
std::string MakeTerm(Term kind, std::string_view text);

// Of an assignee ("person:…", "team:…"); empty: of nobody.
std::string AssigneeText(const carnet::v1::Assignee& assignee);

// The digits of a text, without zeros in front; a phone's national zero and its 00 go with them.
std::string DigitsOf(std::string_view text);

}  // namespace carnet::query
