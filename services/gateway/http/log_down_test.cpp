// The log stands still (for three seconds; in the long suite a minute) while every channel
// delivers: nothing is lost, nothing is doubled, every sender hears in time what it needs to hear,
// and memory is bounded.
#include <cstdlib>
#include <fstream>
#include <set>
#include <thread>

#include "absl/strings/escaping.h"

#include "channels/changes.h"
#include "channels/signature.h"
#include "gateway/http/webhooks.h"
#include "gateway/test_gateway.h"
#include "runtime/http_server.h"
#include "runtime/test_http.h"

namespace carnet::gateway {
namespace {

using runtime::Base64;
using runtime::PostText;
using runtime::StatusOf;
using runtime::TestConnection;

// A log that can be made to stand still: what is appended then waits until it goes on, as with a
// broker that is frozen; and then it is taken after all, or is lost, and nobody knows.
class StandingLog final : public event_log::EventLog {
 public:
  explicit StandingLog(std::unique_ptr<event_log::EventLog> real) : real_(std::move(real)) {}

  void Stand() {
    const std::lock_guard lock(mutex_);
    stands_ = true;
  }
  void GoOn(bool takes_what_waits) {
    // Under the lock: what comes now stands behind.
    const std::lock_guard lock(mutex_);
    stands_ = false;
    for (const auto& append : std::exchange(waiting_, {})) append(takes_what_waits);
  }

  const event_log::Identity& identity() const override { return real_->identity(); }
  std::string_view kind() const override { return real_->kind(); }
  void Append(int32_t partition, std::vector<event_log::Record> records,
              event_log::AppendCallback done) override {
    const std::lock_guard lock(mutex_);
    if (!stands_) return real_->Append(partition, std::move(records), std::move(done));
    auto held = std::make_shared<std::vector<event_log::Record>>(std::move(records));
    waiting_.push_back([this, partition, held, done = std::move(done)](bool takes) {
      if (takes) return real_->Append(partition, std::move(*held), done);
      done(Error(absl::StatusCode::kUnavailable, "LOG_UNAVAILABLE", "no answer"));
    });
  }
  absl::StatusOr<std::unique_ptr<event_log::Cursor>> Read(int32_t partition,
                                                          int64_t offset) override {
    return real_->Read(partition, offset);
  }
  absl::StatusOr<int64_t> FirstOffset(int32_t partition) override {
    return real_->FirstOffset(partition);
  }
  absl::StatusOr<int64_t> EndOffset(int32_t partition) override {
    return real_->EndOffset(partition);
  }
  absl::Status AddToQuarantine(const log::v1::QuarantineEntry& entry) override {
    return real_->AddToQuarantine(entry);
  }
  absl::StatusOr<std::vector<log::v1::QuarantineEntry>> Quarantined(int32_t partition) override {
    return real_->Quarantined(partition);
  }

