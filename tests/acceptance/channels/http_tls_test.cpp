// HTTP by TLS: who may not, gets no answer; who is slow, holds up nobody.
#include <sys/socket.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/error.h"
#include "channels/signature.h"
#include "runtime/http_client.h"
#include "runtime/http_server.h"
#include "runtime/metrics.h"
#include "runtime/test_http.h"
#include "tests/acceptance/access/certificates.h"
#include "tests/acceptance/channels/channels_fixture.h"

namespace carnet::acceptance {
namespace {

using runtime::HttpAnswer;
using runtime::HttpClient;
using runtime::PostText;
using runtime::StatusOf;
using runtime::TestConnection;
using ::testing::HasSubstr;

// A client by hand: what it offers and shows is the test's to say.
class TlsConnection {
 public:
  struct Options {
    int max_version = TLS1_3_VERSION;
    Pem own;  // shown to the server, where there is one
  };
  TlsConnection(const std::string& address, const Options& options)
      : socket_(address), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), options.max_version);
    if (!options.own.key.empty()) {
      Use(options.own);
    }
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), socket_.fd());
    connected_ = SSL_connect(tls_.get()) == 1;
  }
  bool connected() const { return connected_; }

  // Empty: the server hung up.
  std::string Call(const std::string& request) {
    if (!connected_) return {};
    SSL_write(tls_.get(), request.data(), static_cast<int>(request.size()));
    char buffer[4096];
    const int size = SSL_read(tls_.get(), buffer, sizeof buffer);
    return size > 0 ? std::string(buffer, static_cast<size_t>(size)) : std::string();
  }
  // All that comes until the bytes that are waited for, or until the server hangs up.
  std::string CallUntil(const std::string& request, const std::string& end) {
    SSL_write(tls_.get(), request.data(), static_cast<int>(request.size()));
    std::string answer;
    char buffer[4096];
    while (!answer.ends_with(end)) {
      const int size = SSL_read(tls_.get(), buffer, sizeof buffer);
      if (size <= 0) break;
      answer.append(buffer, static_cast<size_t>(size));
    }
    return answer;
  }

 private:
  void Use(const Pem& own) {
    const std::unique_ptr<BIO, int (*)(BIO*)> certificate(
        BIO_new_mem_buf(own.certificate.data(), static_cast<int>(own.certificate.size())),
        BIO_free);
    const std::unique_ptr<BIO, int (*)(BIO*)> key(
        BIO_new_mem_buf(own.key.data(), static_cast<int>(own.key.size())), BIO_free);
    const std::unique_ptr<X509, void (*)(X509*)> x509(
        PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr), X509_free);
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> pkey(
        PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
    SSL_CTX_use_certificate(context_.get(), x509.get());
    SSL_CTX_use_PrivateKey(context_.get(), pkey.get());
  }

  TestConnection socket_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> tls_{nullptr, SSL_free};
  bool connected_ = false;
};

absl::StatusOr<HttpAnswer> Get(HttpClient* client, const std::string& url) {
  std::promise<absl::StatusOr<HttpAnswer>> promise;
  auto future = promise.get_future();
  client->Get(url, [&](absl::StatusOr<HttpAnswer> answer) { promise.set_value(answer); });
  return future.get();
}

class HttpTlsTest : public ChannelsTest {
 protected:
  HttpTlsTest() {
    std::signal(SIGPIPE, SIG_IGN);  // a server that hangs up is expected here
    WriteFile("root.pem", authority_.root());
    WriteFile("stranger.pem", stranger_.root());
    WriteServer("server");
  }
  ~HttpTlsTest() override {
    if (server_ != nullptr) server_->Shutdown();
  }

  std::string Path(const std::string& name) const { return scratch_.path() + "/" + name; }
  void WriteFile(const std::string& name, const std::string& content) const {
    std::ofstream(Path(name) + ".new") << content;
    std::filesystem::rename(Path(name) + ".new", Path(name));
  }
  // A certificate and its key, put there at once.
  void WriteServer(const std::string& name) const {
    const Pem pem = authority_.Sign(name);
    WriteFile("tls.key", pem.key);
    WriteFile("tls.crt", pem.certificate);
  }
  runtime::TlsFiles Files() const {
    return {.certificate = Path("tls.crt"), .key = Path("tls.key"), .client_ca = ""};
  }

