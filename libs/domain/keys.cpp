#include "domain/keys.h"

#include "base/bytes.h"
#include "base/civil_date.h"

namespace carnet::domain {
namespace {

constexpr char kEnd = '\0';

// Room for the longest tail, so that appending to a prefix does not allocate again.
std::string Begin(std::string_view merchant, size_t tail) {
  std::string key;
  key.reserve(merchant.size() + 1 + tail);
  key.append(merchant).push_back(kEnd);
  return key;
}

std::string WithId(std::string_view merchant, const Uuid& id) {
  std::string key = Begin(merchant, Uuid::kSize);
  key.append(id.bytes());
  return key;
}

std::string WithNumber(std::string_view merchant, uint64_t number) {
  std::string key = Begin(merchant, sizeof number);
  AppendBigEndian64(number, &key);
  return key;
}

}  // namespace

std::string MerchantPrefix(std::string_view merchant) { return Begin(merchant, 0); }

std::string MerchantKey(std::string_view merchant) { return Begin(merchant, 0); }

std::string ChangeKey(std::string_view merchant, const Uuid& change_id) {
  return WithId(merchant, change_id);
}

std::string CodeKey(std::string_view merchant, std::string_view source, std::string_view code) {
  std::string key = Begin(merchant, source.size() + 1 + code.size());
  key.append(source).push_back(kEnd);
  key.append(code);
  return key;
}

std::string TicketKey(std::string_view merchant, const carnet::log::v1::VoucherRow& voucher) {
  std::string key = CodeKey(merchant, {}, {});
  key.push_back('\xff');
  key.push_back(static_cast<char>(voucher.kind()));
  AppendBigEndian64(static_cast<uint64_t>(voucher.occurred_at_micros()), &key);
  AppendBigEndian64(static_cast<uint64_t>(voucher.total()), &key);
  key.push_back(voucher.record().empty() ? '\0' : '\1');
  key.append(voucher.record());
  key.append(voucher.unit()).push_back(kEnd);
  key.append(voucher.source()).push_back(kEnd);
  key.append(voucher.code());
  return key;
}

std::string RecordKey(std::string_view merchant, const Uuid& record_id) {
  return WithId(merchant, record_id);
}

std::string CustomerKey(std::string_view merchant, const Uuid& customer_id) {
  return WithId(merchant, customer_id);
}

std::string IdentifierPrefix(std::string_view merchant, carnet::v1::IdentityTokenKind kind,
                             std::string_view token) {
  std::string key = Begin(merchant, 1 + token.size() + Uuid::kSize);
  key.push_back(static_cast<char>(kind));
  key.append(token);
  return key;
}

std::string IdentifierKey(std::string_view merchant, carnet::v1::IdentityTokenKind kind,
                          std::string_view token, const Uuid& record_id) {
  std::string key = IdentifierPrefix(merchant, kind, token);
  key.append(record_id.bytes());
  return key;
}

std::string SharedValueKey(std::string_view merchant, carnet::v1::IdentityTokenKind kind,
                           uint64_t short_token) {
  std::string key = Begin(merchant, 1 + sizeof short_token + Uuid::kSize);
  key.push_back(static_cast<char>(kind));
  AppendBigEndian64(short_token, &key);
  return key;
}

std::string SharedValueKey(std::string_view merchant, carnet::v1::IdentityTokenKind kind,
                           uint64_t short_token, const Uuid& record_id) {
  std::string key = SharedValueKey(merchant, kind, short_token);
  key.append(record_id.bytes());
  return key;
}

std::string PostingsKey(std::string_view merchant, const Uuid& record_id, Side side,
                        std::string_view unit, uint32_t chunk) {
  std::string key = PostingsPrefix(merchant, record_id, side, unit);
  AppendBigEndian32(chunk, &key);
  return key;
}

std::string PostingsPrefix(std::string_view merchant, const Uuid& record_id, Side side,
                           std::string_view unit) {
  std::string key = Begin(merchant, Uuid::kSize + unit.size() + 1 + sizeof(uint32_t));
  key.append(record_id.bytes());
  key.append(unit).push_back(static_cast<char>(side));
  return key;
}

std::string OwnAccountKey(std::string_view merchant, carnet::log::v1::LedgerAccount account,
                          std::string_view unit, std::string_view source) {
  std::string key = Begin(merchant, 1 + unit.size() + 1 + source.size());
  key.push_back(static_cast<char>(account));
  key.append(unit).push_back(kEnd);
  key.append(source);
  return key;
}

namespace {

std::string OwnSumsKey(std::string_view own_account_key, char level, int32_t recorded_month) {
  std::string key;
  key.reserve(own_account_key.size() + 2 + 2 * sizeof(uint32_t));
  key.append(own_account_key).push_back(kEnd);
  key.push_back(level);
  AppendBigEndian32(static_cast<uint32_t>(recorded_month), &key);
  return key;
}

}  // namespace

std::string OwnDayKey(std::string_view own_account_key, int32_t recorded_day) {
  std::string key = OwnDaysPrefix(own_account_key, CivilMonthOf(recorded_day));
  AppendBigEndian32(static_cast<uint32_t>(recorded_day - kFirstCivilDay), &key);
  return key;
}

std::string OwnDaysPrefix(std::string_view own_account_key, int32_t recorded_month) {
  return OwnSumsKey(own_account_key, 'D', recorded_month);
}

std::string OwnMonthKey(std::string_view own_account_key, int32_t recorded_month) {
  return OwnSumsKey(own_account_key, 'M', recorded_month);
}

std::string OwnMonthsPrefix(std::string_view own_account_key) {
  std::string key(own_account_key);
  key.push_back(kEnd);
  key.push_back('M');
  return key;
}

std::string MembersKey(std::string_view merchant, const Uuid& record_id, uint64_t change_number) {
  std::string key = Begin(merchant, Uuid::kSize + sizeof change_number);
  key.append(record_id.bytes());
  AppendBigEndian64(change_number, &key);
  return key;
}

std::string VoucherKey(std::string_view merchant, uint64_t number) {
  return WithNumber(merchant, number);
}

std::string FeedKey(std::string_view merchant, uint64_t last_sequence) {
  return WithNumber(merchant, last_sequence);
}

std::string DeadLetterKey(std::string_view merchant, uint64_t number) {
  return WithNumber(merchant, number);
}

std::string HistoryPrefix(std::string_view merchant, const Uuid& record_id) {
  return WithId(merchant, record_id);
}

std::string HistoryKey(std::string_view merchant, const Uuid& record_id, uint64_t change_number) {
  std::string key = Begin(merchant, Uuid::kSize + sizeof change_number);
  key.append(record_id.bytes());
  AppendBigEndian64(change_number, &key);
  return key;
}

std::string PolicyKey(std::string_view merchant) { return Begin(merchant, 0); }

std::string WalkInKey(std::string_view merchant, std::string_view source,
                      std::string_view external_id) {
  std::string key = Begin(merchant, 1 + source.size() + 1 + external_id.size());
  key.push_back('w');
  key.append(source).push_back(kEnd);
  key.append(external_id);
  return key;
}

std::string ConsentPrefix(std::string_view merchant, carnet::v1::IdentityTokenKind kind,
                          std::string_view token) {
  return IdentifierPrefix(merchant, kind, token);
}

std::string ConsentKey(std::string_view merchant, carnet::v1::IdentityTokenKind kind,
                       std::string_view token, std::string_view purpose) {
  std::string key = ConsentPrefix(merchant, kind, token);
  key.append(purpose);
  return key;
}

std::string RelationPrefix(std::string_view merchant, Relation relation, std::string_view whose) {
  std::string key = Begin(merchant, 1 + whose.size() + Uuid::kSize);
  key.push_back(static_cast<char>(relation));
  key.append(whose);
  return key;
}

std::string RelationKey(std::string_view merchant, Relation relation, std::string_view whose,
                        const Uuid& record_id) {
  std::string key = RelationPrefix(merchant, relation, whose);
  key.append(record_id.bytes());
  return key;
}

std::string OrderKey(std::string_view merchant, const Uuid& order_id) {
  std::string key = Begin(merchant, 1 + Uuid::kSize);
  key.append("o").append(order_id.bytes());
  return key;
}

std::string OrderNumberPrefix(std::string_view merchant) {
  std::string key = Begin(merchant, 1 + sizeof(uint64_t));
  key.append("m");
  return key;
}

std::string OrderNumberKey(std::string_view merchant, uint64_t number) {
  std::string key = OrderNumberPrefix(merchant);
  AppendBigEndian64(number, &key);
  return key;
}

std::string OrderRecordPrefix(std::string_view merchant, const Uuid& record_id) {
  std::string key = Begin(merchant, 1 + Uuid::kSize + sizeof(uint64_t));
  key.append("r").append(record_id.bytes());
  return key;
}

std::string OrderRecordKey(std::string_view merchant, const Uuid& record_id, uint64_t number) {
  std::string key = OrderRecordPrefix(merchant, record_id);
  AppendBigEndian64(number, &key);
  return key;
}

std::string ErasureKey(std::string_view merchant, uint64_t change_number) {
  std::string key = Begin(merchant, sizeof(uint64_t));
  AppendBigEndian64(change_number, &key);
  return key;
}

}  // namespace carnet::domain
