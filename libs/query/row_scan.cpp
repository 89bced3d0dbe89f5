#include "query/row_scan.h"

#include <algorithm>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "base/fatal.h"
#include "base/money.h"
#include "carnet/log/v1/rows.pb.h"

namespace carnet::query {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::RecordRow;
using carnet::log::v1::UnitAccount;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

// Walks the top-level fields of a serialised message. The views wrote the bytes and check their
// blocks, so bytes that are no message are a bug or a broken disk: never an answer.
class FieldWalk {
 public:
  explicit FieldWalk(std::string_view bytes)
      : bytes_(bytes),
        input_(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size())) {}

  // Whether there is another field; then number() is its.
  bool Next() {
    tag_ = input_.ReadTag();
    if (tag_ == 0) CARNET_ASSERT(input_.ConsumedEntireMessage());
    return tag_ != 0;
  }
  int number() const { return WireFormatLite::GetTagFieldNumber(tag_); }

  std::string_view Bytes() {
    uint32_t size = 0;
    CARNET_ASSERT(input_.ReadVarint32(&size));
    const auto begin = static_cast<size_t>(input_.CurrentPosition());
    CARNET_ASSERT(size <= bytes_.size() - begin && input_.Skip(static_cast<int>(size)));
    return bytes_.substr(begin, size);
  }
  int64_t Int64() {
    uint64_t value = 0;
    CARNET_ASSERT(input_.ReadVarint64(&value));
    return static_cast<int64_t>(value);
  }
  // Of a sint32 or sint64.
  int64_t Signed() { return WireFormatLite::ZigZagDecode64(static_cast<uint64_t>(Int64())); }
  void Skip() { CARNET_ASSERT(WireFormatLite::SkipField(&input_, tag_)); }

 private:
  std::string_view bytes_;
  CodedInputStream input_;
  uint32_t tag_ = 0;
};

std::string_view BytesField(std::string_view row, int number) {
  FieldWalk walk(row);
  while (walk.Next()) {
    if (walk.number() == number) return walk.Bytes();
    walk.Skip();
  }
  return {};
}

}  // namespace

std::string_view CustomerIdOfRecordRow(std::string_view row) {
  return BytesField(row, RecordRow::kCustomerIdFieldNumber);
}

std::string_view CustomerIdOfAccountRow(std::string_view row) {
  return BytesField(row, AccountRow::kCustomerIdFieldNumber);
}

bool AddBalancesOfAccountRow(std::string_view row, UnitBalances* sums) {
  FieldWalk walk(row);
  while (walk.Next()) {
    if (walk.number() != AccountRow::kUnitsFieldNumber) {
      walk.Skip();
      continue;
    }
    std::string_view unit;
    int64_t debits = 0;
    int64_t credits = 0;
    UnitBalance bought;
    FieldWalk account(walk.Bytes());
    while (account.Next()) {
      switch (account.number()) {
        case UnitAccount::kUnitFieldNumber:
          unit = account.Bytes();
          break;
        case UnitAccount::kDebitsFieldNumber:
          debits = account.Int64();
          break;
        case UnitAccount::kCreditsFieldNumber:
          credits = account.Int64();
          break;
        case UnitAccount::kBoughtNetFieldNumber:
          bought.bought_net = account.Signed();
          break;
        case UnitAccount::kBoughtTaxFieldNumber:
          bought.bought_tax = account.Signed();
          break;
        case UnitAccount::kSalesFieldNumber:
          bought.sales = account.Signed();
          break;
        case UnitAccount::kLastSaleDayFieldNumber:
          bought.last_sale_day = static_cast<int32_t>(account.Signed());
          break;
        case UnitAccount::kLastSaleFieldNumber:
          bought.has_sale = account.Int64() != 0;
          break;
        default:
          account.Skip();
      }
    }
    auto place = std::lower_bound(
        sums->begin(), sums->end(), unit,
        [](const UnitBalance& sum, std::string_view wanted) { return sum.unit < wanted; });
    if (place == sums->end() || place->unit != unit) {
      place = sums->insert(place, {.unit = std::string(unit)});
    }
    // Neither side is negative, so their difference fits.
    const auto sum = CheckedAdd(place->minor, debits - credits);
    if (!sum) return false;
    place->minor = *sum;
    place->bought_net =
        CheckedAdd(place->bought_net, bought.bought_net).value_or(place->bought_net);
    place->bought_tax =
        CheckedAdd(place->bought_tax, bought.bought_tax).value_or(place->bought_tax);
    place->sales += bought.sales;
    if (bought.has_sale && (!place->has_sale || bought.last_sale_day > place->last_sale_day)) {
      place->has_sale = true;
      place->last_sale_day = bought.last_sale_day;
    }
  }
  return true;
}

}  // namespace carnet::query
