#include "runtime/whole_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"

#include "base/error.h"

namespace carnet::runtime {

absl::Status WriteWholeFile(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".tmp";
  std::ofstream file(temporary, std::ios::trunc);
  file << content;
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    return Error(absl::StatusCode::kUnavailable, "FILE_NOT_WRITTEN",
                 absl::StrCat("can't write ", path, ": ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

}  // namespace carnet::runtime