  void Serve(const runtime::TlsFiles& files, const runtime::HttpLimits& limits = {},
             const std::string& at = "127.0.0.1:0") {
    auto server = runtime::HttpServer::Start(
        {at}, limits,
        [](runtime::HttpRequest request, runtime::HttpRespond respond) {
          respond({.status = 200, .body = request.body});
        },
        &metrics_, files);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  const std::string& address() const { return server_->addresses().front(); }
  std::string Url() const { return "https://" + address() + "/"; }
  static std::unique_ptr<HttpClient> ClientThatTrusts(const std::string& file) {
    auto client = HttpClient::Start({.timeout = absl::Seconds(20), .ca_file = file});
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }
  void ExpectServed() {
    TlsConnection connection(address(), {});
    EXPECT_EQ(StatusOf(connection.Call(PostText("/", "hello"))), 200);
    EXPECT_THAT(connection.Call(PostText("/", "again")), HasSubstr("again")) << "kept";
  }

  const Authority authority_{"Shop"};
  const Authority stranger_{"Somebody else"};
  runtime::Metrics metrics_;
  std::unique_ptr<runtime::HttpServer> server_;
};

TEST_F(HttpTlsTest, ServesWhoChecksItAndAnswersNobodyInClear) {
  Serve(Files());
  ExpectServed();
  TestConnection plain(address());
  EXPECT_EQ(plain.Call(PostText("/", "hello")).find("HTTP"), std::string::npos);
  EXPECT_TRUE(plain.closed());
  EXPECT_TRUE(Get(ClientThatTrusts(Path("root.pem")).get(), Url()).ok());
  TlsConnection old(address(), {.max_version = TLS1_1_VERSION});
  EXPECT_FALSE(old.connected());
  TlsConnection older(address(), {.max_version = TLS1_2_VERSION});
  EXPECT_TRUE(older.connected());
}

// More than sockets and records hold at once, in both directions; and requests that do not wait for
// the answers to those before them.
TEST_F(HttpTlsTest, LargeBodiesAndSeveralRequestsAtOnceComeWhole) {
  Serve(Files());
  TlsConnection connection(address(), {});
  std::string body;
  for (int i = 0; body.size() < (size_t{1} << 20) - 8; ++i) body += std::to_string(i) + ",";
  for (int i = 0; i < 3; ++i) {
    const std::string answer = connection.CallUntil(PostText("/", body + "end"), "end");
    ASSERT_EQ(StatusOf(answer), 200);
    EXPECT_TRUE(answer.ends_with("\r\n\r\n" + body + "end"));
  }
  const std::string both =
      connection.CallUntil(PostText("/", "first") + PostText("/", "second"), "second");
  EXPECT_THAT(both, HasSubstr("first"));
  EXPECT_THAT(both, HasSubstr("second"));
  EXPECT_EQ(StatusOf(connection.Call(PostText("/", body + "that is too large"))), 413);
}

// What leads are fetched with: a server that can't show whose it is gets no token.
TEST_F(HttpTlsTest, TheClientTellsOnlyWhomItTrusts) {
  Serve(Files());
  EXPECT_EQ(ReasonOf(Get(ClientThatTrusts(Path("stranger.pem")).get(), Url()).status()),
            "HTTP_NO_ANSWER");
  EXPECT_EQ(ReasonOf(Get(ClientThatTrusts("").get(), Url()).status()), "HTTP_NO_ANSWER");
  // The right authority, but a certificate for 127.0.0.1.
  server_->Shutdown();
  Serve(Files(), {}, "127.0.0.2:0");
  const auto other = Get(ClientThatTrusts(Path("root.pem")).get(), Url());
  EXPECT_THAT(other.status().message(), HasSubstr("certificate verify failed"));
  EXPECT_EQ(ReasonOf(HttpClient::Start({.ca_file = Path("nothing.pem")}).status()), "TLS_FILES");
}

TEST_F(HttpTlsTest, WhoIsSlowToShakeHandsIsCutOffAndOthersAreServed) {
  Serve(Files(), {.read = absl::Milliseconds(500)});
  TestConnection silent(address());
  TestConnection slow(address());
  slow.Send(std::string("\x16\x03\x01", 3));  // how a handshake begins
  TestConnection nonsense(address());
  nonsense.Send(std::string(2000, '\0'));
  for (int i = 0; i < 3; ++i) ExpectServed();
  silent.Receive();
  EXPECT_TRUE(silent.closed());
  slow.Receive();
  EXPECT_TRUE(slow.closed());
  nonsense.Receive();
  EXPECT_TRUE(nonsense.closed());
  ExpectServed();
}

TEST_F(HttpTlsTest, HandshakesCountAsConnections) {
  Serve(Files(), {.connections = 3});
  std::vector<std::unique_ptr<TestConnection>> silent;
  for (int i = 0; i < 3; ++i) silent.push_back(std::make_unique<TestConnection>(address()));
  WaitUntil([&] { return metrics_.Text().find("carnet_http_connections 3") != std::string::npos; },
            "three are open");
  TestConnection one_too_many(address());
  one_too_many.Receive();
  EXPECT_TRUE(one_too_many.closed());
  silent.clear();
  WaitUntil([&] { return metrics_.Text().find("carnet_http_connections 0") != std::string::npos; },
            "none is open");
  ExpectServed();
}

TEST_F(HttpTlsTest, ACertificateIsExchangedWhileItServes) {
  Serve(Files());
  TlsConnection before(address(), {});
  ASSERT_EQ(StatusOf(before.Call(PostText("/", "hello"))), 200);
  const Authority next("Next");
  WriteFile("next.pem", next.root());
  // Not both at once: between the two, what was read before holds.
  const Pem pem = next.Sign("server");
  WriteFile("tls.key", pem.key);
  ExpectServed();
  WriteFile("tls.crt", pem.certificate);
  const auto client = ClientThatTrusts(Path("next.pem"));
  WaitUntil([&] { return Get(client.get(), Url()).ok(); }, "the new certificate is shown");
  EXPECT_EQ(StatusOf(before.Call(PostText("/", "hello"))), 200) << "who was there goes on";
}

TEST_F(HttpTlsTest, WhereClientsMustShowACertificateNobodyElseIsServed) {
  runtime::TlsFiles files = Files();
  files.client_ca = Path("root.pem");
  Serve(files);
  TlsConnection nobody(address(), {});
  EXPECT_EQ(nobody.Call(PostText("/", "hello")), "");
  TlsConnection stranger(address(), {.own = stranger_.Sign("till")});
  EXPECT_EQ(stranger.Call(PostText("/", "hello")), "");
  TlsConnection till(address(), {.own = authority_.Sign("till")});
  EXPECT_EQ(StatusOf(till.Call(PostText("/", "hello"))), 200);
}

// The server as it is shipped: the settings of gRPC's door are this one's, too.
TEST_F(HttpTlsTest, DeliveriesComeByTls) {
  WriteEndpoints(
      "[[endpoint]]\nmerchant = 'shop'\nchannel = 'shopify'\nsource = 'web'\nsecrets = ['hush']\n");
  for (const bool mutual : {false, true}) {
    std::vector<std::string> arguments = {"--tls-certificate-file", Path("tls.crt"),
                                          "--tls-key-file", Path("tls.key")};
    if (mutual) {
      arguments.insert(arguments.end(), {"--tls-client-ca-file", Path("root.pem"),
                                         "--http-client-certificates", "false"});
    }
    ASSERT_NO_FATAL_FAILURE(Start(arguments));
    const std::string body = R"({"id":7,"first_name":"Anne"})";
    const std::string request =
        PostText("/v1/shop/shopify/web", body,
                 "X-Shopify-Topic: customers/update\r\nX-Shopify-Hmac-Sha256: " +
                     runtime::Base64(channels::HmacSha256("hush", body)) + "\r\n");
    TlsConnection shop(http(), {});
    EXPECT_EQ(StatusOf(shop.Call(request)), 200);
    TestConnection plain(http());
    EXPECT_EQ(plain.Call(request).find("HTTP"), std::string::npos);
    ASSERT_EQ(carnetd().Terminate(), 0) << carnetd().Messages();
  }
}

}  // namespace
}  // namespace carnet::acceptance
