#include "domain/customers/erasure.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "carnet/log/v1/card_rows.pb.h"
#include "carnet/log/v1/identity_rows.pb.h"
#include "carnet/log/v1/order_rows.pb.h"
#include "domain/customers/cells.h"
#include "domain/customers/deliveries.h"
#include "domain/customers/links.h"
#include "domain/customers/relations.h"
#include "domain/form.h"
#include "domain/identity/recluster.h"
#include "domain/keys.h"
#include "domain/ledger/account.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::Cell;
using carnet::log::v1::ChangeRow;
using carnet::log::v1::ErasureRow;
using carnet::log::v1::HistoryRow;
using carnet::log::v1::OrderRow;
using carnet::log::v1::RecordRow;
using carnet::log::v1::VoucherRow;

// Kind and token of the e-mails and phones that consents are given for.
using Targets = std::set<std::pair<carnet::v1::IdentityTokenKind, std::string>>;

void AddTargets(const Cell& cell, Targets* targets) {
  const auto add = [&](const auto& values) {
    for (const auto& value : values) {
      for (const auto& token : value.sealed().tokens()) {
        if (token.kind() == carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_EXACT ||
            token.kind() == carnet::v1::IDENTITY_TOKEN_KIND_PHONE)
          targets->emplace(token.kind(), token.value());
      }
    }
  };
  add(cell.value().emails());
  add(cell.value().phones());
}

void DeleteAll(Step* step, Family family, const std::string& prefix) {
  std::vector<std::string> keys;
  step->state.Scan(family, prefix, [&](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return true;
  });
  for (std::string& key : keys) step->state.Delete(family, std::move(key));
}

// Forgets what a record said before.
void DropHistory(Step* step, const Uuid& record, Targets* targets) {
  const std::string prefix = HistoryPrefix(step->merchant_name(), record);
  step->state.Scan(Family::kHistory, prefix, [&](std::string_view, std::string_view value) {
    HistoryRow row;
    Require(row.ParseFromArray(value.data(), static_cast<int>(value.size())),
            "a row of the views can be read");
    for (const Cell& cell : row.cells()) AddTargets(cell, targets);
    return true;
  });
  DeleteAll(step, Family::kHistory, prefix);
}

// A consent belongs to an address: it goes with the last who has it.
void DropConsents(Step* step, const Targets& targets) {
  const std::string& merchant = step->merchant_name();
  for (const auto& [kind, token] : targets) {
    bool shared = false;  // the look-up rows of those who are forgotten are gone already
    step->state.Scan(Family::kIdentifiers, IdentifierPrefix(merchant, kind, token),
                     [&](std::string_view, std::string_view) {
                       shared = true;
                       return false;
                     });
    if (!shared) DeleteAll(step, Family::kConsents, ConsentPrefix(merchant, kind, token));
  }
}

// For whom notes were sealed that stand on a record's vouchers and orders.
class NotesOf {
 public:
  NotesOf(const Step& step, std::set<Uuid>* sealed_for) : step_(step), sealed_for_(sealed_for) {}

  void Collect(const Uuid& record) {
    const std::string& merchant = step_.merchant_name();
    AccountRow account;
    GetRow(step_.state, Family::kAccounts, RecordKey(merchant, record), &account);
    for (const Side side : {Side::kReceivable, Side::kPayable}) {
      for (const auto& unit : UnitsOf(account, side)) {
        for (uint32_t chunk = 0; chunk < unit.chunks(); ++chunk) {
          carnet::log::v1::Postings postings;
          GetRow(step_.state, Family::kPostings,
                 PostingsKey(merchant, record, side, unit.unit(), chunk), &postings);
          AddVouchers(postings);
        }
        AddVouchers(unit.tail());
      }
    }
    step_.state.Scan(
        Family::kOrders, OrderRecordPrefix(merchant, record),
        [&](std::string_view, std::string_view id) {
          const auto order = Uuid::FromBytes(id);
          OrderRow row;
          if (order && GetRow(step_.state, Family::kOrders, OrderKey(merchant, *order), &row)) {
            Add(row.note_sealed_for());
          }
          return true;
        });
  }