 private:
  const std::unique_ptr<event_log::EventLog> real_;
  std::mutex mutex_;
  bool stands_ = false;                             // guarded by mutex_
  std::vector<std::function<void(bool)>> waiting_;  // guarded by mutex_
};

int StandsForSeconds() {
  const char* const seconds = std::getenv("CARNET_LOG_DOWN_SECONDS");
  return seconds == nullptr ? 3 : std::atoi(seconds);
}

int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t total = 0;
  int64_t resident = 0;
  file >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// What waits for the log, twice over (here and in the log).
constexpr int64_t kMostBytesMore = int64_t{16} << 20;
// Of a delivery, what the test itself notes.
constexpr int64_t kNotedBytes = 256;
// A sanitizer keeps what was freed, to find who uses it still: what is resident says nothing then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kResidentIsUsed = false;
#else
constexpr bool kResidentIsUsed = true;
#endif

// What one channel sends, and how it says that it is the sender.
struct Sender {
  const char* channel;
  bool never_sends_again;
  std::string (*body)(const std::string& id);
  std::string (*headers)(const std::string& body);
};

const Sender kSenders[] = {
    {"woocommerce", true,
     [](const std::string& id) {
       return R"({"id":)" + id +
              R"(,"status":"on-hold","currency":"EUR","total":"89.90","customer_id":61,"number":")" +
              id + R"(","payment_method":"bacs","date_created_gmt":"2026-09-02T08:59:00",)" +
              R"("date_modified_gmt":"2026-09-02T09:00:00","billing":{"email":"a@example.fr"}})";
     },
     [](const std::string& body) {
       return "X-WC-Webhook-Topic: order.created\r\nX-WC-Webhook-Signature: " +
              Base64(channels::HmacSha256("s3cret", body)) + "\r\n";
     }},
    {"kiotviet", true,
     [](const std::string& id) {
       return R"({"Id":"n-)" + id +
              R"(","Attempt":1,"Notifications":[{"Action":"invoice.update.1","Data":[{"Id":)" + id +
              R"(,"Code":"HD)" + id +
              R"(","PurchaseDate":"2026-09-07T14:05:00","CustomerId":501,"Total":500000.0,)" +
              R"("TotalPayment":200000.0,"Status":1,"ModifiedDate":"2026-09-07T14:05:01",)" +
              R"("Payments":[{"Id":7)" + id +
              R"(,"Amount":200000.0,"Method":"Cash","TransDate":"2026-09-07T14:05:00"}]}]}]})";
     },
     [](const std::string& body) {
       return "X-Hub-Signature: " + absl::BytesToHexString(channels::HmacSha256("s3cret", body)) +
              "\r\n";
     }},
    {"shopify", false,
     [](const std::string& id) {
       return R"({"id":)" + id + R"(,"first_name":"Anne","updated_at":"2026-09-04T10:00:00Z"})";
     },
     [](const std::string& body) {
       return "X-Shopify-Topic: customers/update\r\nX-Shopify-Hmac-Sha256: " +
              Base64(channels::HmacSha256("s3cret", body)) + "\r\n";
     }},
    {"meta", false,
     [](const std::string& id) {
       return R"({"object":"page","entry":[{"id":"5550001","time":1,"messaging":[{"sender":)" +
              std::string(R"({"id":"P)") + id +
              R"("},"recipient":{"id":"5550001"},"timestamp":1788300100123,"message":{"mid":"m_)" +
              id + R"(","text":"hi"}}]}]})";
     },
     [](const std::string& body) {
       return "X-Hub-Signature-256: sha256=" +
              absl::BytesToHexString(channels::HmacSha256("s3cret", body)) + "\r\n";
     }},
    {"square", false,
     [](const std::string& id) {
       return R"({"type":"customer.updated","event_id":"e)" + id + R"(","data":{"id":"C)" + id +
              R"(","object":{"customer":{"id":"C)" + id +
              R"(","given_name":"Ann","version":1,"updated_at":"2026-09-01T08:15:00Z"}}}})";
     },
     [](const std::string& body) {
       return "X-Square-HmacSha256-Signature: " + Base64(channels::HmacSha256("s3cret", body)) +
              "\r\n";
     }},
};

class LogDownTest : public GatewayTest {
 protected:
  ~LogDownTest() override {
    if (http_ != nullptr) http_->Shutdown();
    if (webhooks_ != nullptr) webhooks_->Stop();
    Stop();
  }

  void Open() {
    ASSERT_TRUE(event_log::InitEmbeddedLog(folder_ / "log", 2).ok());
    auto real = event_log::OpenEmbeddedLog(folder_ / "log");
    ASSERT_TRUE(real.ok()) << real.status();
    auto standing = std::make_unique<StandingLog>(*std::move(real));
    standing_ = standing.get();
    log_ = std::move(standing);
    Start(/*fold=*/true);
    auto spool = Spool::Open(folder_ / "spool", root_);
    ASSERT_TRUE(spool.ok()) << spool.status();
    spool_ = *std::move(spool);
    std::vector<Endpoint> endpoints;
    for (const Sender& sender : kSenders) {
      Endpoint& one = endpoints.emplace_back();
      one.merchant = "shop";
      one.adapter = channels::FindAdapter(sender.channel);
      one.settings.source = "web";
      one.secrets = {"s3cret"};
    }
    webhooks_ = std::make_unique<Webhooks>(Webhooks::Parts{.publisher = gateway_->publisher(),
                                                           .clock = &clock_,
                                                           .metrics = &metrics_,
                                                           .spool = spool_.get(),
                                                           .leads = nullptr,
                                                           .bytes = &bytes_,
                                                           .endpoints = std::move(endpoints)});
    auto server = runtime::HttpServer::Start(
        {"127.0.0.1:0"}, runtime::HttpLimits(),
        [this](runtime::HttpRequest request, runtime::HttpRespond respond) {
          webhooks_->Handle(std::move(request), std::move(respond));
        },
        &door_metrics_);
    ASSERT_TRUE(server.ok()) << server.status();
    http_ = *std::move(server);
  }

