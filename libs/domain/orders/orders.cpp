#include "domain/orders/orders.h"

#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "base/civil_date.h"
#include "carnet/log/v1/order_rows.pb.h"
#include "carnet/log/v1/rows.pb.h"
#include "domain/customers/record.h"
#include "domain/keys.h"
#include "domain/ledger/book_dates.h"
#include "domain/ledger/postings.h"
#include "domain/ledger/reversals.h"
#include "domain/ledger/voucher.h"
#include "domain/orders/order_books.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using namespace carnet::log::v1;  // NOLINT: the parts
using carnet::v1::OrderObserved;
using carnet::v1::Posting;

// Sets the day that what is posted counts for, and puts the change's own back.
class EffectiveDayOf {
 public:
  EffectiveDayOf(Step* step, const std::string& date) : step_(step), own_(step->effective_day) {
    const auto day = ParseCivilDay(date);
    if (!day) return;
    const bool plausible = IsPlausibleDay(*step, *day);
    if (!plausible) step->Flag(flag::kClockSuspect);
    step->effective_day = plausible ? *day : step->recorded_day;
  }
  ~EffectiveDayOf() { step_->effective_day = own_; }
  EffectiveDayOf(const EffectiveDayOf&) = delete;
  EffectiveDayOf& operator=(const EffectiveDayOf&) = delete;

 private:
  Step* const step_;
  const int32_t own_;
};

// Accounts in the hands of this change: nearly always one, two where an order changed its buyer. An
// account is read and written through one object, or the second would not see what the first wrote.
class Accounts {
 public:
  Accounts(Step* step, Account* first) : step_(step), first_(first) {}

  Account* Of(std::string_view record) {
    if (record.empty()) return nullptr;
    if (first_ != nullptr && first_->record().bytes() == record) return first_;
    for (Account& account : others_) {
      if (account.record().bytes() == record) return &account;
    }
    return &others_.emplace_back(step_, *Uuid::FromBytes(record));
  }

 private:
  Step* const step_;
  Account* const first_;
  std::deque<Account> others_;
};

void SetTender(carnet::v1::TenderMethod method, const std::string& label, int64_t amount,
               Posting* posting) {
  auto* tender = posting->add_tenders();
  tender->set_method(method);
  tender->set_label(label);
  tender->mutable_amount()->set_minor(amount);
}

Posting PostingFor(const OrderPost& post, const OrderRow& row) {
  Posting posting;
  posting.mutable_total()->set_unit(row.unit());
  posting.mutable_total()->set_minor(post.amount);
  if (post.tax != 0) posting.mutable_tax()->set_minor(post.tax);
  switch (post.part) {
    case ORDER_PART_CHARGE: {
      posting.set_kind(carnet::v1::VOUCHER_KIND_SALE);
      posting.set_due_date(row.snapshot().due_date());
      const bool on_delivery =
          row.snapshot().method() == carnet::v1::TENDER_METHOD_CASH_ON_DELIVERY;
      SetTender(on_delivery ? carnet::v1::TENDER_METHOD_CASH_ON_DELIVERY
                            : carnet::v1::TENDER_METHOD_ON_ACCOUNT,
                row.snapshot().method_label(), post.amount, &posting);
      break;
    }
    case ORDER_PART_CREDIT:
      posting.set_kind(carnet::v1::VOUCHER_KIND_RETURN);
      SetTender(carnet::v1::TENDER_METHOD_ON_ACCOUNT, {}, post.amount, &posting);
      break;
    case ORDER_PART_PAYMENT:
      posting.set_kind(carnet::v1::VOUCHER_KIND_RECEIPT);
      SetTender(post.method, post.label, post.amount, &posting);
      break;
    default:
      posting.set_kind(carnet::v1::VOUCHER_KIND_PAYMENT);
      SetTender(post.method, post.label, post.amount, &posting);
      break;
  }
  return posting;
}

// The order's own number is the code of its first sale, where no other voucher of the source has
// it; all others get generated ones.
void SetCode(const Step& step, const OrderRow& row, const OrderPost& post, Posting* posting) {
  if (post.part == ORDER_PART_CREDIT) posting->set_of_code(row.snapshot().number());
  if (post.part != ORDER_PART_CHARGE || row.snapshot().number().empty()) return;
  const CodeEntry entry = FindCode(step, step.change.source(), row.snapshot().number());
  if (entry.row.number() == 0) posting->set_code(row.snapshot().number());
}

