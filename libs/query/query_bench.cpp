// Rough timings by hand: what reads cost without a socket, from a real view store.
// build/<preset>/bin/query_bench
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <google/protobuf/arena.h>

#include "domain/fold.h"
#include "query/customers.h"
#include "query/ledger.h"
#include "query/names.h"
#include "query/test_support.h"
#include "view_store/view_store.h"

namespace carnet::query {
namespace {

constexpr int kCustomers = 2000;

// A contact with nine sealed values, and eight sales, for each customer.
class Shop {
 public:
  Shop() {
    if (mkdtemp(folder_.data()) == nullptr) std::abort();
    store_ = *view_store::OpenViewStore(folder_ + "/views");
    for (int i = 0; i < kCustomers; ++i) Fill(i);
    store_->Flush();
    snapshot_ = store_->snapshot();
  }
  ~Shop() {
    snapshot_ = nullptr;
    store_ = nullptr;
    std::filesystem::remove_all(folder_);
  }

  const vault::Opener& opener() const { return vault_.opener(); }
  const vault::Lookup& lookup() const { return vault_.lookup(); }
  View view() const {
    return {.snapshot = snapshot_.get(), .log_id = "11111111-2222-4333-8444-555555555555"};
  }
  const std::string& name(size_t i) const { return names_[i % names_.size()]; }

 private:
  void Fill(int i) {
    const std::string number = std::to_string(i);
    const std::string id = "c-" + number;
    names_.push_back(FormatCustomerName("shop-1", testing::RecordOf(id)));
    const auto before = store_->snapshot();
    domain::Overlay batch(*before);
    const auto fold = [&](const std::string& body) {
      carnet::v1::Outcome outcome;
      const auto change = vault_.Stamp({.body = body, .external_id = id});
      if (!domain::FoldChange(change, &batch, &outcome).ok() ||
          outcome.status() != carnet::v1::OUTCOME_STATUS_APPLIED) {
        std::abort();
      }
    };
    fold(testing::Contact(
        "name { given { plain: 'Anne' } family { plain: 'Le Goff " + number +
        "' } } emails { plain: 'anne" + number + "@example.fr' } phones { plain: '+336123456" +
        std::to_string(10 + i % 90) +
        "' } addresses { recipient { plain: 'Concierge' } street { plain: '" + number +
        " rue de Siam' } postcode { plain: '29200' } town { plain: 'Brest' } } "
        "birth_date { plain: '1980-05-17' } language: 'fr'"));
    for (int sale = 0; sale < 8; ++sale) {
      fold(testing::Sale("S-" + number + "-" + std::to_string(sale), 1234));
    }
    carnet::log::v1::PositionRow position;
    position.set_offset(i + 1);
    store_->Write(batch, {}, position);
  }

  std::string folder_ = std::filesystem::temp_directory_path() / "query-bench-XXXXXX";
  testing::Vault vault_;
  std::unique_ptr<view_store::ViewStore> store_;
  std::shared_ptr<const view_store::Snapshot> snapshot_;
  std::vector<std::string> names_;
};

const Shop& TheShop() {
  static const auto* const shop = new Shop;
  return *shop;
}

void BM_GetBalance(benchmark::State& state) {
  const Shop& shop = TheShop();
  const Ledger ledger(&shop.opener());
  size_t i = 0;
  for (auto _ : state) {
    google::protobuf::Arena arena;
    auto* request = google::protobuf::Arena::CreateMessage<carnet::v1::GetBalanceRequest>(&arena);
    auto* response = google::protobuf::Arena::CreateMessage<carnet::v1::GetBalanceResponse>(&arena);
    request->set_customer(shop.name(i++));
    if (!ledger.GetBalance(shop.view(), *request, response).ok()) std::abort();
  }
}
BENCHMARK(BM_GetBalance)->Unit(benchmark::kMicrosecond);

void BM_GetCustomer(benchmark::State& state) {
  const Shop& shop = TheShop();
  const Customers customers(&shop.opener(), &shop.lookup());
  size_t i = 0;
  for (auto _ : state) {
    google::protobuf::Arena arena;
    auto* request = google::protobuf::Arena::CreateMessage<carnet::v1::GetCustomerRequest>(&arena);
    auto* response =
        google::protobuf::Arena::CreateMessage<carnet::v1::GetCustomerResponse>(&arena);
    request->set_name(shop.name(i++));
    if (!customers.Get(shop.view(), *request, response).ok()) std::abort();
  }
}
BENCHMARK(BM_GetCustomer)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace carnet::query

BENCHMARK_MAIN();
