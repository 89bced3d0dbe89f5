#include "tests/simulation/audit.h"

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "carnet/log/v1/feed_rows.pb.h"
#include "domain/customers/cells.h"
#include "domain/customers/links.h"
#include "domain/ledger/account.h"
#include "tests/simulation/audit_rows.h"

namespace carnet::simulation {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::ChangeRow;
using carnet::log::v1::CustomerRow;
using carnet::log::v1::DeadLetterRow;
using carnet::log::v1::FeedRow;
using carnet::log::v1::FeedRowEvent;
using carnet::log::v1::RecordRow;
using carnet::log::v1::VoucherRow;
using domain::Family;
using domain::Reader;

// Sum over the members, as far as it fits.
std::optional<int64_t> BalanceOf(const Reader& state, const std::string& merchant,
                                 const std::string& customer, bool whole, const std::string& unit,
                                 domain::Side side) {
  const Uuid id = *Uuid::FromBytes(customer);
  std::vector<Uuid> members = {id};
  if (whole) members = domain::MembersOf(state, merchant, id);
  __int128 sum = 0;
  for (const Uuid& member : members) {
    AccountRow row;
    domain::GetRow(state, Family::kAccounts, domain::RecordKey(merchant, member), &row);
    for (const auto& account : domain::UnitsOf(row, side)) {
      if (account.unit() == unit) sum += account.debits() - account.credits();
    }
  }
  if (sum > INT64_MAX || sum < INT64_MIN) return std::nullopt;
  return static_cast<int64_t>(sum);
}

int OrderOf(const FeedRowEvent& event) {
  switch (event.kind_case()) {
    case FeedRowEvent::kCustomerCreated:
    case FeedRowEvent::kCustomerLinked:
    case FeedRowEvent::kCustomerUnlinked:
    case FeedRowEvent::kCustomerArchived:
    case FeedRowEvent::kCustomerErased:
      return 1;
    case FeedRowEvent::kCustomerUpdated:
      return 2;
    case FeedRowEvent::kVoucherPosted:
    case FeedRowEvent::kVoucherReversed:
      return 3;
    case FeedRowEvent::kBalanceChanged:
      return 4;
    case FeedRowEvent::kOrderChanged:
      return 5;
    case FeedRowEvent::KIND_NOT_SET:
      break;
  }
  return -1;
}

using TokenKey = std::pair<int, std::string>;

std::set<TokenKey> LookupTokensOf(const RecordRow& record) {
  std::set<TokenKey> tokens;
  for (const auto& cell : record.cells()) {
    if (domain::IsDeleted(cell, record)) continue;
    for (const auto& email : cell.value().emails()) {
      for (const auto& token : email.sealed().tokens()) tokens.emplace(token.kind(), token.value());
    }
    for (const auto& phone : cell.value().phones()) {
      for (const auto& token : phone.sealed().tokens()) tokens.emplace(token.kind(), token.value());
    }
  }
  return tokens;
}

std::string CheckCustomers(const Reader& state, const std::string& merchant) {
  std::string wrong;
  std::set<std::string> linked;
  ForEachRow<CustomerRow>(
      state, Family::kLinks, merchant, [&](std::string_view customer, const CustomerRow& row) {
        if (row.members_size() < 2 || row.members(0) != customer) {
          wrong = "a customer that is not its oldest member's";
        }
        std::set<std::string> members(row.members().begin(), row.members().end());
        std::set<std::string> reached = {std::string(customer)};
        // As often as there are edges: each pass reaches one further at least.
        for (int pass = 0; pass < row.edges_size(); ++pass) {
          for (const auto& edge : row.edges()) {
            if (reached.contains(edge.first())) reached.insert(edge.second());
            if (reached.contains(edge.second())) reached.insert(edge.first());
          }
        }
        if (reached != members) wrong = "members that no edge holds";
        uint64_t age = 0;
        for (const std::string& member : row.members()) {
          RecordRow record;
          if (!domain::GetRow(state, Family::kRecords,
                              domain::RecordKey(merchant, *Uuid::FromBytes(member)), &record) ||
              record.customer_id() != customer) {
            wrong = "a member that does not know its customer";
          }
          if (record.created_change_number() < age) wrong = "members out of order";
          age = record.created_change_number();
          if (!linked.insert(member).second) wrong = "a record of two customers";
        }
      });
  std::map<std::string, std::string> customer_of;
  ForEachRow<RecordRow>(state, Family::kRecords, merchant,
                        [&](std::string_view id, const RecordRow& record) {
                          customer_of[std::string(id)] = record.customer_id();
                          if (record.customer_id().empty() == linked.contains(std::string(id))) {
                            wrong = "a record of a customer that does not know it";
                          }
                        });
  ForEachRow<AccountRow>(state, Family::kAccounts, merchant,
                         [&](std::string_view id, const AccountRow& account) {
                           const auto record = customer_of.find(std::string(id));
                           if (record == customer_of.end()) {
                             wrong = "an account of no record";
                           } else if (record->second != account.customer_id()) {
                             wrong = "an account with another customer than its record's";
                           }
                         });
  return wrong;
}

}  // namespace