 private:
  void AddVouchers(const carnet::log::v1::Postings& postings) {
    for (const Posting& posting : ReadPostings(postings)) AddVoucher(posting.voucher);
  }

  void AddVoucher(uint64_t number) {
    VoucherRow row;
    if (!GetRow(step_.state, Family::kEntries, VoucherKey(step_.merchant_name(), number), &row))
      return;
    if (row.has_note()) Add(row.note_sealed_for());
    if (row.assigns() != 0) AddVoucher(row.assigns());
  }

  void Add(const std::string& sealed_for) {
    if (const auto id = Uuid::FromBytes(sealed_for)) sealed_for_->insert(*id);
  }

  const Step& step_;
  std::set<Uuid>* const sealed_for_;
};

bool IsAlive(const Step& step, const Uuid& record) {
  RecordRow row;
  return GetRow(step.state, Family::kRecords, RecordKey(step.merchant_name(), record), &row) &&
         !row.has_erased_at_micros();
}

// What came to nothing but is sealed, of changes that named `customer`, or (nil) nobody.
void TakeStraySeals(Step* step, const Uuid& customer, std::set<Uuid>* sealed_for) {
  const std::string prefix =
      RelationPrefix(step->merchant_name(), Relation::kStraySeal, customer.bytes());
  step->state.Scan(Family::kRelations, prefix, [&](std::string_view key, std::string_view) {
    const Uuid id = *Uuid::FromBytes(key.substr(prefix.size()));
    // Sent again corrected, a dead letter applies; then what it says is whose it became.
    ChangeRow change;
    const bool applied =
        GetRow(step->state, Family::kChanges, ChangeKey(step->merchant_name(), id), &change) &&
        change.status() == carnet::v1::OUTCOME_STATUS_APPLIED;
    if (!applied) sealed_for->insert(id);
    return true;
  });
  DeleteAll(step, Family::kRelations, prefix);
}

// What is left of a record's row: where it stands among others, and since when it is nobody's.
RecordRow Nameless(const Step& step, const RecordRow& row) {
  RecordRow left;
  left.set_channel(row.channel());
  left.set_source(row.source());
  left.set_external_id_derived(true);  // there is none to show
  left.set_created_change_number(row.created_change_number());
  left.set_created_at_micros(row.created_at_micros());
  left.set_customer_id(row.customer_id());
  left.set_company(row.company());
  left.set_generated_account(row.generated_account());
  left.set_card_change_number(step.number);
  left.set_erased_change_number(step.number);
  left.set_erased_at_micros(step.recorded_at);
  return left;
}

// Takes a record's values out of the views.
void ForgetRecord(Step* step, const Uuid& record, Targets* targets) {
  const std::string& merchant = step->merchant_name();
  const std::string key = RecordKey(merchant, record);
  RecordRow row;
  GetRow(step->state, Family::kRecords, key, &row);
  for (const Cell& cell : row.cells()) AddTargets(cell, targets);
  const RecordRow left = Nameless(*step, row);
  RecordRow nothing_shown = row;
  nothing_shown.set_deleted_as_of_micros(std::numeric_limits<int64_t>::max());
  DropLookups(step, record, row, nothing_shown);
  ForgetRelations(step, record, row);
  DropHistory(step, record, targets);
  PutRow(&step->state, Family::kRecords, key, left);
  // A posting looks only at the account.
  AccountRow account;
  GetRow(step->state, Family::kAccounts, key, &account);
  account.set_customer_id(row.customer_id());
  account.set_erased_at_micros(step->recorded_at);
  PutRow(&step->state, Family::kAccounts, key, account);
}

}  // namespace

void PutErasure(std::string_view merchant, uint64_t number, int64_t at_micros,
                const std::set<Uuid>& sealed_for, bool keys_only, Overlay* state) {
  const std::string key = ErasureKey(merchant, number);
  ErasureRow row;
  std::set<Uuid> all = sealed_for;
  if (GetRow(*state, Family::kErasures, key, &row)) {
    for (const std::string& id : row.sealed_for()) all.insert(*Uuid::FromBytes(id));
    row.clear_sealed_for();
  }
  for (const Uuid& id : all) row.add_sealed_for(std::string(id.bytes()));
  row.set_at_micros(at_micros);
  row.set_keys_only(keys_only);
  PutRow(state, Family::kErasures, key, row);
}

