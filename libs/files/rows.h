// Files of rows: CSV and spreadsheets, read and written row by row.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "carnet/v1/customer_files.pb.h"

namespace carnet::files {

// Cells as text. A row may have fewer cells than there are columns.
using Row = std::vector<std::string>;

// No file is larger, nor is what a spreadsheet holds when unpacked larger than the second.
inline constexpr size_t kMostFileBytes = size_t{128} << 20;
inline constexpr size_t kMostUnpackedBytes = size_t{512} << 20;

// One thread.
class RowReader {
 public:
  virtual ~RowReader() = default;
  // The next row; false: there are no more. Rows without any text are passed over, but counted.
  // Errors: INVALID_ARGUMENT(FILE_MALFORMED, FILE_FORMULA), with row and column.
  virtual absl::StatusOr<bool> Next(Row* row) = 0;
  // Number of the row that Next() gave, as people count: the first is 1.
  virtual int64_t row_number() const = 0;
};

// The form of a file as its first bytes look.
v1::FileFormat FormatOf(std::string_view bytes);

// CSV: UTF-8 with or without a byte order mark, or else Windows-1252; separated by commas,
// semicolons or tabs, whichever the first line has most of; quoted cells may hold line ends. XLSX:
// the first sheet. A cell with a formula is refused, and a file that unpacks to more than it may,
// or to far more than it is. `bytes` must outlive the reader. Errors:
// INVALID_ARGUMENT(FILE_MALFORMED, FILE_TOO_LARGE).
absl::StatusOr<std::unique_ptr<RowReader>> ReadRows(std::string_view bytes, v1::FileFormat format);

// Writes a file, in pieces or at the end. One thread.
class RowWriter {
 public:
  virtual ~RowWriter() = default;
  virtual absl::Status Add(const Row& row) = 0;
  // What of the file can be handed out by now; after Finish() the rest of it.
  virtual std::string Take() = 0;
  virtual absl::Status Finish() = 0;
};
// Memory does not grow with the file; XLSX goes through files without names in the temporary
// folder (std::filesystem::temp_directory_path: TMPDIR, or /tmp): UNAVAILABLE(NO_TEMPORARY_FILE).
// Add() fails where a format can't hold a row: FAILED_PRECONDITION(CELL_TOO_LONG, TOO_MANY_ROWS).
absl::StatusOr<std::unique_ptr<RowWriter>> WriteRows(v1::FileFormat format);

// A row of a CSV file, with its end; cells one by one, with commas between them. From any thread.
void AppendCsvRow(const Row& row, std::string* text);
void AppendCsvCell(std::string_view cell, std::string* text);
inline constexpr std::string_view kCsvRowEnd = "\r\n";

// As the Unicode standard has it (no overlong forms, no surrogates).
bool IsUtf8(std::string_view text);

// "row 3, column B".
std::string PlaceText(int64_t row, size_t column);
absl::Status FileError(std::string_view reason, int64_t row, size_t column,
                       std::string_view detail);  // INVALID_ARGUMENT
absl::Status FileError(absl::StatusCode code, std::string_view reason, int64_t row, size_t column,
                       std::string_view detail);

// Of the formats; see ReadRows and WriteRows.
absl::StatusOr<std::unique_ptr<RowReader>> ReadCsv(std::string_view bytes);
absl::StatusOr<std::unique_ptr<RowReader>> ReadXlsx(std::string_view bytes);
std::unique_ptr<RowWriter> WriteCsv();
absl::StatusOr<std::unique_ptr<RowWriter>> WriteXlsx();

}  // namespace carnet::files
