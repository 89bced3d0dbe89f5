// Contact changes folded: those of the till day alone (200,000 customers of 50 merchants; three of
// four say what is known already), from the log into empty views, against PARSE of the same
// records; as catch-up (figure_catch_up.cpp).
//
// Then one merchant with 1,000,000 customers, each with name, e-mail, phone and address:
//
//   search p99     the first 10 found, by words of names (whole, begun, with a letter wrong),
//   e-mails
//                  and phones' digits, 64 in flight, against GetCustomer's p99, likewise, of random
//                  customers. The index has been made. They take turns.
//   export         all of them as CSV over a stream that is read and thrown away, against a scan of
//                  the rows it reads (records and accounts in the views, keys in the key store) in
//                  this process, one thread, unparsed and unopened;
//                  carnetd's memory before and at most meanwhile is told. They take turns, but the
//                  scans come last: they need the views for themselves.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "base/uuid.h"
#include "carnet/v1/customer_service.grpc.pb.h"
#include "domain/customers/record.h"
#include "domain/keys.h"
#include "projection/generations.h"
#include "rocksdb/db.h"
#include "tests/bench/bench.h"
#include "tests/bench/check.h"
#include "tests/bench/clocks.h"
#include "tests/bench/folded.h"
#include "tests/bench/load.h"
#include "tests/bench/people.h"
#include "tests/bench/published.h"
#include "vault/key_rows.h"