Verdict ApplyCustomerErased(Step* step, const Addressee& addressee) {
  const std::string& merchant = step->merchant_name();
  if (addressee.erased) {
    step->Flag(flag::kNoChange);
    return Verdict::Applied();
  }
  const auto customer = addressee.account && !addressee.created
                            ? CustomerOfRecord(step->state, merchant, addressee.record)
                            : std::nullopt;
  if (!customer && addressee.created && addressee.follows_erased) {
    return Verdict::Rejected(reason::kCustomerErased, "this customer was forgotten already");
  }
  if (!customer) return Verdict::Rejected(reason::kNotFound, "there is no such customer");
  const std::string& etag = step->change.preconditions().etag();
  if (!etag.empty() && CardEtag(step->state, merchant, *customer) != etag) {
    return Verdict::Rejected(reason::kEtagChanged,
                             "the card was changed since: read it again and decide anew");
  }

  const std::vector<Uuid> members = MembersOf(step->state, merchant, *customer);
  std::set<Uuid> sealed_for;
  NotesOf notes(*step, &sealed_for);
  for (const Uuid& member : members) notes.Collect(member);
  identity::EraseFacts(step, members);
  Targets targets;
  for (const Uuid& member : members) ForgetRecord(step, member, &targets);
  DropConsents(step, targets);

  for (const Uuid& member : members) TakeStraySeals(step, member, &sealed_for);
  TakeStraySeals(step, Uuid(), &sealed_for);

  // What a living record said of itself in passing is its own.
  for (auto id = sealed_for.begin(); id != sealed_for.end();)
    id = IsAlive(*step, *id) ? sealed_for.erase(id) : std::next(id);
  sealed_for.insert(members.begin(), members.end());
  TakeNamelessDeliveries(step, &sealed_for);
  PutErasure(merchant, step->number, step->recorded_at, sealed_for, /*keys_only=*/false,
             &step->state);
  step->merchant.set_last_erasure_at_micros(step->recorded_at);
  step->feed.CustomerErased(*customer, members);
  return Verdict::Applied();
}

void ForgetWhatWasSaid(Step* step) {
  step->Flag(flag::kCustomerErased);
  const Uuid sealed_for = SealedFor(step->change);
  if (!HoldsSealedValues(step->change.body()) || IsAlive(*step, sealed_for)) return;
  PutErasure(step->merchant_name(), step->number, step->recorded_at, {sealed_for},
             /*keys_only=*/false, &step->state);
}

void RememberStraySeal(const carnet::log::v1::Change& change,
                       const carnet::log::v1::MerchantRow& merchant, uint64_t number,
                       Overlay* state) {
  const Uuid id = SealedFor(change);
  const Uuid customer = Uuid::FromBytes(change.customer_id()).value_or(Uuid());
  if (!change.external_id().empty() || id == Uuid() || !HoldsSealedValues(change.body())) return;
  RecordRow row;
  const bool is_record = GetRow(*state, Family::kRecords, RecordKey(change.merchant(), id), &row);
  if (is_record) return;
  // Dead letters do not move the merchant's own time on.
  const int64_t recorded_at =
      std::max(merchant.last_recorded_at_micros(), change.recorded_at_micros());
  const bool forgotten =
      customer == Uuid()
          ? std::min<int64_t>(change.occurred_at_micros(), recorded_at) <=
                    merchant.last_erasure_at_micros() &&
                merchant.last_erasure_at_micros() != 0
          : GetRow(*state, Family::kRecords, RecordKey(change.merchant(), customer), &row) &&
                row.has_erased_at_micros();
  if (forgotten) {
    PutErasure(change.merchant(), number, recorded_at, {id}, /*keys_only=*/false, state);
  } else {
    state->Put(Family::kRelations,
               RelationKey(change.merchant(), Relation::kStraySeal, customer.bytes(), id), "");
  }
}

}  // namespace carnet::domain
