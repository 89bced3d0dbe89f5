#include "tests/acceptance/kill/checks.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/customer_service.grpc.pb.h"
#include "carnet/v1/ledger_service.grpc.pb.h"
#include "tests/acceptance/kill/carnetd_process.h"

namespace carnet::acceptance {
namespace {

namespace fs = std::filesystem;

// What keeps room on a disk, and what only says that a process was here.
const std::set<std::string> kNotCopied = {"RESERVE", "LOCK", "LOG"};

void CopyFolder(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  for (const auto& entry : fs::directory_iterator(from)) {
    const std::string name = entry.path().filename();
    if (entry.is_directory()) {
      CopyFolder(entry.path(), to / name);
    } else if (!kNotCopied.contains(name)) {
      fs::copy_file(entry.path(), to / name);
    }
  }
}

// Codes of all vouchers, oldest first.
std::string ListCodes(const std::shared_ptr<grpc::Channel>& channel, const std::string& merchant,
                      const carnet::v1::Token& token, std::vector<std::string>* codes) {
  const auto stub = carnet::v1::LedgerService::NewStub(channel);
  carnet::v1::ListVouchersRequest request;
  request.set_parent("merchants/" + merchant);
  request.set_page_size(1000);
  if (!token.log().empty()) *request.mutable_min_position() = token;
  do {
    grpc::ClientContext context;
    SetDeadline(&context);
    carnet::v1::ListVouchersResponse response;
    const grpc::Status status = stub->ListVouchers(&context, request, &response);
    if (!status.ok()) return "ListVouchers: " + status.error_message();
    for (const auto& voucher : response.vouchers()) codes->push_back(voucher.code());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  std::reverse(codes->begin(), codes->end());
  return {};
}

std::string CheckCustomer(const std::shared_ptr<grpc::Channel>& channel,
                          const std::string& merchant, const std::string& external_id,
                          int64_t balance, const std::string& name) {
  carnet::v1::LookupCustomersRequest lookup;
  lookup.set_merchant(merchant);
  lookup.mutable_external_id()->set_channel(ShopStory::kChannel);
  lookup.mutable_external_id()->set_source(ShopStory::kSource);
  lookup.mutable_external_id()->set_id(external_id);
  grpc::ClientContext lookup_context;
  SetDeadline(&lookup_context);
  carnet::v1::LookupCustomersResponse found;
  const grpc::Status looked = carnet::v1::CustomerService::NewStub(channel)->LookupCustomers(
      &lookup_context, lookup, &found);
  if (!looked.ok()) return "LookupCustomers: " + looked.error_message();
  if (found.customers_size() != 1) return "not one customer " + external_id;
  const std::string& known = found.customers(0).contact().name().full().plain();
  if (known != name) return external_id + " is called \"" + known + "\", not \"" + name + "\"";

  carnet::v1::GetBalanceRequest request;
  request.set_customer(found.customers(0).name());
  request.set_unit(ShopStory::kUnit);
  grpc::ClientContext context;
  SetDeadline(&context);
  carnet::v1::GetBalanceResponse response;
  const grpc::Status status =
      carnet::v1::LedgerService::NewStub(channel)->GetBalance(&context, request, &response);
  if (!status.ok()) return "GetBalance: " + status.error_message();
  const int64_t owed = response.balances(0).receivable_minor();
  if (owed == balance) return {};
  return external_id + " owes " + std::to_string(owed) + ", not " + std::to_string(balance);
}

// What became of a change.
grpc::Status GetOutcome(carnet::v1::ChangeService::Stub* stub, const ShopStory& story,
                        size_t number, const carnet::v1::Token& token,
                        carnet::v1::GetOutcomeResponse* response) {
  carnet::v1::GetOutcomeRequest request;
  request.set_merchant(story.merchant());
  request.set_change_id(story.At(number).id());
  if (!token.log().empty()) *request.mutable_min_position() = token;
  grpc::ClientContext context;
  SetDeadline(&context);
  return stub->GetOutcome(&context, request, response);
}

std::string SayOutcome(const std::shared_ptr<grpc::Channel>& channel, const ShopStory& story,
                       size_t number, const carnet::v1::Token& token) {
  carnet::v1::GetOutcomeResponse response;
  const grpc::Status status = GetOutcome(carnet::v1::ChangeService::NewStub(channel).get(), story,
                                         number, token, &response);
  return status.ok() ? response.outcome().ShortDebugString() : status.error_message();
}

// Of the change that a code of the story stands for.
size_t NumberOf(const std::string& code) { return std::stoul(code.substr(2)); }

}  // namespace

std::string CheckServed(const std::shared_ptr<grpc::Channel>& channel, const ShopStory& story,
                        size_t count, const carnet::v1::Token& token) {
  const ShopStory::State expected = story.After(count);
  std::vector<std::string> codes;
  std::string wrong = ListCodes(channel, story.merchant(), token, &codes);
  if (!wrong.empty()) return wrong;
  if (codes != expected.codes) {
    const auto [found, meant] =
        std::mismatch(codes.begin(), codes.end(), expected.codes.begin(), expected.codes.end());
    wrong = story.merchant() + ": " + std::to_string(codes.size()) + " vouchers, not " +
            std::to_string(expected.codes.size()) + "; at " +
            std::to_string(found - codes.begin()) + " " +
            (found == codes.end() ? "nothing" : *found) + ", not " +
            (meant == expected.codes.end() ? "nothing" : *meant);
    if (meant == expected.codes.end()) return wrong;
    return wrong + ": " + SayOutcome(channel, story, NumberOf(*meant), token);
  }
  for (const auto& [external_id, balance] : expected.balances) {
    const auto name = expected.names.find(external_id);
    // A name is readable only if its key was durable before it.
    wrong = CheckCustomer(channel, story.merchant(), external_id, balance,
                          name == expected.names.end() ? "" : name->second);
    if (!wrong.empty()) return story.merchant() + ": " + wrong;
  }
  return {};
}

std::string CheckOutcomes(const std::shared_ptr<grpc::Channel>& channel, const ShopStory& story,
                          size_t first, size_t count, const carnet::v1::Token& token) {
  const auto stub = carnet::v1::ChangeService::NewStub(channel);
  for (size_t number = first; number < first + count; ++number) {
    carnet::v1::GetOutcomeResponse response;
    const grpc::Status status = GetOutcome(stub.get(), story, number, token, &response);
    if (!status.ok()) {
      return story.merchant() + ": change " + std::to_string(number) +
             " was acknowledged: " + status.error_message();
    }
    if (response.outcome().status() != carnet::v1::OUTCOME_STATUS_APPLIED ||
        response.outcome().change_number() != number + 1) {
      return story.merchant() + ": change " + std::to_string(number) + ": " +
             response.outcome().ShortDebugString();
    }
  }
  return {};
}

namespace {

// On Kafka the log may go on while it is looked at twice: " of END" may differ.
std::string WithoutEnds(const std::string& output) {
  std::istringstream lines(output);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    text += line.substr(0, line.find(" of ")) + "\n";
  }
  return text;
}

// Where the views of a partition are.
struct Place {
  std::string position;
  std::string end;  // the log's
};

// Of each partition, in order: "position <partition> <position> of <end>".
std::vector<Place> PlacesOf(const std::string& live) {
  std::vector<Place> places;
  std::istringstream lines(live);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word, partition, of;
    Place place;
    words >> word >> partition >> place.position >> of >> place.end;
    if (word == "position") places.push_back(place);
  }
  return places;
}

// A copy of a data folder, as views are read and folded elsewhere than where a process has them.
class Copy {
 public:
  Copy(const std::string& data, std::string scratch)
      : scratch_(std::move(scratch)), folder_(scratch_ + "/copy") {
    fs::remove_all(folder_);
    CopyFolder(data, folder_);
  }
  ~Copy() { fs::remove_all(folder_); }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  std::string Live() const { return OutputOf({REFOLD_BINARY, "live", folder_}, scratch_); }
  std::string Fresh(size_t batch, const std::vector<std::string>& positions) const {
    std::vector<std::string> refold = {REFOLD_BINARY, "fresh", folder_, std::to_string(batch)};
    refold.insert(refold.end(), positions.begin(), positions.end());
    return OutputOf(refold, scratch_);
  }

 private:
  const std::string scratch_;
  const std::string folder_;
};

}  // namespace

std::string Refolded(const std::string& data, const std::string& scratch,
                     std::vector<std::string>* positions) {
  const Copy copy(data, scratch);
  if (positions->empty()) {
    for (const Place& place : PlacesOf(copy.Live())) positions->push_back(place.position);
  }
  return WithoutEnds(copy.Fresh(7, *positions));
}

std::string CompareWithRefold(const std::string& data, const std::string& scratch, size_t batch,
                              bool all) {
  const Copy copy(data, scratch);
  const std::string live = copy.Live();
  std::vector<std::string> positions;
  for (const Place& place : PlacesOf(live)) {
    if (all && place.position != place.end) return "the views are not at the end:\n" + live;
    positions.push_back(place.position);
  }
  const std::string fresh = copy.Fresh(batch, positions);
  if (WithoutEnds(live) == WithoutEnds(fresh)) return {};
  return "views:\n" + live + "refold:\n" + fresh;
}

}  // namespace carnet::acceptance
