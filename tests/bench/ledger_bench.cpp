// The ledger's reads over large books, through the same functions that the service calls, on views
// in RocksDB: no socket in between. Prints one line a figure.
//
//   carnet_ledger_bench --folder FOLDER [--vouchers 2000000] [--asked 200]
//
// The folder is empty, or one that an earlier run with as many vouchers has filled: then they are
// not folded again.
//
// One merchant, three years: three tills, cash and card sales, receipts, some backdated by days,
// one per cent reversed. Customer `busy` has one voucher in twenty, `usual` has 200 in all, the
// others share the rest. What is asked is drawn at random from the three years.
//
// SCAN: a raw RocksDB iterator over the rows that a figure is made of, in the same run; for rows
// that lie apart, whichever is faster: seeking each, or passing over those in between.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/table.h>

#include "base/civil_date.h"
#include "carnet/log/v1/log.pb.h"
#include "domain/customers/record.h"
#include "domain/fold.h"
#include "domain/keys.h"
#include "query/books.h"
#include "query/ledger.h"
#include "query/names.h"
#include "query/statement.h"
#include "query/verify.h"
#include "tests/bench/check.h"
#include "tests/bench/clocks.h"
#include "tests/bench/till_day.h"
#include "view_store/view_store.h"

namespace carnet::bench {
namespace {

using domain::Family;

constexpr char kMerchant[] = "shop";
constexpr int32_t kFirstDay = 19'358;  // 2023-01-01
constexpr int32_t kDays = 3 * 365;
constexpr int64_t kMicrosPerDay = int64_t{86'400} * 1'000'000;

struct Options {
  std::string folder;
  int64_t vouchers = 2'000'000;
  int asked = 200;
};

// As a gateway would stamp it.
log::v1::Change MakeVoucher(int64_t i, int64_t count, Random* random) {
  log::v1::Change change;
  const Id id = MakeId(7, static_cast<uint64_t>(i));
  change.set_id(id.data(), id.size());
  change.set_content_hash(id.data(), id.size());
  change.set_merchant(kMerchant);
  change.set_channel("pos");
  const auto till_of = [](int64_t n) { return absl::StrCat("till-", n % 20 == 0 ? 0 : n % 3); };
  change.set_source(till_of(i));
  const auto day = static_cast<int32_t>(kFirstDay + i * kDays / count);
  const bool late = random->Below(50) == 0;
  change.set_recorded_day(day);
  change.set_recorded_at_micros(day * kMicrosPerDay + i);
  change.set_effective_day(late ? day - static_cast<int32_t>(random->Below(5)) : day);
  change.set_occurred_at_micros(change.recorded_at_micros());
  change.set_intent(v1::INTENT_FACT);
  change.set_rules_version(1);
  const int64_t usual_every = std::max<int64_t>(3, count / 200 / 3 * 3);
  change.set_external_id(i % 20 == 0 ? "busy"
                         : i % usual_every == 1 && i % 3 == 1
                             ? "usual"
                             : absl::StrCat("c-", random->Below(20'000)));
  if (i % 100 == 99) {
    auto* reversal = change.mutable_body()->mutable_reversal();
    reversal->set_target_code(absl::StrCat("S-", i - 50));
    reversal->set_target_source(till_of(i - 50));
    return change;
  }
  auto* posting = change.mutable_body()->mutable_posting();
  posting->set_code(absl::StrCat("S-", i));
  const bool sale = random->Below(100) < 70;
  posting->set_kind(sale ? v1::VOUCHER_KIND_SALE : v1::VOUCHER_KIND_RECEIPT);
  const auto amount = static_cast<int64_t>(100 + random->Below(100'000));
  posting->mutable_total()->set_unit("EUR");
  posting->mutable_total()->set_minor(amount);
  auto* tender = posting->add_tenders();
  const uint64_t draw = random->Below(3);
  tender->set_method(draw == 0            ? v1::TENDER_METHOD_CASH
                     : draw == 1 || !sale ? v1::TENDER_METHOD_CARD
                                          : v1::TENDER_METHOD_ON_ACCOUNT);
  tender->mutable_amount()->set_minor(amount);
  return change;
}

void Fill(const Options& options, view_store::ViewStore* store) {
  Random random(11);
  log::v1::PositionRow position;
  position.set_log_id(std::string(16, 'l'));
  int64_t i = 0;
  while (i < options.vouchers) {
    const auto snapshot = store->snapshot();
    domain::Overlay batch(*snapshot);
    for (int n = 0; n < 1000 && i < options.vouchers; ++n, ++i) {
      v1::Outcome outcome;
      Check(domain::FoldChange(MakeVoucher(i, options.vouchers, &random), &batch, &outcome),
            "folding");
    }
    position.set_offset(i);
    position.set_last_offset(i - 1);
    position.set_last_record_hash(std::string(16, 'h'));
    store->Write(batch, {}, position);
  }
  store->Flush();
}

void Print(const std::string& name, double value, const std::string& unit,
           const std::string& note) {
  std::printf("%-44s %10.3f %-8s %s\n", name.c_str(), value, unit.c_str(), note.c_str());
  std::fflush(stdout);
}

// p50 and p99 of a call, in milliseconds.
void Ask(const std::string& name, int count, const std::function<void()>& call) {
  std::vector<double> taken;
  for (int i = 0; i < count; ++i) {
    const double begin = Now();
    call();
    taken.push_back((Now() - begin) * 1e3);
  }
  std::sort(taken.begin(), taken.end());
  Print(name, taken[taken.size() * 99 / 100], "ms p99",
        absl::StrCat("p50 ", taken[taken.size() / 2]));
}

std::string DrawDay(Random* random) {
  return FormatCivilDay(kFirstDay + static_cast<int32_t>(random->Below(kDays)));
}

// Both buy at one till only.
std::string NameOf(const std::string& customer) {
  return query::FormatCustomerName(
      kMerchant,
      domain::RecordId(kMerchant, "pos", customer == "busy" ? "till-0" : "till-1", customer));
}

// Raw iterators over vouchers, beside the product's own store.
class RawVouchers {
 public:
  explicit RawVouchers(const std::string& views) {
    const rocksdb::Options options;
    std::vector<std::string> names;
    Check(rocksdb::DB::ListColumnFamilies(options, views, &names).ok(), "listing families");
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    rocksdb::BlockBasedTableOptions table;
    table.block_cache =
        rocksdb::NewLRUCache(view_store::SharedResourcesOptions().block_cache_bytes);
    for (const std::string& name : names) {
      rocksdb::ColumnFamilyOptions family;
      family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
      families.emplace_back(name, family);
    }
    rocksdb::DB* db = nullptr;
    Check(rocksdb::DB::OpenForReadOnly(options, views, families, &handles_, &db).ok(),
          "opening the views read-only");
    db_.reset(db);
    const auto at = std::find(names.begin(), names.end(), domain::FamilyName(Family::kEntries));
    Check(at != names.end(), "there is a family of vouchers");
    rows_.reset(db->NewIterator({}, handles_[static_cast<size_t>(at - names.begin())]));
  }
  ~RawVouchers() {
    rows_.reset();
    for (auto* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  }

  // Rows a second, of all.
  double ScanAll(int64_t* count) {
    const double begin = Now();
    size_t bytes = 0;
    *count = 0;
    for (rows_->SeekToFirst(); rows_->Valid(); rows_->Next(), ++*count) {
      bytes += rows_->value().size();
    }
    Check(bytes > 0, "there are vouchers");
    return static_cast<double>(*count) / (Now() - begin);
  }

  // Rows a second, of these.
  double SeekEach(const std::vector<uint64_t>& numbers) {
    const double begin = Now();
    size_t bytes = 0;
    for (const uint64_t number : numbers) {
      rows_->Seek(domain::VoucherKey(kMerchant, number));
      Check(rows_->Valid(), "the voucher is there");
      bytes += rows_->value().size();
    }
    Check(bytes > 0, "there are vouchers");
    return static_cast<double>(numbers.size()) / (Now() - begin);
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  std::unique_ptr<rocksdb::Iterator> rows_;
};

void Run(const Options& options) {
  auto store = Must(view_store::OpenViewStore(options.folder + "/views"), "opening views");
  double begin = Now();
  const int64_t stored = store->position().offset();
  Check(stored == 0 || stored == options.vouchers, "the folder holds views of another run");
  if (stored == 0) {
    Fill(options, store.get());
    Print("folded and flushed", static_cast<double>(options.vouchers) / (Now() - begin),
          "changes/s", absl::StrCat(options.vouchers, " vouchers of one merchant"));
  }
  const auto snapshot = store->snapshot();
  const query::View view{.snapshot = snapshot.get(), .log_id = "log"};
  Random random(5);
  const query::Ledger ledger(nullptr);  // no notes: nothing to open

  for (const char* customer : {"usual", "busy"}) {
    Ask(absl::StrCat("balance as of both axes, ", customer), options.asked, [&] {
      v1::GetBalanceRequest request;
      request.set_customer(NameOf(customer));
      request.set_effective_date(DrawDay(&random));
      request.set_recorded_date(DrawDay(&random));
      v1::GetBalanceResponse response;
      Check(ledger.GetBalance(view, request, &response), "GetBalance");
    });
  }
  Ask("takings of a day as known on a day", options.asked, [&] {
    v1::GetAccountSumsRequest request;
    request.set_parent("merchants/shop");
    request.set_effective_from(DrawDay(&random));
    request.set_effective_to(request.effective_from());
    request.set_recorded_date(DrawDay(&random));
    v1::GetAccountSumsResponse response;
    Check(query::GetAccountSums(view, request, &response), "GetAccountSums");
  });
  Ask("trial balance as of both axes", options.asked, [&] {
    v1::GetTrialBalanceRequest request;
    request.set_parent("merchants/shop");
    request.set_effective_date(DrawDay(&random));
    request.set_recorded_date(DrawDay(&random));
    v1::GetTrialBalanceResponse response;
    Check(query::GetTrialBalance(view, request, &response), "GetTrialBalance");
  });

  RawVouchers raw(options.folder + "/views");
  int64_t rows = 0;
  raw.ScanAll(&rows);
  const double scan = raw.ScanAll(&rows);
  Print("SCAN of all vouchers", scan, "rows/s", "");
  begin = Now();
  v1::GetStatementRequest statement_request;
  statement_request.set_customer(NameOf("busy"));
  auto statement = Must(query::Statement::Begin(view, statement_request), "statement");
  std::vector<uint64_t> numbers;
  for (bool more = true; more;) {
    v1::GetStatementResponse piece;
    more = statement.Next(&piece);
    for (const auto& line : piece.lines()) {
      numbers.push_back(std::stoull(line.voucher().substr(line.voucher().rfind('/') + 1)));
    }
    piece.SerializeAsString();
  }
  const double statement_rate = static_cast<double>(numbers.size()) / (Now() - begin);
  raw.SeekEach(numbers);
  const double seeks = raw.SeekEach(numbers);
  const double passing = scan * static_cast<double>(numbers.size()) / static_cast<double>(rows);
  Print("SCAN of the statement's vouchers", std::max(seeks, passing), "rows/s",
        absl::StrCat("by seeking ", seeks, ", by passing over the others ", passing));
  Print("statement", statement_rate, "lines/s",
        absl::StrCat(numbers.size(), " lines, ", statement_rate / std::max(seeks, passing),
                     " x SCAN"));
  begin = Now();
  v1::VerifyBooksRequest verify_request;
  verify_request.set_parent("merchants/shop");
  auto verification = Must(query::Verification::Begin(view, verify_request), "verify");
  uint64_t findings = 0;
  for (bool more = true; more;) {
    v1::VerifyBooksResponse response;
    more = verification.Next(&response);
    findings = response.summary().findings();
  }
  const double verify_rate = static_cast<double>(rows) / (Now() - begin);
  Print("verify", verify_rate, "rows/s",
        absl::StrCat(findings, " findings, ", verify_rate / scan, " x SCAN"));
  Check(findings == 0, "the books agree");
}

}  // namespace
}  // namespace carnet::bench

int main(int argc, char** argv) {
  carnet::bench::Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    if (flag == "--folder") {
      options.folder = argv[i + 1];
    } else if (flag == "--vouchers") {
      options.vouchers = std::stoll(argv[i + 1]);
    } else if (flag == "--asked") {
      options.asked = std::stoi(argv[i + 1]);
    }
  }
  carnet::bench::Check(!options.folder.empty() && options.vouchers > 0 && options.asked > 0,
                       "give --folder, on the disk to measure");
  carnet::bench::Run(options);
}