  // One delivery after the other until told to end, each until it is taken; every other one twice.
  void Send(const Sender& sender, int first) {
    TestConnection connection(http_->addresses().front());
    for (int number = first; !stop_; ++number) {
      const std::string body = sender.body(std::to_string(number));
      Expect(sender, body);
      const std::string request =
          PostText(std::string("/v1/shop/") + sender.channel + "/web", body, sender.headers(body));
      int taken = 0;
      while (taken < 1 + number % 2) {
        const absl::Time start = absl::Now();
        const int status = StatusOf(connection.Call(request));
        Answered(absl::Now() - start);
        if (status == 200) {
          ++taken;
          ++answered_;
        } else {
          EXPECT_EQ(status, 503) << sender.channel;
          EXPECT_FALSE(sender.never_sends_again) << sender.channel << " hears a refusal";
          if (status != 503) return;
          ++told_to_come_again_;
        }
      }
    }
  }
  void Expect(const Sender& sender, const std::string& body) {
    channels::Delivery delivery;
    delivery.body = body;
    delivery.settings.source = "web";
    if (sender.channel == std::string_view("shopify"))
      delivery.headers = {{"x-shopify-topic", "customers/update"}};
    if (sender.channel == std::string_view("woocommerce"))
      delivery.headers = {{"x-wc-webhook-topic", "order.created"}};
    const auto changes = channels::ChangesOf("shop", sender.channel, delivery.settings,
                                             channels::FindAdapter(sender.channel)->read(delivery));
    ASSERT_FALSE(changes.empty()) << body;
    const std::lock_guard lock(mutex_);
    for (const v1::Change& change : changes) expected_.insert(change.id());
  }
  void Answered(absl::Duration after) {
    const std::lock_guard lock(mutex_);
    slowest_ = std::max(slowest_, after);
  }
  static void WaitUntil(const std::function<bool()>& holds) {
    const absl::Time end = absl::Now() + absl::Seconds(60 + 2 * StandsForSeconds());
    while (!holds()) {
      ASSERT_LT(absl::Now(), end);
      std::this_thread::yield();
    }
  }

  StandingLog* standing_ = nullptr;
  runtime::Metrics door_metrics_;
  runtime::ByteBudget bytes_{size_t{8} << 20};
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Webhooks> webhooks_;
  std::unique_ptr<runtime::HttpServer> http_;

  std::atomic<bool> stop_{false};
  std::atomic<int> answered_{0};
  std::atomic<int> told_to_come_again_{0};
  std::mutex mutex_;
  std::set<std::string> expected_;  // ids; guarded by mutex_
  absl::Duration slowest_;          // guarded by mutex_
};

TEST_F(LogDownTest, NothingIsLostOrDoubledAndMemoryIsBounded) {
  ASSERT_NO_FATAL_FAILURE(Open());
  std::vector<std::thread> senders;
  for (const Sender& sender : kSenders) {
    for (int i = 1; i <= 2; ++i)
      senders.emplace_back([this, &sender, i] { Send(sender, i * 1'000'000); });
  }
  WaitUntil([&] { return answered_ > 100; });
  int64_t most = 0;  // more than what is noted
  // What waited is lost at first, and taken the second time.
  for (const bool takes_what_waits : {false, true}) {
    // In between, what is taken fills the log's and the views' buffers up to their own bounds.
    const int64_t resident = ResidentBytes();
    const int64_t noted = answered_;
    standing_->Stand();
    const absl::Time stood_still = absl::Now();
    WaitUntil([&] {
      most = std::max(most, ResidentBytes() - resident - (answered_ - noted) * kNotedBytes);
      return absl::Now() - stood_still > absl::Seconds(takes_what_waits ? 1 : StandsForSeconds());
    });
    EXPECT_GT(told_to_come_again_, 0);
    EXPECT_GT(spool_->size(), 0U);
    standing_->GoOn(takes_what_waits);
    const int before = answered_;
    WaitUntil([&] { return answered_ > before + 100 && spool_->empty(); });
  }
  if (kResidentIsUsed) {
    EXPECT_LT(most, kMostBytesMore);
  }
  stop_ = true;
  for (std::thread& sender : senders) sender.join();
  WaitUntil([&] { return spool_->empty(); });
  std::printf("%d deliveries taken, %d told to come again, slowest answer %.0f ms; %.1f MB more\n",
              answered_.load(), told_to_come_again_.load(), absl::ToDoubleMilliseconds(slowest_),
              static_cast<double>(most) / 1e6);
  // The first of them to give up does after five seconds.
  EXPECT_LT(slowest_, absl::Seconds(3));

  const auto in_log = IdsInLog();
  const std::set<std::string> ids(in_log.begin(), in_log.end());
  EXPECT_EQ(ids, expected_);
  for (const std::string& id : ids) {
    v1::GetOutcomeRequest request;
    request.set_merchant("shop");
    request.set_change_id(id);
    WaitUntil([&] { return GetOutcome(request).ok(); });
    const auto outcome = GetOutcome(request);
    ASSERT_EQ(outcome->outcome().status(), v1::OUTCOME_STATUS_APPLIED)
        << outcome->outcome().DebugString();
    ASSERT_EQ(outcome->outcome().reuses(), 0U) << "another body under one id";
  }
}

}  // namespace
}  // namespace carnet::gateway
