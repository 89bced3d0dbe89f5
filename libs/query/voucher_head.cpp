#include "query/voucher_head.h"

#include "base/field_walk.h"
#include "carnet/log/v1/rows.pb.h"

namespace carnet::query {

using carnet::log::v1::VoucherRow;

VoucherHead ReadVoucherHead(std::string_view row) {
  VoucherHead head;
  FieldWalk walk(row);
  while (walk.Next()) {
    switch (walk.number()) {
      case VoucherRow::kKindFieldNumber:
        head.kind = static_cast<carnet::v1::VoucherKind>(walk.Int64());
        break;
      case VoucherRow::kCodeFieldNumber:
        head.code = walk.Bytes();
        break;
      case VoucherRow::kRecordFieldNumber:
        head.record = walk.Bytes();
        break;
      case VoucherRow::kEffectiveDayFieldNumber:
        head.effective_day = static_cast<int32_t>(walk.Sint64());
        break;
      case VoucherRow::kRecordedDayFieldNumber:
        head.recorded_day = static_cast<int32_t>(walk.Sint64());
        break;
      case VoucherRow::kDueDayFieldNumber:
        head.due_day = static_cast<int32_t>(walk.Sint64());
        break;
      case VoucherRow::kChannelFieldNumber:
        head.channel = walk.Bytes();
        break;
      case VoucherRow::kSourceFieldNumber:
        head.source = walk.Bytes();
        break;
      case VoucherRow::kCategoryFieldNumber:
        head.category = walk.Bytes();
        break;
      case VoucherRow::kReversedByFieldNumber:
        head.reversed_by = static_cast<uint64_t>(walk.Int64());
        break;
      case VoucherRow::kReversesFieldNumber:
        head.reverses = static_cast<uint64_t>(walk.Int64());
        break;
      case VoucherRow::kTendersFieldNumber: {
        FieldWalk tender(walk.Bytes());
        while (tender.Next()) {
          if (tender.number() != carnet::v1::Tender::kMethodFieldNumber) {
            tender.Skip();
            continue;
          }
          const auto method = static_cast<carnet::v1::TenderMethod>(tender.Int64());
          head.on_account |= method == carnet::v1::TENDER_METHOD_ON_ACCOUNT ||
                             method == carnet::v1::TENDER_METHOD_CASH_ON_DELIVERY;
        }
        break;
      }
      default:
        walk.Skip();
    }
  }
  return head;
}

}  // namespace carnet::query
