// The HTTP server against senders of every kind: what is right is served, whatever others do.
#include "runtime/http_server.h"

#include <sys/resource.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include <gtest/gtest.h>

#include "runtime/metrics.h"
#include "runtime/test_http.h"

namespace carnet::runtime {
namespace {

class HttpServerTest : public testing::Test {
 protected:
  void Start(HttpLimits limits = {}, HttpLargeBodies large = {}) {
    auto server = HttpServer::Start(
        {"127.0.0.1:0"}, limits,
        [](HttpRequest request, HttpRespond respond) {
          respond({.status = 200,
                   .body = request.method + " " + request.path + " " + request.query + " " +
                           std::to_string(request.body.size())});
        },
        &metrics_, {}, std::move(large));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  const std::string& address() const { return server_->addresses().front(); }

  // A sender that does everything right is served now.
  void ExpectServed() {
    TestConnection connection(address());
    EXPECT_EQ(StatusOf(connection.Call(PostText("/a", "hello"))), 200);
  }

  Metrics metrics_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, KeepsAConnectionForSeveralRequests) {
  Start();
  TestConnection connection(address());
  for (int i = 0; i < 3; ++i) {
    const std::string answer = connection.Call(PostText("/a/b?x=1", std::string(i, 'x')));
    EXPECT_TRUE(answer.ends_with("POST /a/b x=1 " + std::to_string(i))) << answer;
  }
  connection.Send(PostText("/1", "") + PostText("/2", ""));
  EXPECT_TRUE(connection.Receive().ends_with("POST /1  0"));
  EXPECT_TRUE(connection.Receive().ends_with("POST /2  0")) << "sent before the first was answered";
}

TEST_F(HttpServerTest, LargeBodiesAreForWhomTheHeaderLetsInAndTakeNobodysRoom) {
  Start({.body_bytes = 100, .bodies_bytes = 100},
        {.is_large = [](std::string_view path) { return path == "/large"; },
         .refuse = [](const HttpRequest& head) -> std::optional<HttpResponse> {
           if (head.Header("key") == "right" && head.body.empty()) return std::nullopt;
           return HttpResponse{.status = 401, .body = "no"};
         },
         .body_bytes = 1000,
         .bodies_bytes = 1500});
  TestConnection connection(address());
  const std::string key = "Key: right\r\n";
  EXPECT_EQ(StatusOf(connection.Call(PostText("/large", std::string(1000, 'x'), key))), 200);
  EXPECT_EQ(StatusOf(connection.Call(PostText("/small", std::string(100, 'x'), key))), 200);
  const std::string head = "POST /large?q HTTP/1.1\r\nHost: c\r\nContent-Length: 1000\r\n";
  // One that is on its way leaves no room for another like it, and all for those that are not.
  connection.Send(head + key + "\r\n");
  while (true) {
    TestConnection other(address());
    if (StatusOf(other.Call(PostText("/large", std::string(1000, 'x'), key))) == 503) break;
  }
  ExpectServed();
  EXPECT_EQ(StatusOf(connection.Call(std::string(1000, 'x'))), 200);

  EXPECT_EQ(StatusOf(TestConnection(address()).Call(head + "\r\n")), 401) << "unread";
  EXPECT_EQ(StatusOf(TestConnection(address()).Call(PostText("/small", std::string(101, 'x')))),
            413);
  const std::string large =
      TestConnection(address()).Call(PostText("/large", std::string(1001, 'x'), key));
  EXPECT_EQ(StatusOf(large), 413);
  EXPECT_NE(large.find("1000 bytes at most"), std::string::npos) << large;
}

TEST_F(HttpServerTest, SpeaksTheOldVersionToo) {
  Start();
  TestConnection connection(address());
  const std::string answer = connection.Call(PostText("/a", "hello", "", "1.0"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.0 200")) << answer;
  connection.Receive();
  EXPECT_TRUE(connection.closed());
}

TEST_F(HttpServerTest, SaysContinueToWhoWaitsForIt) {
  Start();
  TestConnection connection(address());
  connection.Send(
      "POST /a HTTP/1.1\r\nHost: c\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(StatusOf(connection.Receive()), 100);
  EXPECT_EQ(StatusOf(connection.Call("hello")), 200);
}

TEST_F(HttpServerTest, TakesChunks) {
  Start();
  TestConnection connection(address());
  const std::string answer = connection.Call(
      "POST /a HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  EXPECT_TRUE(answer.ends_with(" 5")) << answer;
}

TEST_F(HttpServerTest, RefusesWhatIsTooLargeOrNonsense) {
  Start();
  const std::string most(size_t{1} << 20, 'x');
  TestConnection fits(address());
  EXPECT_EQ(StatusOf(fits.Call(PostText("/a", most))), 200);
  TestConnection body(address());
  EXPECT_EQ(StatusOf(body.Call(PostText("/a", most + "x"))), 413);
  TestConnection header(address());
  EXPECT_EQ(StatusOf(header.Call(PostText("/a", "", "X: " + std::string(20'000, 'x') + "\r\n"))),
            431);
  TestConnection chunks(address());
  EXPECT_EQ(StatusOf(chunks.Call(
                "POST /a HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello")),
            400);
  TestConnection endless(address());
  endless.Send("POST /a HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 40 && endless.Send("8000\r\n" + std::string(0x8000, 'x') + "\r\n"); ++i) {
  }
  EXPECT_EQ(StatusOf(endless.Receive()), 413);
  TestConnection noise(address());
  EXPECT_EQ(StatusOf(noise.Call(std::string(100, '\x01') + "\r\n\r\n")), 400);
  ExpectServed();
}

TEST_F(HttpServerTest, CutsOffWhoIsSlowAndServesTheOthers) {
  Start({.idle = absl::Seconds(5), .read = absl::Milliseconds(300)});
  TestConnection slow(address());
  slow.Send("POST /a HTTP/1.1\r\n");
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  int sent = 0;
  // Byte by byte, for as long as it is taken.
  while (absl::Now() < deadline) {
    slow.Send("X");
    ++sent;
    const std::string answer = slow.Receive(50);
    if (StatusOf(answer) == 408 || slow.closed()) break;
    ExpectServed();
  }
  EXPECT_LT(absl::Now(), deadline) << sent;
}

TEST_F(HttpServerTest, ManyIdleConnectionsKeepNobodyOut) {
  constexpr size_t kMany = 2000;
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 3 * kMany);
  setrlimit(RLIMIT_NOFILE, &files);
  Start();
  std::vector<std::unique_ptr<TestConnection>> idle;
  for (size_t i = 0; i < std::min<size_t>(kMany, files.rlim_cur / 3); ++i)
    idle.push_back(std::make_unique<TestConnection>(address()));
  ExpectServed();
}

TEST_F(HttpServerTest, MoreConnectionsThanAllowedAreClosed) {
  Start({.connections = 2});
  TestConnection first(address());
  EXPECT_EQ(StatusOf(first.Call(PostText("/a", ""))), 200);
  TestConnection second(address());
  EXPECT_EQ(StatusOf(second.Call(PostText("/a", ""))), 200);
  TestConnection third(address());
  third.Send(PostText("/a", ""));
  EXPECT_EQ(third.Receive(), "");
  EXPECT_EQ(StatusOf(first.Call(PostText("/a", ""))), 200);
}

TEST_F(HttpServerTest, BodiesTogetherAreBounded) {
  Start({.bodies_bytes = 1000});
  TestConnection held(address());
  held.Send("POST /a HTTP/1.1\r\nHost: c\r\nContent-Length: 800\r\n\r\n");
  // Until the first one's room is taken, the second may still be served.
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  int status = 0;
  while (status != 503 && absl::Now() < deadline) {
    TestConnection second(address());
    status = StatusOf(second.Call(PostText("/a", std::string(800, 'x'))));
  }
  EXPECT_EQ(status, 503);
  EXPECT_EQ(StatusOf(held.Call(std::string(800, 'x'))), 200);
}

}  // namespace
}  // namespace carnet::runtime
