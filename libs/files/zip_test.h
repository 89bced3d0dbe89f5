// For tests: ZIP archives with what no program for spreadsheets would write.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <minizip/zip.h>

#include "base/fatal.h"

namespace carnet::files::test {

// Names and contents.
inline std::string Zip(const std::vector<std::pair<std::string, std::string>>& parts) {
  std::string path = std::filesystem::temp_directory_path() / "carnet-zip-XXXXXX";
  const int fd = mkstemp(path.data());
  CARNET_ASSERT(fd >= 0);
  close(fd);
  zipFile zip = zipOpen64(path.c_str(), APPEND_STATUS_CREATE);
  for (const auto& [name, content] : parts) {
    CARNET_ASSERT(zipOpenNewFileInZip64(zip, name.c_str(), nullptr, nullptr, 0, nullptr, 0, nullptr,
                                        Z_DEFLATED, Z_DEFAULT_COMPRESSION, 1) == ZIP_OK);
    CARNET_ASSERT(zipWriteInFileInZip(zip, content.data(), static_cast<unsigned>(content.size())) ==
                  ZIP_OK);
    CARNET_ASSERT(zipCloseFileInZip(zip) == ZIP_OK);
  }
  CARNET_ASSERT(zipClose(zip, nullptr) == ZIP_OK);
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::remove(path);
  return bytes;
}

// A book of one sheet with these rows ("<row …>…</row>").
inline std::string SpreadsheetOf(const std::string& rows) {
  return Zip({{"xl/worksheets/sheet1.xml",
               "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">"
               "<sheetData>" +
                   rows + "</sheetData></worksheet>"}});
}

// Some kilobytes that unpack to many megabytes.
inline std::string ZipBomb() {
  return SpreadsheetOf("<row><c><v>" + std::string(size_t{48} << 20, ' ') + "</v></c></row>");
}

}  // namespace carnet::files::test