Verdict PostDifference(Step* step, Account* account, OrderRow* row) {
  Accounts accounts(step, account);
  const OrderPlan plan = PlanOrder(*row);
  std::optional<std::pair<uint64_t, std::string>> first;
  // Keeps the numbers of what was posted since `before`: more than one where a void was waiting.
  const auto note_since = [&](uint64_t before) {
    for (uint64_t n = before + 1; n <= step->merchant.last_voucher(); ++n) row->add_vouchers(n);
    if (!first && step->merchant.last_voucher() > before)
      first = {step->voucher, step->voucher_code};
  };
  for (const OrderReversal& reversal : plan.reversals) {
    std::string record;
    for (const OrderPosted& part : row->posted()) {
      if (part.part() == reversal.part && part.id() == reversal.id) record = part.record();
    }
    const uint64_t before = step->merchant.last_voucher();
    if (Verdict verdict = ReverseVoucher(step, reversal.voucher, accounts.Of(record));
        !verdict.applied()) {
      return verdict;
    }
    note_since(before);
    NoteReversal(reversal, row);
  }
  for (const OrderPost& post : plan.posts) {
    const EffectiveDayOf day(step, post.date);
    Posting posting = PostingFor(post, *row);
    SetCode(*step, *row, post, &posting);
    const uint64_t before = step->merchant.last_voucher();
    if (Verdict verdict = ApplyPosting(step, accounts.Of(row->record()), posting);
        !verdict.applied()) {
      return verdict;
    }
    note_since(before);
    NotePost(post, step->voucher, row);
  }
  if (first) {  // the outcome tells of the first one
    step->voucher = first->first;
    step->voucher_code = first->second;
  }
  return Verdict::Applied();
}

// The lists in which the order stands. Its number never changes, its buyer may.
void PutLists(Step* step, const Uuid& order, const OrderRow& row, std::string_view old_record,
              bool is_new) {
  const std::string& merchant = step->merchant_name();
  const std::string id(order.bytes());
  if (is_new) step->state.Put(Family::kOrders, OrderNumberKey(merchant, row.number()), id);
  if (row.record() == old_record) return;
  if (const auto old = Uuid::FromBytes(old_record)) {
    step->state.Delete(Family::kOrders, OrderRecordKey(merchant, *old, row.number()));
  }
  if (const auto record = Uuid::FromBytes(row.record())) {
    step->state.Put(Family::kOrders, OrderRecordKey(merchant, *record, row.number()), id);
  }
}

}  // namespace

Uuid OrderId(std::string_view merchant, std::string_view channel, std::string_view source,
             std::string_view order_id) {
  return Uuid::FromFields({"order", merchant, channel, source, order_id});
}

Verdict ApplyOrder(Step* step, Account* account, const OrderObserved& observed) {
  const auto& change = step->change;
  const Uuid order =
      OrderId(step->merchant_name(), change.channel(), change.source(), observed.order_id());
  std::string key = OrderKey(step->merchant_name(), order);
  OrderRow row;
  const bool is_new = !GetRow(step->state, Family::kOrders, key, &row);
  if (is_new) {
    row.set_number(step->merchant.last_order() + 1);
    step->merchant.set_last_order(row.number());
    row.set_channel(change.channel());
    row.set_source(change.source());
    row.set_order_id(observed.order_id());
  }
  const std::string old_record = row.record();
  std::string_view record = account ? account->record().bytes() : std::string_view();
  // An order of somebody who was forgotten stays theirs, whoever has the external id now.
  if (!old_record.empty() && record != old_record &&
      Account(step, *Uuid::FromBytes(old_record)).erased_at()) {
    record = old_record;
  }
  switch (MergeOrder(observed, record, &row)) {
    case OrderMerge::kOlder:
      step->Flag(flag::kOlderVersion);
      return Verdict::Applied();
    case OrderMerge::kUnchanged:
      step->Flag(flag::kNoChange);
      return Verdict::Applied();
    case OrderMerge::kChanged:
      break;
  }
  if (!row.has_snapshot()) step->Flag(flag::kPendingTarget);
  if (step->drop_personal && row.has_snapshot()) row.mutable_snapshot()->clear_note();
  const auto& note = row.snapshot().note().sealed();
  if (!note.box().empty() && note.box() == observed.snapshot().note().sealed().box())
    row.set_note_sealed_for(std::string(SealedFor(change).bytes()));
  if (Verdict verdict = PostDifference(step, account, &row); !verdict.applied()) return verdict;
  row.set_change_number(step->number);
  PutLists(step, order, row, old_record, is_new);
  step->feed.OrderChanged(order, row.record(), row.snapshot().state());
  PutRow(&step->state, Family::kOrders, std::move(key), row);
  return Verdict::Applied();
}

}  // namespace carnet::domain
