#include "event_log/embedded/crash_writer_test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <random>
#include <sstream>
#include <thread>

#include "base/bytes.h"
#include "base/fatal.h"
#include "event_log/embedded/embedded_log.h"
#include "tests/simulation/lossy_file_system.h"

namespace carnet::event_log {
namespace {

constexpr char kWriterFlag[] = "--append-until-you-die";
// Unanswered appends of a thread: enough for groups, too few for LOG_BUSY.
constexpr int kWindow = 64;

enum ExitStatus { kCannotOpen = 3, kRefused = 4 };

// Small buffers: files are written, and write-ahead logs changed, all the time.
EmbeddedLogOptions WriterOptions() {
  EmbeddedLogOptions options;
  options.write_buffer_bytes = size_t{64} << 10;
  return options;
}

void AppendForEver(EventLog* log, uint32_t run, uint32_t thread,
                   const std::function<void()>& on_answer) {
  std::mutex mutex;
  std::condition_variable answered;
  int under_way = 0;
  for (uint32_t sequence = 0;; ++sequence) {
    {
      std::unique_lock lock(mutex);
      answered.wait(lock, [&] { return under_way < kWindow; });
      ++under_way;
    }
    log->Append(CrashPartition(thread),
                {{.key = "shop", .value = CrashValue(run, thread, sequence)}},
                [&, sequence](const absl::StatusOr<int64_t>& offset) {
                  if (!offset.ok()) {
                    std::fprintf(stderr, "%s\n", offset.status().ToString().c_str());
                    _exit(kRefused);
                  }
                  const Acknowledgement told{thread, sequence, *offset};
                  // One write of few bytes: the pipe takes it whole.
                  if (write(STDOUT_FILENO, &told, sizeof told) != sizeof told) _exit(kRefused);
                  on_answer();
                  std::lock_guard lock(mutex);
                  --under_way;
                  answered.notify_one();
                });
  }
}

}  // namespace

std::string CrashValue(uint32_t run, uint32_t thread, uint32_t sequence) {
  std::string value;
  AppendBigEndian32(run, &value);
  AppendBigEndian32(thread, &value);
  AppendBigEndian32(sequence, &value);
  std::mt19937 random(run * 1'000'003 + thread * 10'007 + sequence);
  const size_t size = random() % (sequence % 50 == 49 ? 60'000 : 1'000);
  while (value.size() < size) AppendBigEndian32(static_cast<uint32_t>(random()), &value);
  return value;
}

bool IsWriter(int argc, char** argv) { return argc > 1 && strcmp(argv[1], kWriterFlag) == 0; }

int WriterMain(char** argv) {
  const std::string log_path = argv[2];
  const std::string graveyard = argv[3];
  const auto run = static_cast<uint32_t>(strtoul(argv[4], nullptr, 10));
  const uint64_t seed = strtoull(argv[5], nullptr, 10);
  const uint64_t end_at = strtoull(argv[6], nullptr, 10);
  const bool power_cut = argv[7][0] == '1';
  const uint64_t fail_syncs_after = strtoull(argv[8], nullptr, 10);

  EmbeddedLogOptions options = WriterOptions();
  std::shared_ptr<LossyFileSystem> disk;
  if (!graveyard.empty()) {
    disk = std::make_shared<LossyFileSystem>(graveyard, seed);
    disk->EndAt(end_at, power_cut ? LossyFileSystem::End::kPowerCut : LossyFileSystem::End::kKill);
    options.env = EnvOn(disk);
  }
  auto log = OpenEmbeddedLog(log_path, options);
  if (!log.ok()) {
    std::fprintf(stderr, "%s\n", log.status().ToString().c_str());
    return kCannotOpen;
  }
  std::atomic<uint64_t> answers = 0;
  std::vector<std::thread> threads;
  for (uint32_t thread = 0; thread < kCrashThreads; ++thread) {
    threads.emplace_back([&, thread] {
      AppendForEver(log->get(), run, thread, [&] {
        if (++answers == fail_syncs_after) disk->FailSyncs(true);
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}

CrashResult RunWriter(const CrashRun& run, const std::function<bool(size_t)>& kill_after) {
  const std::string error_path = run.log_path + ".stderr";
  const std::vector<std::string> arguments = {"writer",
                                              kWriterFlag,
                                              run.log_path,
                                              run.graveyard,
                                              std::to_string(run.run),
                                              std::to_string(run.seed),
                                              std::to_string(run.end_at),
                                              run.power_cut ? "1" : "0",
                                              std::to_string(run.fail_syncs_after)};
  std::vector<char*> raw;
  for (const std::string& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);

  int pipe_ends[2];
  CARNET_ASSERT(pipe2(pipe_ends, O_CLOEXEC) == 0);
  const pid_t writer = fork();
  CARNET_ASSERT(writer >= 0);
  if (writer == 0) {
    // Only what may be done between fork and exec in a process with threads.
    const int error = open(error_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(pipe_ends[1], STDOUT_FILENO);
    dup2(error, STDERR_FILENO);
    execv("/proc/self/exe", raw.data());
    _exit(127);
  }
  close(pipe_ends[1]);

  CrashResult result;
  bool killed = false;
  Acknowledgement told;
  // Acknowledgements that were in the pipe when the writer died count as well.
  while (read(pipe_ends[0], &told, sizeof told) == sizeof told) {
    result.acknowledged.push_back(told);
    if (!killed && kill_after(result.acknowledged.size())) {
      killed = true;
      kill(writer, SIGKILL);
    }
  }
  close(pipe_ends[0]);
  CARNET_ASSERT(waitpid(writer, &result.status, 0) == writer);
  std::ostringstream text;
  text << std::ifstream(error_path).rdbuf();
  result.standard_error = text.str();
  return result;
}

}  // namespace carnet::event_log
