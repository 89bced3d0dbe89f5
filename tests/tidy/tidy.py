#!/usr/bin/env python3
"""The house rules that a program can check. Runs as a ctest test; `tests/tidy/tidy.py` by hand does the same.

    tidy.py [root]      exit 1 and one paragraph a finding: file:line: what, why, what to do
"""
import pathlib
import sys

import rules_includes
import rules_proto
import rules_text
import rules_tools
import source


def check(root):
    files = source.load(root)
    findings = list(rules_text.check_tree(files))
    for file in files:
        for rules in (rules_text, rules_includes, rules_proto):
            findings += rules.check(file)
    findings += rules_tools.check_tree(root, files)
    return len(files), sorted(findings)


def main():
    root = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else source.repository_root()
    count, findings = check(root)
    for finding in findings:
        print(finding)
    for tool in rules_tools.missing():
        print(f"tidy: {tool} is not installed, its rule was not checked (deploy/install --test)")
    print(f"tidy: {len(findings)} findings in {count} files")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
