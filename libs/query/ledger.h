// Reading the ledger: what is owed, and by which vouchers.
#pragma once

#include "absl/status/status.h"

#include "carnet/v1/ledger_service.pb.h"
#include "query/view.h"
#include "vault/opener.h"

namespace carnet::query {

// The service's reads, each from one moment of the views. May be used from any thread. The comments
// of ledger_service.proto say what is answered. `response` must be empty; after an error it is not
// to be used.
class Ledger {
 public:
  // `opener` (for notes) must outlive this.
  explicit Ledger(const vault::Opener* opener) : opener_(opener) {}

  // Errors: INVALID_ARGUMENT(NAME_MALFORMED, UNKNOWN_CURRENCY, DATE_MALFORMED),
  // NOT_FOUND(CUSTOMER_UNKNOWN), OUT_OF_RANGE(OVERFLOW).
  absl::Status GetBalance(const View& view, const carnet::v1::GetBalanceRequest& request,
                          carnet::v1::GetBalanceResponse* response) const;

  // Errors: INVALID_ARGUMENT(NAME_MALFORMED), NOT_FOUND(VOUCHER_UNKNOWN), OUT_OF_RANGE(OVERFLOW).
  absl::Status GetVoucher(const View& view, const carnet::v1::GetVoucherRequest& request,
                          carnet::v1::GetVoucherResponse* response) const;

  // Errors: INVALID_ARGUMENT(NAME_MALFORMED, DATE_MALFORMED, PAGE_SIZE, PAGE_TOKEN_MALFORMED),
  // NOT_FOUND(CUSTOMER_UNKNOWN), FAILED_PRECONDITION(PAGE_TOKEN_EXPIRED).
  absl::Status ListVouchers(const View& view, const carnet::v1::ListVouchersRequest& request,
                            carnet::v1::ListVouchersResponse* response) const;

 private:
  const vault::Opener* const opener_;
};

}  // namespace carnet::query
