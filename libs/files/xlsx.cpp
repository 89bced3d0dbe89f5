// Spreadsheets: read by minizip and pugixml, written by libxlsxwriter row by row.
#include <fcntl.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include <minizip/ioapi.h>
#include <minizip/unzip.h>
#include <pugixml.hpp>

#include "base/error.h"
#include "files/rows.h"

namespace carnet::files {
namespace {

// What is packed tighter than this is no spreadsheet.
constexpr size_t kMostTimesLarger = 200;

absl::Status Malformed(std::string_view why) {
  return Error(absl::StatusCode::kInvalidArgument, "FILE_MALFORMED", why, "data");
}
absl::Status TooLarge() {
  return Error(absl::StatusCode::kInvalidArgument, "FILE_TOO_LARGE",
               "the spreadsheet is far larger unpacked than a list of customers can be", "data");
}

// A ZIP archive in memory, through minizip's functions for files.
struct Source {
  std::string_view bytes;
  size_t at = 0;
};
voidpf Open(voidpf opaque, const void*, int) {
  static_cast<Source*>(opaque)->at = 0;
  return opaque;
}
uLong Read(voidpf opaque, voidpf, void* buffer, uLong size) {
  auto* source = static_cast<Source*>(opaque);
  const size_t count = std::min<size_t>(size, source->bytes.size() - source->at);
  std::memcpy(buffer, source->bytes.data() + source->at, count);
  source->at += count;
  return count;
}
uLong Write(voidpf, voidpf, const void*, uLong) { return 0; }
ZPOS64_T Tell(voidpf opaque, voidpf) { return static_cast<Source*>(opaque)->at; }
long Seek(voidpf opaque, voidpf, ZPOS64_T offset, int origin) {
  auto* source = static_cast<Source*>(opaque);
  const size_t base = origin == ZLIB_FILEFUNC_SEEK_CUR   ? source->at
                      : origin == ZLIB_FILEFUNC_SEEK_END ? source->bytes.size()
                                                         : 0;
  if (base + offset > source->bytes.size()) return -1;
  source->at = base + offset;
  return 0;
}
int Close(voidpf, voidpf) { return 0; }
int Failed(voidpf, voidpf) { return 0; }

class Archive {
 public:
  explicit Archive(std::string_view bytes) : source_{bytes} {
    zlib_filefunc64_def functions{};
    functions.zopen64_file = Open;
    functions.zread_file = Read;
    functions.zwrite_file = Write;
    functions.ztell64_file = Tell;
    functions.zseek64_file = Seek;
    functions.zclose_file = Close;
    functions.zerror_file = Failed;
    functions.opaque = &source_;
    zip_ = unzOpen2_64("", &functions);
  }
  ~Archive() {
    if (zip_ != nullptr) unzClose(zip_);
  }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  bool ok() const { return zip_ != nullptr; }

  // A part of it; false: there is none of that name. What a header says of sizes is not believed:
  // reading stops where it becomes too much.
  absl::StatusOr<bool> Get(const char* name, std::string* part) {
    if (unzLocateFile(zip_, name, 1) != UNZ_OK) return false;
    unz_file_info64 info{};
    if (unzGetCurrentFileInfo64(zip_, &info, nullptr, 0, nullptr, 0, nullptr, 0) != UNZ_OK ||
        unzOpenCurrentFile(zip_) != UNZ_OK) {
      return Malformed("the spreadsheet's archive is damaged");
    }
    const size_t most = std::min<size_t>(
        kMostUnpackedBytes - unpacked_,
        std::max<size_t>(size_t{1} << 20, info.compressed_size * kMostTimesLarger));
    part->clear();
    char buffer[64 << 10];
    int count = 0;
    while ((count = unzReadCurrentFile(zip_, buffer, sizeof buffer)) > 0) {
      part->append(buffer, static_cast<size_t>(count));
      if (part->size() > most) {
        unzCloseCurrentFile(zip_);
        return TooLarge();
      }
    }
    if (unzCloseCurrentFile(zip_) != UNZ_OK || count < 0)
      return Malformed("the spreadsheet's archive is damaged");
    unpacked_ += part->size();
    return true;
  }

