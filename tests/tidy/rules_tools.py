"""What other programs check better: formatting and shell scripts. A tool that is absent is named, not passed over."""
import re
import shutil
import subprocess

CLANG_FORMAT = "clang-format-14"  # its output differs between releases
SHELLCHECK = "shellcheck"


def missing():
    return [tool for tool in (CLANG_FORMAT, SHELLCHECK) if not shutil.which(tool)]


def _run(command, root):
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def _format(root, files):
    cpp = [file for file in files if file.is_cpp]
    if not cpp or not shutil.which(CLANG_FORMAT):
        return
    run = _run([CLANG_FORMAT, "--dry-run", "--ferror-limit=1", "--style=file", *(f.path for f in cpp)], root)
    by_path = {file.path: file for file in cpp}
    seen = set()
    for path, line in re.findall(r"^(.+?):(\d+):\d+: \w+: code should be clang-formatted", run.stderr, re.MULTILINE):
        if path not in seen:
            seen.add(path)
            yield by_path[path].finding(int(line), "format", "not formatted (first place of this file)",
                                        "a diff should show what changed, not whose editor",
                                        f"{CLANG_FORMAT} -i {path}")


def _shell(root, files):
    scripts = [f for f in files if f.path.endswith(".sh") or (f.is_script and "bash" in f.text.split("\n", 1)[0])]
    if not scripts or not shutil.which(SHELLCHECK):
        return
    run = _run([SHELLCHECK, "-x", "-f", "gcc", *(f.path for f in scripts)], root)
    by_path = {file.path: file for file in scripts}
    for path, line, text in re.findall(r"^(.+?):(\d+):\d+: (.+)$", run.stdout, re.MULTILINE):
        if path in by_path:
            yield by_path[path].finding(int(line), "shell", text, "shellcheck finds what only fails at night",
                                        "follow its advice, or disable that one line with a reason beside it")


def check_tree(root, files):
    yield from _format(root, files)
    yield from _shell(root, files)
