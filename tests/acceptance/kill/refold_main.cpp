// Says in short what a data folder's views hold, or what its log says they should. For tests: a
// process of its own, so that nothing of the server's memory can help it.
//
//   carnet_refold live DATA                       opens the views as they are
//   carnet_refold fresh DATA BATCH POSITION…      folds each partition of the log up to its
//                                                 position into new views, BATCH records a write
//
// Both print "position PARTITION OFFSET of END", then "PARTITION FAMILY ROWS SHA-256" for each
// family. The server must not run. With CARNET_LOG_KAFKA_BROKERS set, the log is there.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"

#include "base/bytes.h"
#include "base/fatal.h"
#include "base/sha256.h"
#include "event_log/embedded/embedded_log.h"
#include "event_log/kafka/kafka_log.h"
#include "projection/generations.h"
#include "projection/refold.h"
#include "view_store/view_store.h"

namespace carnet {
namespace {

struct Digest {
  uint64_t rows = 0;
  std::string chain;

  void Add(std::string_view key, std::string_view value) {
    ++rows;
    std::string row = chain;
    AppendBigEndian32(static_cast<uint32_t>(key.size()), &row);
    row.append(key).append(value);
    chain = Sha256(row);
  }
};

void Print(int32_t partition, const view_store::ViewStore& store, int64_t end) {
  std::printf("position %d %lld of %lld\n", partition,
              static_cast<long long>(store.position().offset()), static_cast<long long>(end));
  std::vector<Digest> digests(domain::kFamilyCount);
  store.ForEachRow([&](domain::Family family, std::string_view key, std::string_view value) {
    digests[static_cast<size_t>(family)].Add(key, value);
  });
  for (size_t family = 0; family < domain::kFamilyCount; ++family) {
    const std::string name(domain::FamilyName(static_cast<domain::Family>(family)));
    std::printf("%d %s %llu %s\n", partition, name.c_str(),
                static_cast<unsigned long long>(digests[family].rows),
                absl::BytesToHexString(digests[family].chain).c_str());
  }
}

template <typename T>
T OrFatal(absl::StatusOr<T> result) {
  if (!result.ok()) Fatal(result.status().ToString());
  return *std::move(result);
}

int PrintLive(const std::string& data, event_log::EventLog* log) {
  for (int32_t partition = 0; partition < log->identity().partition_count; ++partition) {
    const auto serving = OrFatal(projection::OpenServingGeneration(data + "/views", partition, {}));
    Print(partition, *serving.store, OrFatal(log->EndOffset(partition)));
  }
  return EXIT_SUCCESS;
}

int PrintFresh(const std::string& data, event_log::EventLog* log, size_t batch,
               const std::vector<int64_t>& positions) {
  const std::string folder = data + "/refold";
  for (int32_t partition = 0; partition < log->identity().partition_count; ++partition) {
    std::filesystem::remove_all(folder);
    const auto store = OrFatal(view_store::OpenViewStore(folder, {}));
    const absl::Status folded = projection::FoldInto(
        log, partition, positions.at(static_cast<size_t>(partition)), store.get(), batch);
    if (!folded.ok()) Fatal(folded.ToString());
    Print(partition, *store, OrFatal(log->EndOffset(partition)));
  }
  return EXIT_SUCCESS;
}

// The one in the folder, or the one that CARNET_LOG_KAFKA_BROKERS has.
std::unique_ptr<event_log::EventLog> OpenLog(const std::string& data) {
  const char* const brokers = std::getenv("CARNET_LOG_KAFKA_BROKERS");
  if (brokers == nullptr) return OrFatal(event_log::OpenEmbeddedLog(data + "/log"));
  return OrFatal(event_log::OpenKafkaLog(
      {.connection = {.brokers = brokers, .properties = {}}, .development = true}));
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.size() < 3) Fatal("see refold_main.cpp for what to say");
  const std::string& data = arguments[2];
  const auto log = OpenLog(data);
  if (arguments[1] == "live") return PrintLive(data, log.get());
  std::vector<int64_t> positions;
  for (size_t i = 4; i < arguments.size(); ++i) positions.push_back(std::stoll(arguments[i]));
  return PrintFresh(data, log.get(), std::stoul(arguments.at(3)), positions);
}

}  // namespace
}  // namespace carnet

int main(int argc, char** argv) {
  return carnet::Main(std::vector<std::string>(argv, argv + argc));
}