std::vector<std::string> MerchantsOf(const Reader& state) {
  std::vector<std::string> merchants;
  state.Scan(Family::kMerchants, "", [&](std::string_view key, std::string_view) {
    merchants.emplace_back(key.substr(0, key.find('\0')));
    return true;
  });
  return merchants;
}

std::string CheckFeed(const Reader& state, const std::string& merchant) {
  std::string wrong;
  uint64_t last = 0;
  uint64_t last_change = 0;
  std::map<std::tuple<std::string, std::string, domain::Side>, int64_t>
      balances;  // of single records
  ForEachRow<FeedRow>(
      state, Family::kFeed, merchant, [&](std::string_view rest, const FeedRow& row) {
        if (row.first_sequence() != last + 1) wrong = "a gap or a repeat in the sequences";
        last += static_cast<uint64_t>(row.events_size());
        if (row.events().empty() || ReadBigEndian64(rest) != last)
          wrong = "a row under a wrong key";
        if (row.change_number() <= last_change) wrong = "changes out of order";
        last_change = row.change_number();
        int order = 0;
        for (const FeedRowEvent& event : row.events()) {
          if (OrderOf(event) < order) wrong = "events of one change out of order";
          order = OrderOf(event);
          if (!event.has_balance_changed()) continue;
          const auto& changed = event.balance_changed();
          if (changed.whole_customer()) continue;  // links change it, too, and are told apart
          const domain::Side side = changed.account() == carnet::v1::CUSTOMER_ACCOUNT_PAYABLE
                                        ? domain::Side::kPayable
                                        : domain::Side::kReceivable;
          int64_t& balance = balances[{changed.customer(), changed.unit(), side}];
          if (changed.before() != balance) wrong = "a balance that does not begin where it ended";
          balance = changed.after();
        }
      });
  if (last != CountersOf(state, merchant).last_feed_sequence()) wrong = "another number of events";
  for (const auto& [account, balance] : balances) {
    const auto& [customer, unit, side] = account;
    if (BalanceOf(state, merchant, customer, false, unit, side) != balance) {
      wrong = "a balance that is not the one last told";
    }
  }
  return wrong.empty() ? wrong : merchant + ": feed: " + wrong;
}

std::string CheckCards(const Reader& state, const std::string& merchant) {
  std::set<std::pair<TokenKey, std::string>> expected;
  ForEachRow<RecordRow>(state, Family::kRecords, merchant,
                        [&](std::string_view id, const RecordRow& record) {
                          for (const TokenKey& token : LookupTokensOf(record)) {
                            expected.emplace(token, id);
                          }
                        });
  std::set<std::pair<TokenKey, std::string>> found;
  const std::string prefix = domain::MerchantPrefix(merchant);
  state.Scan(Family::kIdentifiers, prefix, [&](std::string_view key, std::string_view) {
    key.remove_prefix(prefix.size());
    found.insert({{static_cast<uint8_t>(key[0]), std::string(key.substr(1, Uuid::kSize))},
                  std::string(key.substr(1 + Uuid::kSize))});
    return true;
  });
  if (found != expected) return merchant + ": lookup rows are not those of the cards";
  const std::string wrong = CheckCustomers(state, merchant);
  return wrong.empty() ? wrong : merchant + ": " + wrong;
}

