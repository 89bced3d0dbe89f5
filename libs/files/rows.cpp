#include "files/rows.h"

#include "absl/strings/str_cat.h"

#include "base/error.h"

namespace carnet::files {

v1::FileFormat FormatOf(std::string_view bytes) {
  // A spreadsheet is a ZIP archive.
  return bytes.substr(0, 4) == std::string_view("PK\x03\x04", 4) ? v1::FILE_FORMAT_XLSX
                                                                 : v1::FILE_FORMAT_CSV;
}

bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || i + more >= text.size()) return false;
    // No longer form than needed, no half of a pair, nothing beyond U+10FFFF.
    const unsigned lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (byte(i + 1) < lowest || byte(i + 1) > highest) return false;
    for (size_t k = 2; k <= more; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    }
    i += more + 1;
  }
  return true;
}

std::string PlaceText(int64_t row, size_t column) {
  std::string letters;
  for (size_t n = column + 1; n > 0; n = (n - 1) / 26)
    letters.insert(letters.begin(), static_cast<char>('A' + (n - 1) % 26));
  return absl::StrCat("row ", row, ", column ", letters);
}

absl::Status FileError(std::string_view reason, int64_t row, size_t column,
                       std::string_view detail) {
  return FileError(absl::StatusCode::kInvalidArgument, reason, row, column, detail);
}

absl::Status FileError(absl::StatusCode code, std::string_view reason, int64_t row, size_t column,
                       std::string_view detail) {
  absl::Status status =
      Error(code, reason,
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
