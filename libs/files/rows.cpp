#include "files/rows.h"

#include "absl/strings/str_cat.h"

#include "base/error.h"

namespace carnet::files {

v1::FileFormat FormatOf(std::string_view bytes) {
  // A spreadsheet is a ZIP archive.
  return bytes.substr(0, 4) == std::string_view("PK\x03\x04", 4) ? v1::FILE_FORMAT_XLSX
                                                                 : v1::FILE_FORMAT_CSV;
}

std::string PlaceText(int64_t row, size_t column) {
  std::string letters;
  for (size_t n = column + 1; n > 0; n = (n - 1) / 26)
    letters.insert(letters.begin(), static_cast<char>('A' + (n - 1) % 26));
  return absl::StrCat("row ", row, ", column ", letters);
}

absl::Status FileError(std::string_view reason, int64_t row, size_t column,
                       std::string_view detail) {
  absl::Status status =
      Error(absl::StatusCode::kInvalidArgument, reason,
            std::string(absl::StrCat(PlaceText(row, column), ": ", std::string(detail))), "data");
  AddErrorMetadata("row", absl::StrCat(row), &status);
  AddErrorMetadata("column", absl::StrCat(column + 1), &status);
  return status;
}

absl::StatusOr<std::unique_ptr<RowReader>> ReadRows(std::string_view bytes, v1::FileFormat format) {
  if (bytes.size() > kMostFileBytes) {
    return Error(absl::StatusCode::kInvalidArgument, "FILE_TOO_LARGE",
                 "a file has at most 128 MiB: split it", "data");
  }
  if (format == v1::FILE_FORMAT_UNSPECIFIED) format = FormatOf(bytes);
  return format == v1::FILE_FORMAT_XLSX ? ReadXlsx(bytes) : ReadCsv(bytes);
}

absl::StatusOr<std::unique_ptr<RowWriter>> WriteRows(v1::FileFormat format) {
  if (format == v1::FILE_FORMAT_XLSX) return WriteXlsx();
  return WriteCsv();
}

}  // namespace carnet::files
