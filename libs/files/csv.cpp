// CSV by libcsv (RFC 4180, streaming), after what the bytes are has been found out.
#include <csv.h>

#include <algorithm>
#include <array>
#include <deque>

#include "base/error.h"
#include "files/rows.h"

namespace carnet::files {
namespace {

constexpr size_t kPiece = 64 << 10;

// Windows-1252 from 0x80 to 0x9f; the rest of it is Latin-1. Zero: no such character.
constexpr std::array<uint16_t, 32> kWindows1252 = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

void AppendUtf8(uint32_t c, std::string* out) {
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out->push_back(static_cast<char>(0xc0 | (c >> 6)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3f)));
  } else {
    out->push_back(static_cast<char>(0xe0 | (c >> 12)));
    out->push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3f)));
  }
}

std::string FromWindows1252(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 && byte < 0xa0) {
      const uint16_t mapped = kWindows1252[byte - 0x80];
      AppendUtf8(mapped == 0 ? 0xfffd : mapped, &out);
    } else {
      AppendUtf8(byte, &out);
    }
  }
  return out;
}

// Whichever the first line has most of, outside quotes.
char SeparatorOf(std::string_view text) {
  std::array<size_t, 3> counts = {};
  constexpr std::string_view kSeparators = ",;\t";
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '\n' || c == '\r')) break;
    const size_t which = quoted ? std::string_view::npos : kSeparators.find(c);
    if (which != std::string_view::npos) ++counts[which];
  }
  return kSeparators[static_cast<size_t>(std::max_element(counts.begin(), counts.end()) -
                                         counts.begin())];
}

// What a cell may hold only between quotes.
constexpr std::array<bool, 256> kQuoted = [] {
  std::array<bool, 256> quoted = {};
  for (const char c : {',', ';', '\t', '"', '\r', '\n'})
    quoted[static_cast<unsigned char>(c)] = true;
  return quoted;
}();

int NoSpace(unsigned char) { return 0; }  // spaces belong to the cell

class CsvReader final : public RowReader {
 public:
  explicit CsvReader(std::string_view bytes) : text_(bytes) {
    if (text_.starts_with("\xef\xbb\xbf")) {
      text_.remove_prefix(3);
    } else if (!IsUtf8(text_)) {
      converted_ = FromWindows1252(text_);
      text_ = converted_;
    }
    csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
    csv_set_delim(&parser_, static_cast<unsigned char>(SeparatorOf(text_)));
    csv_set_space_func(&parser_, NoSpace);
  }
  ~CsvReader() override { csv_free(&parser_); }
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  absl::StatusOr<bool> Next(Row* row) override {
    for (;;) {
      while (rows_.empty()) {
        if (finished_) return false;
        if (absl::Status status = Feed(); !status.ok()) return status;
      }
      *row = std::move(rows_.front());
      rows_.pop_front();
      ++number_;
      if (!std::all_of(row->begin(), row->end(), [](const auto& cell) { return cell.empty(); }))
        return true;
    }
  }
  int64_t row_number() const override { return number_; }

 private:
  static void OnCell(void* data, size_t size, void* self) {
    static_cast<CsvReader*>(self)->cells_.emplace_back(static_cast<const char*>(data), size);
  }
  static void OnRow(int end, void* self) {
    auto* reader = static_cast<CsvReader*>(self);
    // Both bytes of a CRLF are told of: the second one ends nothing.
    const bool second = end == '\n' && reader->last_end_ == '\r' && reader->cells_.empty();
    reader->last_end_ = second ? 0 : end;
    if (second) return;
    reader->rows_.push_back(std::move(reader->cells_));
    reader->cells_.clear();
  }

  absl::Status Feed() {
    const size_t size = std::min(kPiece, text_.size() - at_);
    if (size == 0) {
      finished_ = true;
      const bool open = csv_fini(&parser_, OnCell, OnRow, this) != 0;
      if (!rows_.empty() && rows_.back().empty()) rows_.pop_back();  // after the last line end
      if (open) return Malformed("a quoted cell does not end");
      return absl::OkStatus();
    }
    const size_t parsed = csv_parse(&parser_, text_.data() + at_, size, OnCell, OnRow, this);
    at_ += parsed;
    if (parsed != size)
      return Malformed("a quote stands where none may: double it, or quote the whole cell");
    return absl::OkStatus();
  }

  absl::Status Malformed(std::string_view why) const {
    return FileError("FILE_MALFORMED", number_ + static_cast<int64_t>(rows_.size()) + 1,
                     cells_.size(), why);
  }

  std::string_view text_;
  std::string converted_;
  csv_parser parser_;
  size_t at_ = 0;
  bool finished_ = false;
  int last_end_ = 0;
  Row cells_;  // of the row being parsed
  std::deque<Row> rows_;
  int64_t number_ = 0;
};

class CsvWriter final : public RowWriter {
 public:
  absl::Status Add(const Row& row) override {
    AppendCsvRow(row, &text_);
    return absl::OkStatus();
  }
  std::string Take() override {
    std::string taken;
    taken.swap(text_);
    return taken;
  }
  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  std::string text_ = "\xef\xbb\xbf";  // spreadsheets take a file for UTF-8 only with it
};

}  // namespace

absl::StatusOr<std::unique_ptr<RowReader>> ReadCsv(std::string_view bytes) {
  if (bytes.find('\0') != std::string_view::npos) {
    return Error(absl::StatusCode::kInvalidArgument, "FILE_MALFORMED",
                 "this is neither CSV nor a spreadsheet: it holds zero bytes", "data");
  }
  return std::make_unique<CsvReader>(bytes);
}

void AppendCsvRow(const Row& row, std::string* text) {
  bool first = true;
  for (const std::string& cell : row) {
    if (!first) text->push_back(',');
    first = false;
    AppendCsvCell(cell, text);
  }
  text->append(kCsvRowEnd);
}

void AppendCsvCell(std::string_view cell, std::string* text) {
  if (cell.empty()) return;
  const bool quote = cell.front() == ' ' || cell.back() == ' ' ||
                     std::any_of(cell.begin(), cell.end(),
                                 [](char c) { return kQuoted[static_cast<unsigned char>(c)]; });
  if (!quote) {
    text->append(cell);
    return;
  }
  const size_t begin = text->size();
  text->resize(begin + 2 * cell.size() + 2);
  text->resize(begin +
               csv_write(text->data() + begin, text->size() - begin, cell.data(), cell.size()));
}

std::unique_ptr<RowWriter> WriteCsv() { return std::make_unique<CsvWriter>(); }

}  // namespace carnet::files