std::string CheckOutcomes(const Reader& state, const std::string& merchant,
                          projection::OutcomeCounts* counts) {
  std::string wrong;
  std::set<uint64_t> numbers;
  std::map<std::string, ChangeRow> changes;
  ForEachRow<ChangeRow>(
      state, Family::kChanges, merchant, [&](std::string_view id, const ChangeRow& row) {
        changes.emplace(id, row);
        if (row.number() == 0) {
          if (row.status() != carnet::v1::OUTCOME_STATUS_DEAD_LETTER || row.dead_letter() == 0) {
            wrong = "a change without outcome";
          }
          return;
        }
        if (!numbers.insert(row.number()).second) wrong = "two changes of one number";
        counts->duplicates += row.duplicates();
        counts->rejected += row.reuses();
        switch (row.status()) {
          case carnet::v1::OUTCOME_STATUS_APPLIED:
            ++counts->applied;
            break;
          case carnet::v1::OUTCOME_STATUS_DUPLICATE:
            ++counts->duplicates;
            break;
          case carnet::v1::OUTCOME_STATUS_REJECTED:
            if (row.voucher() != 0 || row.reason().empty())
              wrong = "a rejection that did something";
            ++counts->rejected;
            break;
          default:
            wrong = "a change without outcome";
        }
      });
  const auto counters = CountersOf(state, merchant);
  if (numbers.size() != counters.last_change_number() ||
      (!numbers.empty() && *numbers.rbegin() != numbers.size())) {
    wrong = "a gap in change numbers";
  }
  uint64_t letters = 0;
  ForEachRow<DeadLetterRow>(state, Family::kDeadLetters, merchant,
                            [&](std::string_view, const DeadLetterRow& letter) {
                              ++letters;
                              counts->dead_letters += 1 + letter.duplicates();
                              if (letter.reason().empty()) wrong = "a dead letter without reason";
                            });
  if (letters != counters.last_dead_letter()) wrong = "another number of dead letters";

  // Applied exactly once: every voucher is of a change that was applied and says so.
  std::map<std::string, int> posted;
  ForEachRow<VoucherRow>(
      state, Family::kEntries, merchant, [&](std::string_view rest, const VoucherRow& voucher) {
        const auto change = changes.find(voucher.change_id());
        if (change == changes.end() ||
            change->second.status() != carnet::v1::OUTCOME_STATUS_APPLIED ||
            change->second.number() != voucher.change_number()) {
          wrong = "a voucher of a change that was not applied";
          return;
        }
        // With what was assigned to a customer goes its transfer.
        VoucherRow undone;
        domain::GetRow(state, Family::kEntries, domain::VoucherKey(merchant, voucher.reverses()),
                       &undone);
        if (undone.kind() == carnet::v1::VOUCHER_KIND_TRANSFER &&
            change->second.voucher() != ReadBigEndian64(rest)) {
          return;
        }
        if (++posted[voucher.change_id()] > 1) wrong = "a change that posted twice";
        // A void that waited posts with its target: its own outcome, told
        // before, names none.
        if (voucher.reverses() != 0 && change->second.voucher() == 0) return;
        if (change->second.voucher() != ReadBigEndian64(rest)) {
          wrong = "a voucher that its change does not know";
        }
      });
  return wrong.empty() ? wrong : merchant + ": " + wrong;
}

std::string CheckAll(const Reader& state, const std::string& merchant,
                     projection::OutcomeCounts* counts) {
  std::string wrong = CheckConservation(state, merchant);
  if (wrong.empty()) wrong = CheckBooks(state, merchant);
  if (wrong.empty()) wrong = CheckFeed(state, merchant);
  if (wrong.empty()) wrong = CheckCards(state, merchant);
  if (wrong.empty()) wrong = CheckOutcomes(state, merchant, counts);
  return wrong;
}

}  // namespace carnet::simulation
