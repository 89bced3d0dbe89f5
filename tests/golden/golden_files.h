// The committed files of this folder.
#pragma once

#include <string>
#include <vector>

#include "carnet/v1/change.pb.h"
#include "event_log/event_log.h"

namespace carnet::golden {

// What CARNET_GOLDEN_WRITE asks for: "log", "expected", both separated by a comma, or nothing.
// Then a test writes that file instead of comparing with it. README.md says when that may be done.
bool IsToWrite(const std::string& what);

std::string ReadGolden(const std::string& name);
void WriteGolden(const std::string& name, const std::string& content);

// published.textproto: what was said, in order.
std::vector<carnet::v1::Change> Published();

// log.hex: what stands in the log after the manifest. A line a record: key, space, value in
// hexadecimal.
std::vector<event_log::Record> LoggedRecords();
void WriteLoggedRecords(const std::vector<event_log::Record>& records);

}  // namespace carnet::golden
