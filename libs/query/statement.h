// A customer's account over a period, line by line.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "carnet/v1/ledger_service.pb.h"
#include "query/as_of.h"
#include "query/view.h"

namespace carnet::query {

// Lines of one statement, piece by piece. Not to be used from two threads at once.
class Statement {
 public:
  // What `view` points to must outlive the statement. Errors: INVALID_ARGUMENT(NAME_MALFORMED,
  // DATE_MALFORMED, UNKNOWN_CURRENCY, UNIT_MISSING, ACCOUNT_UNKNOWN), NOT_FOUND(CUSTOMER_UNKNOWN),
  // OUT_OF_RANGE(OVERFLOW).
  static absl::StatusOr<Statement> Begin(const View& view,
                                         const carnet::v1::GetStatementRequest& request);

  // Fills the next piece, which must be empty. False: it was the last one.
  bool Next(carnet::v1::GetStatementResponse* piece);

 private:
  struct Line {
    int32_t effective_day;
    int32_t recorded_day;
    uint64_t voucher;
    int64_t amount;
  };

  void FillLine(const Line& line, std::string_view row, carnet::v1::StatementLine* shown);

  View view_;
  std::string merchant_;
  std::string customer_;  // its name
  std::string unit_;
  int exponent_ = 0;
  Window window_;
  int64_t opening_ = 0;
  int64_t balance_ = 0;
  std::vector<Line> lines_;
  size_t next_ = 0;
};

}  // namespace carnet::query
