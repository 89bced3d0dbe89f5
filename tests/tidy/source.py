"""What the rules look at: the repository's files, and a finding about one of their lines."""
import dataclasses
import pathlib
import re
import subprocess

CODE_SUFFIXES = (".cpp", ".h", ".py", ".sh", ".proto", ".cmake", ".js", ".ts", ".css", ".html")

# Taken over as they are.
NOT_OURS = ("proto/google/",)

# Comments, raw strings, strings and character literals (not the ' of 1'000), in one pass so that a // in a
# string is no comment and a " in a comment no string.
_NOT_CODE = re.compile(
    r'(?P<comment>//[^\n]*|/\*.*?\*/)'
    r'|(?P<string>R"(?P<mark>[^(\s"]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])*')",
    re.DOTALL)


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    what: str
    why: str
    do: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.what}\n    why: {self.why}\n    do:  {self.do}"


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group())


class File:
    """One file, by its path from the root of the repository."""

    def __init__(self, root, path):
        self.path = path
        self.full_path = root / path
        self.name = path.rsplit("/", 1)[-1]
        self.is_cpp = path.endswith((".cpp", ".h"))
        self.is_proto = path.endswith(".proto")
        self.in_tests_folder = path.startswith("tests/")
        # name_test.cpp is a test, name_bench.cpp a measurement; test_support.h and the like help those beside it.
        self.is_test = self.in_tests_folder or bool(re.search(r"_(test|bench)\.(cpp|h)$|^test_|_test_", self.name))
        self._text = None

    @property
    def text(self):
        if self._text is None:
            self._text = self.full_path.read_text(encoding="utf-8", errors="replace")
        return self._text

    @property
    def is_script(self):
        return "." not in self.name and self.text.startswith("#!")

    @property
    def is_code(self):
        return (self.path.endswith(CODE_SUFFIXES) or self.name == "CMakeLists.txt" or self.is_script)

    def without_comments(self):
        """C++ or proto text with its comments blanked; line numbers stay."""
        return _NOT_CODE.sub(lambda m: _blank(m) if m.group("comment") else m.group(), self.text)

    def without_comments_and_strings(self):
        return _NOT_CODE.sub(_blank, self.text)

    def finding(self, line, rule, what, why, do):
        return Finding(self.path, line, rule, what, why, do)


def matches(pattern, text):
    """(line number, match) of each match in text."""
    for match in pattern.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match


def load(root):
    """All files that are or would be committed; everything but build/ and .git where git can't say."""
    git = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True, check=False)
    if git.returncode == 0:
        paths = sorted(set(filter(None, git.stdout.split("\0"))))
    else:
        paths = sorted(
            p.relative_to(root).as_posix() for p in root.rglob("*")
            if p.relative_to(root).parts[0] not in ("build", ".git"))
    return [File(root, path) for path in paths
            if (root / path).is_file() and not path.startswith(NOT_OURS)]


def repository_root():
    return pathlib.Path(__file__).resolve().parents[2]
