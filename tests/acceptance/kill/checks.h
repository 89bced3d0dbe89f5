// What must be there after a process was killed.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "carnet/v1/token.pb.h"
#include "tests/acceptance/kill/shop_story.h"

namespace carnet::acceptance {

// Asks the server whether of a story the first `count` changes are there, each once, in order, and
// nothing else; it answers from a state at or after `token`, if that is one. Empty if so; else what
// is wrong.
std::string CheckServed(const std::shared_ptr<grpc::Channel>& channel, const ShopStory& story,
                        size_t count, const carnet::v1::Token& token);

// Whether `count` changes have an outcome: the newest ones, that were acknowledged just before.
std::string CheckOutcomes(const std::shared_ptr<grpc::Channel>& channel, const ShopStory& story,
                          size_t first, size_t count, const carnet::v1::Token& token);

// Copies the data folder of a server that is dead, and lets two other processes look at the copy:
// one opens its views, the other folds its log alone into new ones, `batch` records a write, up to
// where those views are. Empty if both hold the same rows in each family; else both answers.
// `all`: the views must also be at the end of the log.
std::string CompareWithRefold(const std::string& data, const std::string& scratch, size_t batch,
                              bool all = false);

// What the log of a dead server's data folder says, folded alone up to a position in each
// partition: "PARTITION FAMILY ROWS SHA-256" lines. Without `positions`, as far as its views are;
// they become that.
std::string Refolded(const std::string& data, const std::string& scratch,
                     std::vector<std::string>* positions);

}  // namespace carnet::acceptance
