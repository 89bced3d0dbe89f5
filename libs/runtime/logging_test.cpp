#include "runtime/logging.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carnet::runtime {
namespace {

using testing::MatchesRegex;

TEST(LoggingTest, TextIsOneLineWhateverIsInIt) {
  InitLogging(LogLevel::kInfo, LogFormat::kText);
  testing::internal::CaptureStderr();
  Log(LogLevel::kInfo, "views opened", {{"partition", "3"}, {"folder", "a b"}, {"bad", "x\ny"}});
  Log(LogLevel::kDebug, "not written");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              MatchesRegex(
                  "[0-9-]+ [0-9:.]+Z info: views opened partition=3 folder=\"a b\" bad=x\\\\ny\n"));
}

TEST(LoggingTest, JsonIsOneObjectALine) {
  InitLogging(LogLevel::kDebug, LogFormat::kJson);
  testing::internal::CaptureStderr();
  Log(LogLevel::kWarning, "a \"quoted\" word", {{"tab", "\t"}});
  EXPECT_THAT(
      testing::internal::GetCapturedStderr(),
      MatchesRegex("\\{\"time\":\"[0-9-]+T[0-9:.]+Z\",\"level\":\"warning\",\"message\":\"a "
                   "\\\\\"quoted\\\\\" word\",\"tab\":\"\\\\u0009\"\\}\n"));
  InitLogging(LogLevel::kInfo, LogFormat::kText);
}

}  // namespace
}  // namespace carnet::runtime
