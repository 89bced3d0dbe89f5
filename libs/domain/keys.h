// Keys of the views. One file says them all; golden bytes in keys_test.cpp pin them. The merchant
// comes first in every key, ended by a zero byte (which no merchant's name holds), so that one
// merchant's rows stand together and never depend on another's. Numbers are big-endian.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/uuid.h"
#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/personal.pb.h"

namespace carnet::domain {

// All keys of a merchant in any family begin with this.
std::string MerchantPrefix(std::string_view merchant);

// kMerchants: the prefix alone.
std::string MerchantKey(std::string_view merchant);

// kChanges: change id.
std::string ChangeKey(std::string_view merchant, const Uuid& change_id);

// kCodes: source, zero byte, code. Codes that Carnet generated stand under an empty source.
std::string CodeKey(std::string_view merchant, std::string_view source, std::string_view code);

// kCodes, once a source uses a code again: by what makes a ticket the same, each older voucher of
// that code. Empty source, the byte ff (which begins no text), kind (one byte), occurred_at (u64),
// total (u64), 1 and record id, or 0; unit, zero byte, source, zero byte, code.
std::string TicketKey(std::string_view merchant, const carnet::log::v1::VoucherRow& voucher);

// kRecords, kAccounts, kIdentity: record id.
std::string RecordKey(std::string_view merchant, const Uuid& record_id);

// kLinks: customer id.
std::string CustomerKey(std::string_view merchant, const Uuid& customer_id);

// kIdentifiers: kind (one byte), token (16 bytes), record id. The value is empty.
std::string IdentifierPrefix(std::string_view merchant, carnet::v1::IdentityTokenKind kind,
                             std::string_view token);
std::string IdentifierKey(std::string_view merchant, carnet::v1::IdentityTokenKind kind,
                          std::string_view token, const Uuid& record_id);

// kSharedValues: kind (one byte), short token (u64); of a value that too many have, also with each
// record's id.
std::string SharedValueKey(std::string_view merchant, carnet::v1::IdentityTokenKind kind,
                           uint64_t short_token);
std::string SharedValueKey(std::string_view merchant, carnet::v1::IdentityTokenKind kind,
                           uint64_t short_token, const Uuid& record_id);

// Which of a record's accounts; the numbers stand in keys.
enum class Side : uint8_t {
  kReceivable = 0,
  kPayable = 1,
};

// kPostings: record id, unit (3 letters, or COINS), side (one byte), index of the chunk (u32).
std::string PostingsKey(std::string_view merchant, const Uuid& record_id, Side side,
                        std::string_view unit, uint32_t chunk);

// The part of it before the index: all chunks of one account.
std::string PostingsPrefix(std::string_view merchant, const Uuid& record_id, Side side,
                           std::string_view unit);

// kOwnAccounts: account (one byte), unit, zero byte, source (money accounts only, else empty). The
// payable's row is a control account: the sum of the payables of all records. The receivable has
// none: it is what balances all others.
std::string OwnAccountKey(std::string_view merchant, carnet::log::v1::LedgerAccount account,
                          std::string_view unit, std::string_view source);

// kOwnDays: a key of kOwnAccounts, zero byte, then either 'D', the recorded month (u32), the
// recorded day (u32), or 'M' and the recorded month. Months are counted from year 0; days from
// 0001-01-01, so that none is negative.
std::string OwnDayKey(std::string_view own_account_key, int32_t recorded_day);
std::string OwnDaysPrefix(std::string_view own_account_key, int32_t recorded_month);
std::string OwnMonthKey(std::string_view own_account_key, int32_t recorded_month);
std::string OwnMonthsPrefix(std::string_view own_account_key);

// kMembers: record id, number of the change (u64).
std::string MembersKey(std::string_view merchant, const Uuid& record_id, uint64_t change_number);

// kEntries: number of the voucher (u64).
std::string VoucherKey(std::string_view merchant, uint64_t number);

// kFeed: sequence of the change's last event (u64): the first row at or after a sequence holds it.
std::string FeedKey(std::string_view merchant, uint64_t last_sequence);

// kDeadLetters: number of the dead letter (u64).
std::string DeadLetterKey(std::string_view merchant, uint64_t number);

// kHistory: record id, number of the change (u64).
std::string HistoryPrefix(std::string_view merchant, const Uuid& record_id);
std::string HistoryKey(std::string_view merchant, const Uuid& record_id, uint64_t change_number);

// kPolicies: the prefix alone; and for each walk-in id 'w', source, zero byte, external id: the
// value is empty.
std::string PolicyKey(std::string_view merchant);
std::string WalkInKey(std::string_view merchant, std::string_view source,
                      std::string_view external_id);

// kConsents: kind (one byte), token (16 bytes), purpose.
std::string ConsentPrefix(std::string_view merchant, carnet::v1::IdentityTokenKind kind,
                          std::string_view token);
std::string ConsentKey(std::string_view merchant, carnet::v1::IdentityTokenKind kind,
                       std::string_view token, std::string_view purpose);

// kRelations: what kind of relation (one byte), whose (16 bytes: a record id, or a phone's token),
// record id. The value is empty.
enum class Relation : char {
  kReferred = 'r',          // a record was brought by that one
  kWaitsForReferrer = 'w',  // a record was brought by whoever turns out to have that phone
  kContact = 'c',           // a record is a contact of that company
  // Values of a change that came to nothing are sealed under that id's key (a record's that does
  // not exist, or the change's); whose: the customer that it named, or nil.
  kStraySeal = 's',
};
std::string RelationPrefix(std::string_view merchant, Relation relation, std::string_view whose);
std::string RelationKey(std::string_view merchant, Relation relation, std::string_view whose,
                        const Uuid& record_id);
// kOrders, three kinds of rows told apart by one byte: 'o', order id: the order; 'm', its number
// (u64): its id, for lists of the merchant; 'r', record id, its number: its id, for lists of a
// customer.
std::string OrderKey(std::string_view merchant, const Uuid& order_id);
std::string OrderNumberPrefix(std::string_view merchant);
std::string OrderNumberKey(std::string_view merchant, uint64_t number);
std::string OrderRecordPrefix(std::string_view merchant, const Uuid& record_id);
std::string OrderRecordKey(std::string_view merchant, const Uuid& record_id, uint64_t number);

// kErasures: number of the change (u64), or, with its highest bit set, of the dead letter; with the
// next one set, what follows from a delivery that came late: its day, and which of the day's keys.
std::string ErasureKey(std::string_view merchant, uint64_t change_number);

inline constexpr uint64_t kDeadLetterErasure = uint64_t{1} << 63;
inline constexpr uint64_t kLateDeliveryErasure = uint64_t{1} << 62;

}  // namespace carnet::domain