 private:
  Source source_;
  unzFile zip_ = nullptr;
  size_t unpacked_ = 0;
};

absl::Status Parse(const std::string& part, pugi::xml_document* document) {
  const auto result = document->load_buffer(part.data(), part.size(),
                                            pugi::parse_default | pugi::parse_ws_pcdata_single);
  return result ? absl::OkStatus() : Malformed("a part of the spreadsheet is no XML");
}

// Names may have a prefix.
bool IsNamed(const pugi::xml_node& node, std::string_view name) {
  std::string_view has = node.name();
  const size_t colon = has.find(':');
  if (colon != std::string_view::npos) has.remove_prefix(colon + 1);
  return has == name;
}
pugi::xml_node Child(const pugi::xml_node& node, std::string_view name) {
  return node.find_child([&](const pugi::xml_node& child) { return IsNamed(child, name); });
}

// "_x000D_" → "\r": how a spreadsheet writes characters that XML may not hold, and an underscore
// that would look like one of them.
constexpr size_t kEscapeSize = 7;
bool IsEscape(std::string_view text) {
  return text.size() >= kEscapeSize && text.starts_with("_x") && text[6] == '_' &&
         text.substr(2, 4).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}
std::string Unescaped(std::string text) {
  for (size_t at = text.find("_x"); at != std::string::npos; at = text.find("_x", at + 1)) {
    if (!IsEscape(std::string_view(text).substr(at))) continue;
    const auto code = std::stoul(text.substr(at + 2, 4), nullptr, 16);
    if (code == 0 || code >= 0x80) continue;  // nobody escapes those
    text.replace(at, kEscapeSize, 1, static_cast<char>(code));
  }
  return text;
}
// The underscores; libxlsxwriter sees to the rest.
std::string Escaped(std::string text) {
  for (size_t at = text.find("_x"); at != std::string::npos; at = text.find("_x", at + 1)) {
    if (!IsEscape(std::string_view(text).substr(at))) continue;
    text.replace(at, 1, "_x005F_");
    at += kEscapeSize - 1;
  }
  return text;
}

// The text of <si> or <is>: <t>, or the <t> of each <r>; what is said of pronunciation is left out.
std::string TextOf(const pugi::xml_node& node) {
  std::string text;
  for (const pugi::xml_node& child : node.children()) {
    if (IsNamed(child, "t")) text += child.text().get();
    if (IsNamed(child, "r")) text += Child(child, "t").text().get();
  }
  return Unescaped(std::move(text));
}

// "BC12" → 54; negative: no reference.
long ColumnOf(std::string_view reference) {
  long column = 0;
  for (const char c : reference) {
    if (c < 'A' || c > 'Z') break;
    column = column * 26 + (c - 'A' + 1);
    if (column > 16384) return -1;
  }
  return column - 1;
}

// A number as it was typed, not as it is stored ("1.1000000000000001", "3.3612345678E10").
std::string NumberText(const std::string& stored) {
  double value = 0;
  if (!absl::SimpleAtod(stored, &value)) return stored;
  for (const int digits : {15, 17}) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::strchr(text, 'e') != nullptr && value < 1e18 && value > -1e18)
      std::snprintf(text, sizeof text, "%.0f", value);
    double again = 0;
    if (absl::SimpleAtod(text, &again) &&
        (digits == 17 || std::abs(again - value) <= 1e-15 * std::abs(value)))
      return text;
  }
  return stored;
}

