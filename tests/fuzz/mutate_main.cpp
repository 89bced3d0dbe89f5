// Runs a fuzz target where there is no libFuzzer (GCC): all inputs of a corpus, then mutations of
// them by seed, for a while.
//
//   fuzz_CHANNEL SECONDS CORPUS…
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

std::string current;

// Leaves the input behind that did it.
void OnCrash(int signal) {
  std::FILE* const file = std::fopen("crash-input", "wb");
  if (file != nullptr) {
    std::fwrite(current.data(), 1, current.size(), file);
    std::fclose(file);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void Run(const std::string& input) {
  current = input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

std::string Mutated(const std::vector<std::string>& corpus, std::mt19937_64* random) {
  static const char* const kWords[] = {"null",
                                       "0",
                                       "-1",
                                       "1e999",
                                       "1e-40",
                                       "\"\"",
                                       "[]",
                                       "{}",
                                       "true",
                                       "9223372036854775808",
                                       "\\ud800",
                                       "\"-0.00\"",
                                       "92233720368547758.07",
                                       "[[[["};
  const auto pick = [random](size_t count) { return (*random)() % count; };
  std::string input = corpus[pick(corpus.size())];
  for (size_t times = 1 + pick(6); times > 0 && !input.empty(); --times) {
    const size_t at = pick(input.size());
    switch (pick(7)) {
      case 0:
        input[at] = static_cast<char>(pick(256));
        break;
      case 1:
        input.erase(at, 1 + pick(16));
        break;
      case 2:
        input.insert(at, kWords[pick(std::size(kWords))]);
        break;
      case 3:  // a digit or letter for its like
        input[at] = static_cast<char>('0' + pick(10));
        break;
      case 4: {  // a piece of another one
        const std::string& other = corpus[pick(corpus.size())];
        if (!other.empty()) input.insert(at, other.substr(pick(other.size()), pick(64)));
        break;
      }
      case 5: {  // a value for another kind of value
        const size_t colon = input.find(':', at);
        const size_t end = input.find_first_of(",}]", colon);
        if (end != std::string::npos)
          input.replace(colon + 1, end - colon - 1, kWords[pick(std::size(kWords))]);
        break;
      }
      default:
        input[0] = static_cast<char>(pick(256));  // another topic
        break;
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL}) std::signal(signal, OnCrash);
  std::vector<std::string> corpus;
  for (int i = 2; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string content{std::istreambuf_iterator<char>(file),
                                std::istreambuf_iterator<char>()};
      for (char topic = 0; topic < 20; ++topic) corpus.push_back(topic + content);
    }
  }
  for (const std::string& input : corpus) Run(input);
  std::mt19937_64 random(1);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[1]));
  size_t runs = corpus.size();
  while (std::chrono::steady_clock::now() < end) {
    Run(Mutated(corpus, &random));
    ++runs;
  }
  std::printf("%zu inputs, none crashed\n", runs);
  return 0;
}
