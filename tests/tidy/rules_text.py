"""What can be seen in a file's name and text: strays, length, unfinished work, tests that sleep or are off."""
import re

from source import Finding, matches

MAX_LINES = 500

TOP_LEVEL = {
    ".ci", ".clang-format", ".clang-tidy", ".editorconfig", ".gitattributes", ".gitignore",
    "ARCHITECTURE.md", "CHANGELOG.md", "CMakeLists.txt", "CMakePresets.json", "CONTRIBUTING.md", "LICENSE",
    "README.md", "SECURITY.md", "deploy", "docs", "libs", "proto", "services", "tests",
}
_NAME = re.compile(r"^[a-z0-9][a-z0-9_]*(?:_test)?\.(?:cpp|h)$")
# Spelt so that this file does not find itself.
_MARK = re.compile(r"\b(?:TO" r"DO|FIX" r"ME)\b")
_DISABLED = re.compile(r"\bDISABLED" r"_\w+")
_SLEEP = re.compile(r"\b(?:sleep_for|sleep_until|usleep|nanosleep|absl::SleepFor)\b|(?<![\w.>])sleep\s*\(")


def check_tree(files):
    """Findings about the repository as a whole."""
    for name in sorted({file.path.split("/")[0] for file in files} - TOP_LEVEL):
        yield Finding(name, 1, "top-level", f"'{name}' does not belong at the top level",
                      "whoever opens the root should guess the right folder at the first try",
                      "put it into one of: " + ", ".join(sorted(n for n in TOP_LEVEL if "." not in n)))


def check(file):
    if file.path.endswith((".cc", ".cxx", ".hpp", ".hh")) or (file.is_cpp and not _NAME.match(file.name)):
        yield file.finding(1, "name", f"C++ files are named like this: civil_date.cpp, not {file.name}",
                           "one form of names", "rename it: lower_snake_case, .cpp or .h")
    if file.is_code:
        count = len(file.text.splitlines())
        if count > MAX_LINES:
            yield file.finding(MAX_LINES + 1, "length", f"{count} lines; the most is {MAX_LINES}",
                               "a file that long has two subjects", "split it by subject")
    if file.is_code or file.path.endswith(".md"):
        for line, match in matches(_MARK, file.text):
            yield file.finding(line, "mark", f"mark of unfinished work: {match.group()}",
                               "nobody comes back to it", "finish it, or open an issue and say here what holds today")
    if file.is_cpp and file.is_test:
        code = file.without_comments_and_strings()
        for line, match in matches(_DISABLED, code):
            yield file.finding(line, "disabled", f"switched-off test {match.group()}",
                               "it looks like a test and checks nothing", "mend it or delete it")
        # A benchmark may give the machine a rest; it has nothing to get wrong.
        is_bench = file.path.startswith("tests/bench/") or file.name.endswith("_bench.cpp")
        for line, match in () if is_bench else matches(_SLEEP, code):
            yield file.finding(line, "sleep", f"a test that sleeps ({match.group().rstrip('( ')})",
                               "too short on a busy machine, too long on an idle one",
                               "wait for the condition itself (with a deadline), or hand in a clock")