// Where in the archive the texts and the first sheet are. What does not say so has them where
// everybody has them.
struct Parts {
  std::string strings = "xl/sharedStrings.xml";
  std::string sheet = "xl/worksheets/sheet1.xml";
};
absl::Status FindParts(Archive* archive, Parts* parts) {
  std::string part;
  pugi::xml_document book;
  pugi::xml_document relations;
  for (const auto& [name, document] :
       {std::pair("xl/workbook.xml", &book), std::pair("xl/_rels/workbook.xml.rels", &relations)}) {
    const auto there = archive->Get(name, &part);
    if (!there.ok()) return there.status();
    if (!*there) return absl::OkStatus();
    if (absl::Status status = Parse(part, document); !status.ok()) return status;
  }
  std::string_view first;
  for (const auto& attribute :
       Child(Child(Child(book, "workbook"), "sheets"), "sheet").attributes()) {
    const std::string_view name = attribute.name();
    if (name.ends_with(":id")) first = attribute.value();
  }
  for (const pugi::xml_node& relation : Child(relations, "Relationships").children()) {
    const std::string_view target = relation.attribute("Target").value();
    const std::string path =
        target.starts_with('/') ? std::string(target.substr(1)) : "xl/" + std::string(target);
    if (!first.empty() && relation.attribute("Id").value() == first) parts->sheet = path;
    if (std::string_view(relation.attribute("Type").value()).ends_with("/sharedStrings"))
      parts->strings = path;
  }
  return absl::OkStatus();
}

class XlsxReader final : public RowReader {
 public:
  absl::Status Load(std::string_view bytes) {
    Archive archive(bytes);
    if (!archive.ok()) return Malformed("this is no spreadsheet: its archive can't be read");
    Parts parts;
    if (absl::Status status = FindParts(&archive, &parts); !status.ok()) return status;
    std::string part;
    auto there = archive.Get(parts.strings.c_str(), &part);
    if (!there.ok()) return there.status();
    if (*there) {
      pugi::xml_document strings;
      if (absl::Status status = Parse(part, &strings); !status.ok()) return status;
      for (const pugi::xml_node& node : Child(strings, "sst").children()) {
        if (IsNamed(node, "si")) strings_.push_back(TextOf(node));
      }
    }
    there = archive.Get(parts.sheet.c_str(), &part);
    if (!there.ok()) return there.status();
    if (!*there) return Malformed("the spreadsheet has no first sheet");
    if (absl::Status status = Parse(part, &sheet_); !status.ok()) return status;
    next_ = Child(Child(sheet_, "worksheet"), "sheetData").first_child();
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Next(Row* row) override {
    while (next_) {
      const pugi::xml_node node = next_;
      next_ = next_.next_sibling();
      if (!IsNamed(node, "row")) continue;
      const int64_t given = node.attribute("r").as_llong(0);
      number_ = given > number_ ? given : number_ + 1;
      row->clear();
      bool any = false;
      for (const pugi::xml_node& cell : node.children()) {
        if (!IsNamed(cell, "c")) continue;
        const long place = ColumnOf(cell.attribute("r").value());
        const size_t column = place < 0 ? row->size() : static_cast<size_t>(place);
        if (Child(cell, "f")) {
          return FileError("FILE_FORMULA", number_, column,
                           "a formula: put its value there instead");
        }
        if (row->size() <= column) row->resize(column + 1);
        auto text = Text(cell, column);
        if (!text.ok()) return text.status();
        if (!IsUtf8(*text))
          return FileError("FILE_MALFORMED", number_, column, "its text is not UTF-8");
        any = any || !text->empty();
        (*row)[column] = *std::move(text);
      }
      if (any) return true;
    }
    return false;
  }
  int64_t row_number() const override { return number_; }

 private:
  absl::StatusOr<std::string> Text(const pugi::xml_node& cell, size_t column) const {
    const std::string_view type = cell.attribute("t").value();
    if (type == "inlineStr") return TextOf(Child(cell, "is"));
    const std::string value = Child(cell, "v").text().get();
    if (type == "s") {
      size_t index = 0;
      if (!absl::SimpleAtoi(value, &index) || index >= strings_.size())
        return FileError("FILE_MALFORMED", number_, column, "its text is not in the file");
      return strings_[index];
    }
    if (type == "b") return std::string(value == "1" ? "true" : "false");
    if (type == "e") return FileError("FILE_FORMULA", number_, column, "an error value");
    if (type == "str" || value.empty()) return Unescaped(value);
    return NumberText(value);
  }

  std::vector<std::string> strings_;
  pugi::xml_document sheet_;
  pugi::xml_node next_;
  int64_t number_ = 0;
};

class XlsxWriter final : public RowWriter {
 public:
  ~XlsxWriter() override {
    if (book_ != nullptr) workbook_close(book_);
    if (fd_ >= 0) close(fd_);
  }

