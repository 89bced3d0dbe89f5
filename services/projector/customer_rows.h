// Customers as rows of a file.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "carnet/v1/customer.pb.h"
#include "files/card_cells.h"
#include "files/rows.h"
#include "query/customers.h"

namespace carnet::projector_service {

// What the rows of one file have in common. Constant.
struct CustomerFile {
  CustomerFile(std::string_view of_merchant, const carnet::v1::MerchantPolicy& policy,
               std::string_view of_version)
      : merchant(of_merchant), version(of_version), columns(policy), tree(columns, policy) {}

  const std::string merchant;
  const std::string version;
  const files::CardColumns columns;
  const files::CardTree tree;
};

// Makes rows. One thread.
class CustomerRows {
 public:
  // Both must outlive it.
  CustomerRows(const CustomerFile* file, const query::Customers* customers);
  CustomerRows(const CustomerRows&) = delete;
  CustomerRows& operator=(const CustomerRows&) = delete;

  // Before customers are read from rows: reads the keys of those from the one to the other, which
  // take the place of earlier ones. Errors: the opener's.
  absl::Status ReadKeys(const Uuid& first, const Uuid& last);

  // Reads a customer. Errors: as Customers::Get(), the opener's.
  absl::Status Read(const view_store::Snapshot& snapshot, const query::Customers::Rows& rows);
  absl::Status Read(const carnet::v1::Customer& card);

  // The customer that was read: as a row of CSV, or as cells.
  void AppendCsv(std::string* text) const;
  files::Row Row() const;

 private:
  void AddBalance(const std::string& amount, const std::string& unit);
  template <typename Visit>
  void ForEachCell(Visit visit) const;

  const CustomerFile* const file_;
  const query::Customers* const customers_;
  vault::KeyBatch keys_;
  vault::RecordOpener opener_;
  files::CardCells cells_;
  std::string id_;
  std::string display_name_;
  std::string balance_;
};

}  // namespace carnet::projector_service
