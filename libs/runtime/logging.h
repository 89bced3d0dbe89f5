// Logs: one line an event, to standard error, for people (text) or programs (JSON). Never personal
// data: ids, counts, reasons and paths only.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace carnet::runtime {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

// "debug", "info", "warning", "error"; "text", "json"; as the configuration has them.
LogLevel LogLevelOf(std::string_view name);
LogFormat LogFormatOf(std::string_view name);

// To be called once, before other threads are started; until then info and above are written as
// text. What gRPC and protobuf have to say goes to the same place, as debug.
void InitLogging(LogLevel level, LogFormat format);

struct LogField {
  std::string_view key;  // [a-z_]+
  std::string value;
};

// Writes one event, from any thread. `message` says what happened in the same words every time;
// what differs goes into fields.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

}  // namespace carnet::runtime
