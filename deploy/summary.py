#!/usr/bin/env python3
"""Prints the one line with which deploy/test ends: what ran, counted from the results, not from hope.

    deploy/summary.py STAGE…    a stage is a test preset, or any other word, which is repeated as it is
"""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Test preset → (build preset, how the line calls it).
STAGES = {
    "dev": ("dev", ""),
    "long": ("dev", "also"),
    "asan-ubsan": ("asan-ubsan", "ASan+UBSan"),
    "tsan": ("tsan", "TSan"),
}
LABEL_ORDER = ["unit", "simulation", "acceptance", "kill", "tidy", "buf lint", "long"]


def ctest_entries(preset):
    """Name → labels, as ctest would run them."""
    out = subprocess.run(
        ["ctest", "--preset", preset, "--show-only=json-v1"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    entries = {}
    for test in json.loads(out)["tests"]:
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        entries[test["name"]] = properties.get("LABELS", [])
    return entries


def gtest_cases(path):
    """(passed, skipped, kills) of one binary's results; kills by RecordProperty("kills", n)."""
    passed = skipped = kills = 0
    for suite in json.loads(path.read_text())["testsuites"]:
        for case in suite["testsuite"]:
            if case["status"] != "RUN" or case["result"] == "SKIPPED":
                skipped += 1
            else:
                passed += 1
                kills += int(case.get("kills", 0))
    return passed, skipped, kills


def plural(count, word):
    return f"{count} {word}" + ("" if count == 1 else "s")


def describe(stage):
    build, title = STAGES[stage]
    results = ROOT / "build" / build / "results" / stage
    tests = skipped = kills = 0
    labels = set()
    entries = ctest_entries(stage)
    for name, its_labels in entries.items():
        labels.update(its_labels)
        path = results / f"{name}.json"
        if path.exists():
            its_passed, its_skipped, its_kills = gtest_cases(path)
            tests, skipped, kills = tests + its_passed, skipped + its_skipped, kills + its_kills
        else:
            tests += 1  # a program or script: one test
    words = [label for label in LABEL_ORDER if label in labels]
    words += sorted(labels - set(words))
    words = [f"kill ({plural(kills, 'kill')})" if word == "kill" and kills else word for word in words]
    counted = f"{plural(tests, 'test')} in {plural(len(entries), 'suite')} passed"
    if skipped:
        counted += f" ({skipped} skipped)"
    return f"{title + ': ' if title else ''}{counted}: {', '.join(words)}"


def main():
    print("\ncarnet: " + "; ".join(
        describe(stage) if stage in STAGES else stage for stage in sys.argv[1:]))


main()
