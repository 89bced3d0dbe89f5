#include "cli/line_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include <gtest/gtest.h>

namespace carnet::cli {
namespace {

std::string WriteFile(const std::string& name, const std::string& content) {
  std::string path = testing::TempDir() + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

// "file:number text" of all lines; the folder is left out.
std::vector<std::string> ReadAll(LineReader* reader) {
  std::vector<std::string> lines;
  Line line;
  while (true) {
    const auto more = reader->Next(&line);
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) return lines;
    lines.push_back(line.file.substr(line.file.rfind('/') + 1) + ":" + std::to_string(line.number) +
                    " " + (line.too_long ? "(too long)" : line.text));
  }
}

TEST(LineReader, LinesOfSeveralFilesWithTheirPlaces) {
  auto reader = LineReader::Open(
      {WriteFile("a", "one\n\nthree"), WriteFile("empty", ""), WriteFile("b", "1\n2\n")});
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(ReadAll(reader->get()),
            (std::vector<std::string>{"a:1 one", "a:2 ", "a:3 three", "b:1 1", "b:2 2"}));
}

TEST(LineReader, ALineTooLongIsOneLineAndTheNextOneIsRead) {
  const std::string longer(kMaxLineBytes * 2 + 17, 'x');
  const std::string longest(kMaxLineBytes, 'y');
  auto reader =
      LineReader::Open({WriteFile("long", "a\n" + longer + "\nb\n" + longest + "\n" + longer)});
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(ReadAll(reader->get()),
            (std::vector<std::string>{"long:1 a", "long:2 (too long)", "long:3 b",
                                      "long:4 " + longest, "long:5 (too long)"}));
}

TEST(LineReader, AFileThatIsNotThereIsNamedBeforeAnythingIsRead) {
  const auto reader = LineReader::Open({WriteFile("c", "1\n"), "/nowhere/d"});
  ASSERT_FALSE(reader.ok());
  EXPECT_NE(reader.status().message().find("/nowhere/d"), absl::string_view::npos);
}

// Standard input is one for the whole process, so a pipe is put in its place.
class PipeAsInput {
 public:
  PipeAsInput() : saved_(dup(STDIN_FILENO)) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    write_end_ = ends[1];
  }
  ~PipeAsInput() {
    close(write_end_);
    dup2(saved_, STDIN_FILENO);
    close(saved_);
  }
  void Write(const std::string& text) const {
    EXPECT_EQ(write(write_end_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

 private:
  const int saved_;
  int write_end_ = -1;
};

TEST(LineReader, APipeThatHasNoLineYetIsNotReady) {
  const PipeAsInput input;
  auto reader = LineReader::Open({"-"});
  ASSERT_TRUE(reader.ok());
  Line line;
  input.Write("one\ntwo\n");
  ASSERT_TRUE(*(*reader)->Next(&line));
  EXPECT_EQ(line.text, "one");
  EXPECT_TRUE((*reader)->Ready());
  ASSERT_TRUE(*(*reader)->Next(&line));
  EXPECT_EQ(line.file, "stdin");
  EXPECT_EQ(line.number, 2U);
  EXPECT_FALSE((*reader)->Ready()) << "what was read should be sent, not kept until there is more";
}

TEST(LineReader, StopEndsAReadThatWaits) {
  const PipeAsInput input;
  auto reader = LineReader::Open({"-"});
  ASSERT_TRUE(reader.ok());
  std::thread stopper([&] { (*reader)->Stop(); });
  Line line;
  EXPECT_FALSE(*(*reader)->Next(&line));
  EXPECT_FALSE(*(*reader)->Next(&line));
  stopper.join();
}

}  // namespace
}  // namespace carnet::cli
