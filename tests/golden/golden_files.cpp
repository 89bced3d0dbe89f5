#include "tests/golden/golden_files.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include <google/protobuf/text_format.h>

#include "base/fatal.h"
#include "carnet/v1/change_service.pb.h"

namespace carnet::golden {

bool IsToWrite(const std::string& what) {
  const char* asked = std::getenv("CARNET_GOLDEN_WRITE");
  if (asked == nullptr) return false;
  for (const auto& one : absl::StrSplit(asked, ',')) {
    if (one == what) return true;
  }
  return false;
}

std::string ReadGolden(const std::string& name) {
  std::ifstream file(std::string(GOLDEN_FOLDER) + "/" + name, std::ios::binary);
  CARNET_ASSERT(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteGolden(const std::string& name, const std::string& content) {
  std::ofstream file(std::string(GOLDEN_FOLDER) + "/" + name, std::ios::binary);
  file << content;
  CARNET_ASSERT(file.good());
}

std::vector<carnet::v1::Change> Published() {
  carnet::v1::PublishBatchRequest request;
  CARNET_ASSERT(
      google::protobuf::TextFormat::ParseFromString(ReadGolden("published.textproto"), &request));
  return {request.changes().begin(), request.changes().end()};
}

std::vector<event_log::Record> LoggedRecords() {
  std::vector<event_log::Record> records;
  std::istringstream lines(ReadGolden("log.hex"));
  for (std::string line; std::getline(lines, line);) {
    const size_t space = line.find(' ');
    CARNET_ASSERT(space != std::string::npos);
    records.push_back(
        {.key = line.substr(0, space), .value = absl::HexStringToBytes(line.substr(space + 1))});
  }
  return records;
}

void WriteLoggedRecords(const std::vector<event_log::Record>& records) {
  std::string text;
  for (const event_log::Record& record : records) {
    text += record.key + " " + absl::BytesToHexString(record.value) + "\n";
  }
  WriteGolden("log.hex", text);
}

}  // namespace carnet::golden