namespace carnet::bench {
namespace {

constexpr int64_t kChangesAMessage = 1000;
constexpr char kMerchant[] = "grand-magasin";
constexpr int kPageSize = 10;
constexpr size_t kQuestions = 20'000;

// Of the people of people.cpp, but each with a phone and an e-mail of their own.
v1::Contact ContactOf(int64_t customer) {
  v1::Contact contact;
  FillContact(static_cast<uint32_t>(customer), 0, true, &contact);
  contact.mutable_phones(0)->set_plain(absl::StrCat("+336", 10'000'000 + customer));
  return contact;
}

std::string NameOf(int64_t customer) { return absl::StrCat("C-", customer); }

void AddChange(v1::Change change, std::vector<v1::PublishBatchRequest>* messages) {
  if (messages->empty() || messages->back().changes_size() == kChangesAMessage)
    messages->emplace_back();
  *messages->back().add_changes() = std::move(change);
}

// In pieces: a million changes as messages are a gigabyte.
void FillMerchant(int64_t customers, Bench* bench) {
  constexpr int64_t kPieceOf = 50'000;
  for (int64_t begin = 0; begin < customers; begin += kPieceOf) {
    std::vector<v1::PublishBatchRequest> messages;
    for (int64_t i = begin; i < std::min(begin + kPieceOf, customers); ++i) {
      v1::Change change;
      change.set_id(Uuid::FromFields({kMerchant, std::to_string(i)}).ToString());
      change.set_merchant(kMerchant);
      change.set_channel("pos");
      change.set_source("till-1");
      change.set_external_id(NameOf(i));
      change.set_intent(v1::INTENT_FACT);
      *change.mutable_body()->mutable_contact_observed()->mutable_contact() = ContactOf(i);
      AddChange(std::move(change), &messages);
    }
    PublishAll(*bench->carnetd, messages, &bench->ends);
    // Not ahead of the fold, whose memory would count as well.
    WaitUntilFolded(*bench->carnetd, bench->ends, std::min(begin + kPieceOf, customers));
  }
}

// About three letters, none cut in two.
std::string Beginning(const std::string& word) {
  size_t end = std::min<size_t>(3, word.size());
  while (end < word.size() && (static_cast<unsigned char>(word[end]) & 0xc0) == 0x80) ++end;
  return word.substr(0, end);
}

std::string QueryOf(Random* random, int64_t customers) {
  const v1::Contact contact =
      ContactOf(static_cast<int64_t>(random->Below(static_cast<uint64_t>(customers))));
  const std::string given = contact.name().given().plain();
  std::string family = contact.name().family().plain();
  switch (random->Below(6)) {
    case 0:
      return family + " " + given;
    case 1:
      return given + " " + Beginning(family);
    case 2:  // a letter too many, in ASCII
      return given + " " + family.insert(family.size(), "x");
    case 3:
      return contact.emails(0).plain();
    case 4:
      return contact.phones(0).plain();
    default:
      return contact.phones(0).plain().substr(contact.phones(0).plain().size() - 6);
  }
}

void MeasureSearch(Bench* bench) {
  const int64_t customers = bench->options.customers;
  Random random(7);
  std::vector<grpc::ByteBuffer> searches;
  std::vector<grpc::ByteBuffer> gets;
  for (size_t i = 0; i < kQuestions; ++i) {
    v1::SearchCustomersRequest search;
    search.set_merchant(kMerchant);
    search.set_query(QueryOf(&random, customers));
    search.set_page_size(kPageSize);
    searches.push_back(Encode(search));
    v1::GetCustomerRequest get;
    get.set_name(absl::StrCat("merchants/", kMerchant, "/customers/",
                              domain::RecordId(kMerchant, "pos", "till-1",
                                               NameOf(static_cast<int64_t>(
                                                   random.Below(static_cast<uint64_t>(customers)))))
                                  .ToString()));
    gets.push_back(Encode(get));
  }
  const Server& carnetd = *bench->carnetd;
  const double begin = Now();
  RunLoad(carnetd, "/carnet.v1.CustomerService/SearchCustomers", {searches[0]}, 0);
  const double made = Now() - begin;
  const double seconds = bench->options.read_seconds;
  std::vector<double> search, get, ratio, search_cpu, get_cpu, rate, p50;
  for (int round = 0; round < bench->options.rounds; ++round) {
    const LoadResult of_get =
        RunLoad(carnetd, "/carnet.v1.CustomerService/GetCustomer", gets, seconds);
    const LoadResult of_search =
        RunLoad(carnetd, "/carnet.v1.CustomerService/SearchCustomers", searches, seconds);
    get.push_back(of_get.p99_ms);
    search.push_back(of_search.p99_ms);
    ratio.push_back(of_search.p99_ms / of_get.p99_ms);
    search_cpu.push_back(of_search.server_us);
    get_cpu.push_back(of_get.server_us);
    rate.push_back(of_search.per_second);
    p50.push_back(of_search.p50_ms);
  }
  bench->report.Add({.name = "search p99",
                     .number = Median(search),
                     .unit = "ms",
                     .floor_name = "GetCustomer's",
                     .floor = Median(get),
                     .ratio = Median(ratio),
                     .must = 10,
                     .aim = 4,
                     .at_most = true,
                     .cpu_us = Median(search_cpu),
                     .floor_cpu_us = Median(get_cpu),
                     .note = absl::StrCat("64 in flight, ", Number(Median(rate)),
                                          " searches/s, p50 ", Number(Median(p50)),
                                          " ms; the index took ", Number(made), " s to make")});
}

double Export(const Server& carnetd, int64_t customers) {
  const auto stub = v1::CustomerService::NewStub(
      grpc::CreateChannel(carnetd.address(), grpc::InsecureChannelCredentials()));
  v1::ExportCustomersRequest request;
  request.set_merchant(kMerchant);
  request.set_format(v1::FILE_FORMAT_CSV);
  grpc::ClientContext context;
  const double begin = Now();
  const auto stream = stub->ExportCustomers(&context, request);
  v1::ExportCustomersResponse response;
  int64_t exported = 0;
  while (stream->Read(&response)) exported = response.customers();
  const grpc::Status status = stream->Finish();
  Check(status.ok(), "ExportCustomers: " + status.error_message());
  Check(exported == customers, absl::StrCat(exported, " of ", customers, " were exported"));
  return Now() - begin;
}

struct Scanned {
  double seconds = 0;
  double cpu_us = 0;  // a customer
  double bytes = 0;   // a customer
};
// All that an export reads of them, record by record: what stands in the views, and the wrapped
// keys. Nothing is parsed or opened.
Scanned Scan(const Bench& bench) {
  int64_t records = 0;
  int64_t keys = 0;
  size_t bytes = 0;
  double seconds = 0;
  double cpu = 0;
  const auto timed = [&](const auto& scan) {
    const double cpu_begin = ThreadCpu();
    const double begin = Now();
    scan();
    seconds += Now() - begin;
    cpu += ThreadCpu() - cpu_begin;
  };
  for (size_t partition = 0; partition < bench.ends.size(); ++partition) {
    const auto serving = Must(projection::OpenServingGeneration(
                                  bench.views_folder(), static_cast<int32_t>(partition), {}),
                              "opening the views");
    const auto snapshot = serving.store->snapshot();
    const auto scan = [&](domain::Family family, int64_t* rows) {
      snapshot->Scan(family, domain::MerchantPrefix(kMerchant),
                     [&](std::string_view key, std::string_view value) {
                       ++*rows;
                       bytes += key.size() + value.size();
                       return true;
                     });
    };
    int64_t accounts = 0;
    timed([&] {
      scan(domain::Family::kRecords, &records);
      scan(domain::Family::kAccounts, &accounts);
    });
  }
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(rocksdb::Options(), bench.keys_folder(), &opened);
  Check(status.ok(), "opening the keys: " + status.ToString());
  const std::unique_ptr<rocksdb::DB> store(opened);
  timed([&] {
    const std::string prefix = vault::RowKey(vault::kKeyRow, kMerchant);
    const std::unique_ptr<rocksdb::Iterator> rows(store->NewIterator(rocksdb::ReadOptions()));
    for (rows->Seek(prefix); rows->Valid() && rows->key().starts_with(prefix); rows->Next()) {
      ++keys;
      bytes += rows->key().size() + rows->value().size();
    }
  });
  Check(records == bench.options.customers, absl::StrCat(records, " records"));
  Check(keys == bench.options.customers, absl::StrCat(keys, " keys"));
  const auto customers = static_cast<double>(records);
  return {.seconds = seconds,
          .cpu_us = cpu / customers * 1e6,
          .bytes = static_cast<double>(bytes) / customers};
}

void MeasureExport(Bench* bench) {
  const auto customers = static_cast<double>(bench->options.customers);
  std::vector<double> rate, cpu;
  const Server::Memory before = bench->carnetd->memory();
  for (int round = 0; round < bench->options.rounds; ++round) {
    const double server_cpu = bench->carnetd->cpu();
    rate.push_back(customers / Export(*bench->carnetd, bench->options.customers));
    cpu.push_back((bench->carnetd->cpu() - server_cpu) / customers * 1e6);
  }
  const Server::Memory after = bench->carnetd->memory();
  bench->carnetd->Stop();
  bench->carnetd = nullptr;
  std::vector<double> scan, scan_cpu;
  Scanned scanned;
  Scan(*bench);  // warms the page cache
  for (int round = 0; round < bench->options.rounds; ++round) {
    scanned = Scan(*bench);
    scan.push_back(customers / scanned.seconds);
    scan_cpu.push_back(scanned.cpu_us);
  }
  bench->report.Add(
      {.name = "export",
       .number = Median(rate),
       .unit = "customers/s",
       .floor_name = "a scan of the same rows of records, accounts and keys",
       .floor = Median(scan),
       .ratio = Median(rate) / Median(scan),
       .must = 0.2,
       .aim = 0.4,
       .cpu_us = Median(cpu),
       .floor_cpu_us = Median(scan_cpu),
       .note =
           absl::StrCat(Number(scanned.bytes), " bytes a customer; ",
                        Number(static_cast<double>(before.resident) / 1e6), " MB resident before, ",
                        Number(static_cast<double>(after.resident) / 1e6), " after, ",
                        Number(static_cast<double>(after.highest) / 1e6), " at most ever")});
}

}  // namespace

void MeasureContactsFolded(Bench* bench) {
  bench->Clear();
  bench->carnetd = bench->StartCarnetd();
  std::vector<v1::PublishBatchRequest> messages;
  for (int64_t i = 0; i < bench->options.contacts;) {
    const Change change = bench->day.Next();
    if (change.kind != Kind::kContact) continue;
    AddChange(ToPublished(change), &messages);
    ++i;
  }
  PublishAll(*bench->carnetd, messages, &bench->ends);
  messages.clear();
  WaitUntilFolded(*bench->carnetd, bench->ends, bench->options.contacts);
  bench->changes = bench->options.contacts;
  MeasureFold("contacts folded", 0.06, 0.15, bench);
}

void MeasureManyCustomers(Bench* bench) {
  bench->Clear();
  bench->carnetd = bench->StartCarnetd();
  const double begin = Now();
  FillMerchant(bench->options.customers, bench);
  bench->report.AddFact(
      "customers",
      absl::StrCat(Number(static_cast<double>(bench->options.customers)),
                   " of one merchant, published and folded in ", Number(Now() - begin), " s"));
  MeasureSearch(bench);
  MeasureExport(bench);
}

}  // namespace carnet::bench
