// A file of customers, taken row by row.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "carnet/v1/customer_files.pb.h"
#include "files/card_columns.h"
#include "files/rows.h"
#include "projector/moments.h"
#include "projector/writes.h"
#include "query/customers.h"
#include "runtime/call.h"

namespace carnet::projector_service {

// One call of ImportCustomers. Its functions are called one after the other, in a thread that may
// take its time.
//
// A row becomes at most one change, whose id follows from the file's hash and the row's number: a
// row that was taken before is told of, whatever the card says by now, so the same file taken again
// changes nothing, and one that was interrupted goes on. A cell that says what was exported, or
// what the card says already, changes nothing either, and an empty one never does.
//
// A preview folds its rows in memory: each batch of rows (a `next`) sees what those before it in
// the same batch would do.
class CustomerImport : public std::enable_shared_from_this<CustomerImport> {
 public:
  // Both must outlive it.
  CustomerImport(Moments* moments, const query::Customers* customers, PublishChanges publish,
                 PreviewChanges preview)
      : moments_(moments),
        customers_(customers),
        publish_(std::move(publish)),
        preview_(std::move(preview)) {}

  // Answers one request; `done` is called once, perhaps later and from another thread. Errors:
  // INVALID_ARGUMENT(IMPORT_STEP, FILE_…), with row and column; UNAVAILABLE(NO_GATEWAY).
  void Step(v1::ImportCustomersRequest request, v1::ImportCustomersResponse* response,
            const runtime::CallInfo& call, runtime::Done done);

 private:
  // A column of the file: one of the card's, or one of those that only help.
  struct FileColumn {
    const files::Column* card = nullptr;
    bool is_id = false;
    bool is_version = false;
  };
  // A row on its way to becoming a change.
  struct Draft {
    v1::ImportRow* result;
    size_t change = 0;  // place among the changes; of an UPDATED or CREATED row
  };

  absl::Status Open();
  absl::Status ReadTitles(const files::Row& titles);
  absl::Status Next(int32_t wanted, v1::ImportCustomersResponse* response,
                    const runtime::CallInfo& call, runtime::Done done);
  // Fills `result`; true: `change` is to be published.
  absl::StatusOr<bool> Draw(const Moments::Moment& moment, const files::Row& row, int64_t number,
                            v1::ImportRow* result, v1::Change* change) const;
  // Whether the row was taken before: then what came of it.
  bool WasTaken(const Moments::Moment& moment, const Uuid& change_id, v1::ImportRow* result) const;

  Moments* const moments_;
  const query::Customers* const customers_;
  const PublishChanges publish_;
  const PreviewChanges preview_;

  bool has_header_ = false;
  v1::ImportHeader header_;
  std::string bytes_;
  std::string hash_;  // of the bytes
  std::unique_ptr<files::CardColumns> columns_;
  std::unique_ptr<files::RowReader> reader_;
  std::vector<FileColumn> file_columns_;
  int64_t total_ = 0;
  int64_t done_ = 0;
};

}  // namespace carnet::projector_service