  absl::Status Begin() {
    std::error_code error;
    folder_ = std::filesystem::temp_directory_path(error).string();
    std::string path = folder_ + "/carnet-export-XXXXXX";
    fd_ = error ? -1 : mkostemp(path.data(), O_CLOEXEC);
    if (fd_ < 0) {
      return Error(absl::StatusCode::kUnavailable, "NO_TEMPORARY_FILE",
                   "can't make a temporary file for the spreadsheet: is there room in " + folder_ +
                       "? (TMPDIR names another folder)");
    }
    // Without a name: what stands in it is gone with the process, however that ends.
    unlink(path.c_str());
    path = absl::StrCat("/proc/self/fd/", fd_);
    lxw_workbook_options options{};
    options.constant_memory = LXW_TRUE;
    options.tmpdir = folder_.data();
    book_ = workbook_new_opt(path.c_str(), &options);
    sheet_ = workbook_add_worksheet(book_, "Customers");
    // Text stays text: "+33…" and "007" survive.
    format_ = workbook_add_format(book_);
    format_set_num_format(format_, "@");
    return absl::OkStatus();
  }

  absl::Status Add(const Row& row) override {
    for (size_t i = 0; i < row.size(); ++i) {
      if (row[i].empty()) continue;
      const lxw_error error = worksheet_write_string(sheet_, next_, static_cast<lxw_col_t>(i),
                                                     Escaped(row[i]).c_str(), format_);
      if (error == LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED) {
        return FileError(absl::StatusCode::kFailedPrecondition, "CELL_TOO_LONG", next_ + 1, i,
                         "more text than a cell of a spreadsheet holds: export CSV");
      }
      if (error == LXW_ERROR_WORKSHEET_INDEX_OUT_OF_RANGE) {
        return FileError(absl::StatusCode::kFailedPrecondition, "TOO_MANY_ROWS", next_ + 1, i,
                         "more than a spreadsheet holds: export CSV");
      }
      if (error != LXW_NO_ERROR)
        return Error(absl::StatusCode::kUnavailable, "SPREADSHEET", lxw_strerror(error));
    }
    ++next_;
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    const lxw_error error = workbook_close(book_);
    book_ = nullptr;
    if (error != LXW_NO_ERROR)
      return Error(absl::StatusCode::kUnavailable, "SPREADSHEET", lxw_strerror(error));
    return absl::OkStatus();
  }

  std::string Take() override {
    std::string piece;
    if (book_ != nullptr) return piece;
    piece.resize(256 << 10);
    const ssize_t count = pread(fd_, piece.data(), piece.size(), taken_);
    piece.resize(count < 0 ? 0 : static_cast<size_t>(count));
    taken_ += static_cast<off_t>(piece.size());
    return piece;
  }

 private:
  std::string folder_;
  int fd_ = -1;
  off_t taken_ = 0;
  lxw_workbook* book_ = nullptr;
  lxw_worksheet* sheet_ = nullptr;
  lxw_format* format_ = nullptr;
  lxw_row_t next_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RowReader>> ReadXlsx(std::string_view bytes) {
  auto reader = std::make_unique<XlsxReader>();
  if (absl::Status status = reader->Load(bytes); !status.ok()) return status;
  return reader;
}

absl::StatusOr<std::unique_ptr<RowWriter>> WriteXlsx() {
  auto writer = std::make_unique<XlsxWriter>();
  if (absl::Status status = writer->Begin(); !status.ok()) return status;
  return writer;
}

}  // namespace carnet::files
