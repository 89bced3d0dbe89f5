#include "runtime/logging.h"

#include <memory>

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace carnet::runtime {
namespace {

struct Logger {
  std::shared_ptr<spdlog::logger> spd;
  LogFormat format = LogFormat::kText;

  Logger()
      : spd(std::make_shared<spdlog::logger>("carnet",
                                             std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
    SetFormat(LogFormat::kText);
  }

  void SetFormat(LogFormat new_format) {
    format = new_format;
    spd->set_pattern(format == LogFormat::kJson
                         ? R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})"
                         : "%Y-%m-%d %H:%M:%S.%eZ %l: %v",
                     spdlog::pattern_time_type::utc);
  }
};

// Never destroyed: threads may log until the very end.
Logger& TheLogger() {
  static Logger* const logger = new Logger;
  return *logger;
}

spdlog::level::level_enum SpdLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// As the inside of a JSON string; control characters too, so that one event stays one line in
// either format.
void AppendEscaped(std::string_view text, std::string* out) {
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      *out += '\\';
      *out += c;
    } else if (c == '\n') {
      *out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr char kHex[] = "0123456789abcdef";
      *out += "\\u00";
      *out += kHex[c >> 4];
      *out += kHex[c & 15];
    } else {
      *out += c;
    }
  }
}

void AppendJson(std::string_view key, std::string_view value, std::string* out) {
  *out += '"';
  *out += key;
  *out += "\":\"";
  AppendEscaped(value, out);
  *out += '"';
}

std::string Line(LogFormat format, std::string_view message,
                 std::initializer_list<LogField> fields) {
  std::string line;
  if (format == LogFormat::kJson) {
    AppendJson("message", message, &line);
    for (const LogField& field : fields) {
      line += ',';
      AppendJson(field.key, field.value, &line);
    }
    return line;
  }
  AppendEscaped(message, &line);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    const bool quoted =
        field.value.empty() || field.value.find_first_of(" =\"\\") != std::string::npos;
    if (quoted) line += '"';
    AppendEscaped(field.value, &line);
    if (quoted) line += '"';
  }
  return line;
}

void LogOfGrpc(gpr_log_func_args* args) {
  Log(LogLevel::kDebug, args->message, {{"from", "grpc"}});
}

void LogOfProtobuf(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  Log(LogLevel::kDebug, message, {{"from", "protobuf"}});
}

}  // namespace

LogLevel LogLevelOf(std::string_view name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warning") return LogLevel::kWarning;
  if (name == "error") return LogLevel::kError;
  return LogLevel::kInfo;
}

LogFormat LogFormatOf(std::string_view name) {
  return name == "json" ? LogFormat::kJson : LogFormat::kText;
}

void InitLogging(LogLevel level, LogFormat format) {
  TheLogger().SetFormat(format);
  TheLogger().spd->set_level(SpdLevel(level));
  gpr_set_log_function(LogOfGrpc);
  google::protobuf::SetLogHandler(LogOfProtobuf);
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  Logger& logger = TheLogger();
  if (!logger.spd->should_log(SpdLevel(level))) return;
  logger.spd->log(SpdLevel(level), Line(logger.format, message, fields));
}

}  // namespace carnet::runtime
