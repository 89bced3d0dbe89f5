#!/usr/bin/env python3
"""tidy's own test: one small repository per case, with one violation or with something that only looks like one."""
import pathlib
import shutil
import tempfile
import unittest

import rules_tools
import source
import tidy


def findings(files):
    """(path, line, rule) of each finding in a repository made of {path: text}."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        # Formatted by the real style, so that a case shows its own violation only.
        shutil.copy(source.repository_root() / ".clang-format", root)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        return [(f.path, f.line, f.rule) for f in tidy.check(root)[1]]


class TidyTest(unittest.TestCase):
    def expect(self, path, text, *lines_and_rules):
        self.assertEqual(findings({path: text}), [(path, line, rule) for line, rule in lines_and_rules])

    # --- who includes whom ---

    def test_arrows_downwards_are_allowed(self):
        self.expect("libs/domain/a.cpp", '#include "base/uuid.h"\n')
        self.expect("libs/query/a.cpp", '#include "vault/vault.h"\n')
        self.expect("services/carnetd/main.cpp", '#include "gateway/gateway.h"\n')
        self.expect("libs/view_store/a.cpp", '#include "carnet/v1/change.pb.h"\n')
        self.expect("tests/simulation/a.cpp", '#include "gateway/gateway.h"\n')

    def test_arrows_upwards_and_sideways_are_reported(self):
        self.expect("libs/base/a.h", '// A.\n#include "domain/fold.h"\n', (2, "arrow"))
        self.expect("libs/event_log/a.cpp", '#include "view_store/view_store.h"\n', (1, "arrow"))
        self.expect("libs/projection/a.cpp", '#include "query/query.h"\n', (1, "arrow"))
        self.expect("libs/query/a_test.cpp", '#include "gateway/gateway.h"\n', (1, "arrow"))
        self.expect("services/gateway/a.cpp", '#include "projector/projector.h"\n', (1, "arrow"))
        self.expect("services/cli/a.cpp", '#include "gateway/gateway.h"\n', (1, "arrow"))

    def test_helpers_of_tests_stay_in_tests(self):
        self.expect("libs/query/a_test.cpp", '#include "tests/data/data.h"\n')
        self.expect("libs/query/a.cpp", '#include "tests/data/data.h"\n', (1, "arrow"))
        self.expect("libs/query/test_support.h", '#include <gtest/gtest.h>\n')
        self.expect("libs/query/latest_support.h", '#include <gtest/gtest.h>\n', (1, "vendor"))

    def test_a_commented_include_is_none(self):
        self.expect("libs/base/a.h", '// #include "domain/fold.h"\n')

    def test_one_spelling(self):
        self.expect("libs/base/a.cpp", '#include "../base/b.h"\n', (1, "include"))
        self.expect("libs/base/a.cpp", '#include "libs/base/b.h"\n', (1, "include"))

    # --- vendors ---

    def test_vendors_at_home(self):
        self.expect("libs/view_store/a.cpp", "#include <rocksdb/db.h>\n")
        self.expect("libs/event_log/embedded/a.cpp", "#include <rocksdb/db.h>\n")
        self.expect("libs/base/sodium.h", "#pragma once\n#include <sodium.h>\n")
        self.expect("libs/base/a.cpp", "#include <sys/wait.h>\n")
        self.expect("libs/base/a.cpp", '#include "absl/status/status.h"\n')
        self.expect("libs/base/a_test.cpp", "#include <gtest/gtest.h>\n")
        self.expect("services/cli/a.cpp", "#include <CLI/CLI.hpp>\n")

    def test_vendors_abroad(self):
        for path, include in [
                ("libs/event_log/a.cpp", "<rocksdb/db.h>"),
                ("libs/projection/a.cpp", "<rocksdb/db.h>"),
                ("libs/event_log/a.cpp", "<librdkafka/rdkafka.h>"),
                ("libs/vault/a.cpp", "<sodium.h>"),
                ("libs/query/a.cpp", "<unicode/normalizer2.h>"),
                ("libs/vault/a.cpp", "<openssl/sha.h>"),
                ("services/gateway/a.cpp", "<spdlog/spdlog.h>"),
                ("services/gateway/a.cpp", "<CLI/CLI.hpp>"),
                ("libs/query/a.cpp", "<grpcpp/grpcpp.h>"),
                ("libs/query/a.cpp", '"carnet/v1/change_service.grpc.pb.h"'),
                ("libs/base/a.cpp", "<gtest/gtest.h>"),
                ("libs/base/a.cpp", "<newvendor/thing.h>"),
                ("libs/base/a.cpp", '"nobody_knows.h"')]:
            with self.subTest(path=path, include=include):
                self.expect(path, f"#include {include}\n", (1, "vendor"))

    # --- the fold ---

    def test_fold_headers(self):
        for header in ["<chrono>", "<random>", "<locale>", "<unordered_map>", "<cctype>", "<thread>",
                       '"absl/time/clock.h"', '"absl/random/random.h"']:
            with self.subTest(header=header):
                self.expect("libs/domain/a.cpp", f"#include {header}\n", (1, "fold"))
        self.expect("libs/base/a.cpp", "#include <chrono>\n")
        self.expect("libs/domain/a_test.cpp", "#include <chrono>\n")

    def test_fold_words(self):
        for statement in ["double rate = 1;", "float rate = 1;", "auto t = absl::Now();", "auto t = time(nullptr);",
                          "auto t = std::time(nullptr);", "auto r = rand();", "auto id = Uuid::Random();",
                          "auto c = toupper(letter);", "auto h = std::hash<int>()(1);"]:
            with self.subTest(statement=statement):
                self.expect("libs/domain/a.cpp", f"void A() {{ {statement} }}\n", (1, "fold"))

    def test_fold_words_that_only_look_alike(self):
        self.expect("libs/domain/a.cpp",
                    '// No double, no time(nullptr).\nauto a = "double";\nint b = change.time(0);\n'
                    "int d = 1'000'000;\nint doubled = 2;\nint e = Fold::time(0);\nint f = recorded_time(1);\n")

    def test_fold_walking_a_hash_container(self):
        table = "absl::flat_hash_map<int, std::string> names;\n"
        self.expect("libs/domain/a.cpp", table + "auto found = names.find(1);\n")
        self.expect("libs/domain/a.cpp", table + "void A() {\n  for (auto& [id, name] : names) Use(id);\n}\n", (3, "fold"))
        self.expect("libs/domain/a.cpp", table + "auto first = names.begin();\n", (2, "fold"))

    # --- text ---

    def test_top_level(self):
        self.assertEqual(findings({"cmake/a.cmake": ""}), [("cmake", 1, "top-level")])
        self.assertEqual(findings({"notes.md": ""}), [("notes.md", 1, "top-level")])

    def test_names(self):
        self.expect("libs/base/CivilDate.cpp", "", (1, "name"))
        self.expect("libs/base/civil_date.cc", "", (1, "name"))

    def test_length(self):
        self.expect("libs/base/a.cpp", "int a;\n" * 500)
        self.expect("libs/base/a.cpp", "int a;\n" * 501, (501, "length"))
        self.expect("tests/data/a.csv", "a\n" * 501)

    def test_marks(self):
        for mark in ["TO" + "DO", "FIX" + "ME"]:
            self.expect("deploy/a.cmake", f"\n# {mark}: later\n", (2, "mark"))
            self.expect("README.md", f"{mark}\n", (1, "mark"))

    def test_tests_that_are_off_or_sleep(self):
        self.expect("libs/base/a_test.cpp", "TEST(A, DISABLED" + "_B) {}\n", (1, "disabled"))
        sleep = "void A() { std::this_thread::sleep_for(kLong); }\n"
        self.expect("libs/base/a_test.cpp", sleep, (1, "sleep"))
        self.expect("tests/simulation/a.cpp", sleep, (1, "sleep"))
        self.expect("libs/event_log/a.cpp", sleep)

    # --- protos ---

    def test_proto_without_comments(self):
        self.expect("proto/carnet/v1/a.proto", "\n".join([
            'syntax = "proto3";',
            "message A {",                      # 2
            "  string a = 1 [(x) = {b: 1}];",   # 3
            "  oneof kind {",
            "    int32 b = 2;",                 # 5
            "  }",
            "}",
            "",
            "enum E {",                         # 9
            "  E_UNSPECIFIED = 0;",             # 10
            "}",
            "service S {",                      # 12
            "  rpc Do(A) returns (A);",         # 13
            "  rpc Do2(A) returns (A) {",       # 14
            "    option (y) = { get: \"/a\" };",
            "  }",
            "}"]) + "\n", *((line, "proto-comment") for line in (2, 3, 5, 9, 10, 12, 13, 14)))

    def test_proto_with_comments(self):
        self.expect("proto/carnet/v1/a.proto", "\n".join([
            "// What A is.",
            "message A {",
            "  /* What a is. */",
            "  string a = 1;",
            "  reserved 7;",
            "  int32 b = 2;  // What b is.",
            "  // What c is, {for example} \"so\";",
            "  repeated",
            "      string c = 3;",
            "}"]) + "\n")

    def test_the_comment_of_another_does_not_count(self):
        self.expect("proto/carnet/v1/a.proto",
                    "// A.\nmessage A {\n  int32 a = 1;  // What a is.\n  int32 b = 2;\n}\n", (4, "proto-comment"))
        self.expect("proto/carnet/v1/a.proto", "// Detached.\n\nmessage A {}\n", (3, "proto-comment"))

    def test_proto_types(self):
        self.expect("proto/carnet/v1/a.proto",
                    "// A.\nmessage A {\n  // A.\n  double a = 1;\n  // B.\n  map<string, int32> b = 2;\n"
                    "  // C.\n  string map = 3;\n}\n", (4, "proto-type"), (6, "proto-type"))

    # --- tools ---

    @unittest.skipUnless(shutil.which(rules_tools.CLANG_FORMAT), "not installed")
    def test_format(self):
        self.expect("libs/base/a.cpp", "int a;\nint  b;\nint  c;\n", (2, "format"))

    @unittest.skipUnless(shutil.which(rules_tools.SHELLCHECK), "not installed")
    def test_shell(self):
        self.expect("deploy/start", "#!/usr/bin/env bash\nrm $1\n", (2, "shell"))

    # --- what is looked at ---

    def test_googles_protos_are_left_alone(self):
        self.expect("proto/google/rpc/a.proto", "message A {}\n")

    def test_a_finding_says_why_and_what_to_do(self):
        text = str(source.Finding("a.cpp", 3, "rule", "what", "reason", "advice"))
        self.assertEqual(text, "a.cpp:3: what\n    why: reason\n    do:  advice")


if __name__ == "__main__":
    unittest.main()
