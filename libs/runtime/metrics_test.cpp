#include "runtime/metrics.h"

#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace carnet::runtime {
namespace {

using testing::HasSubstr;

std::string HttpGet(const std::string& address, const std::string& path) {
  const size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;)
    answer.append(buffer, static_cast<size_t>(n));
  close(fd);
  return answer;
}

void AddSome(Metrics* metrics) {
  metrics->AddCounter("carnet_changes_total", "Changes taken.", {{"result", "ok"}}).Add(2);
  metrics->AddCounter("carnet_changes_total", "Changes taken.", {{"result", "error"}});
  metrics->AddSecondsHistogram("carnet_append_seconds", "Time of an append.").Observe(0.003);
  metrics->AddGauge("carnet_lag_records", "How far the views are behind.", [] {
    return std::vector<Metrics::Sample>{{{{"partition", "0"}}, 7}};
  });
}

TEST(MetricsTest, TextHasEverySeries) {
  Metrics metrics;
  AddSome(&metrics);
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("carnet_changes_total{result=\"ok\"} 2"));
  EXPECT_THAT(text, HasSubstr("carnet_changes_total{result=\"error\"} 0"));
  EXPECT_THAT(text, HasSubstr("carnet_append_seconds_bucket{le=\"0.005\"} 1"));
  EXPECT_THAT(text, HasSubstr("carnet_append_seconds_bucket{le=\"0.002\"} 0"));
  EXPECT_THAT(text, HasSubstr("# TYPE carnet_lag_records gauge"));
  EXPECT_THAT(text, HasSubstr("carnet_lag_records{partition=\"0\"} 7"));
}

TEST(MetricsTest, ServedOverHttpAndCleanForPromtool) {
  Metrics metrics;
  AddSome(&metrics);
  ASSERT_TRUE(metrics.Serve("127.0.0.1:0").ok());
  std::string body = HttpGet(metrics.address(), "/metrics");
  EXPECT_THAT(body, HasSubstr("200 OK"));
  body = body.substr(body.find("\r\n\r\n") + 4);
  EXPECT_THAT(body, HasSubstr("carnet_lag_records{partition=\"0\"} 7"));
  if (std::system("command -v promtool > /dev/null") != 0) GTEST_SKIP() << "no promtool here";
  FILE* promtool = popen("promtool check metrics", "w");
  fwrite(body.data(), 1, body.size(), promtool);
  EXPECT_EQ(pclose(promtool), 0) << body;
}

TEST(MetricsTest, AnAddressInUseIsAnError) {
  Metrics first;
  ASSERT_TRUE(first.Serve("127.0.0.1:0").ok());
  Metrics second;
  const absl::Status status = second.Serve(first.address());
  EXPECT_EQ(ReasonOf(status), "ADDRESS_IN_USE");
}

}  // namespace
}  // namespace carnet::runtime
