"""Who may include whom: our own folders, vendors' headers, and what the fold must never see.

A table here is the architecture. A change of it is a decision: its own commit, with the reason, and
ARCHITECTURE.md with it.
"""
import re

from source import matches

# Folder of libs/ → the other folders of libs/ it may include. Everybody may include the generated protos.
LIBS = {
    "base": [],
    "domain": ["base"],
    "event_log": ["domain", "base"],
    "view_store": ["domain", "base"],
    "vault": ["view_store", "event_log", "domain", "base"],
    "projection": ["view_store", "event_log", "domain", "base"],
    # Queries open what they show; channels normalise and seal: both through the vault.
    "query": ["vault", "view_store", "event_log", "domain", "base"],
    "channels": ["vault", "view_store", "event_log", "domain", "base"],
    # Who may call: every way in asks it, runtime's gRPC and whoever serves anything else.
    "access": ["base"],
    # Cards as rows of a file.
    "files": ["domain", "base"],
    "runtime": ["access", "view_store", "event_log", "domain", "base"],
}
# Folder of services/ → other roles it may include. All of them may include all of libs/.
SERVICES = {
    "gateway": [],
    "projector": [],
    "relay": [],
    "console": [],
    "carnetd": ["gateway", "projector", "relay", "console"],
    "cli": [],  # a gRPC client like any other, and tools that work on files
}
ARROWS = "services → libs/{query,projection,channels,vault,runtime} → libs/{access,view_store,event_log} → libs/domain → libs/base"

# Start of an include path → where it may stand: folders (with /) or files. tests/ may include all.
VENDORS = {
    "rocksdb/": ["libs/view_store/", "libs/event_log/embedded/", "libs/vault/"],
    "librdkafka/": ["libs/event_log/kafka/"],
    "sodium": ["libs/base/sodium.h"],
    "phonenumbers/": ["libs/vault/"],
    "unicode/": ["libs/vault/"],
    "openssl/": ["libs/base/", "libs/channels/", "libs/runtime/"],
    "spdlog/": ["libs/runtime/"],
    "prometheus/": ["libs/runtime/"],
    "toml++/": ["libs/runtime/"],
    "CLI/": ["libs/runtime/", "services/cli/", "services/carnetd/"],
    "grpc/": ["libs/runtime/", "services/"],
    "grpcpp/": ["libs/runtime/", "services/"],
    "boost/": ["libs/runtime/", "libs/channels/"],
    "nlohmann/": ["libs/channels/"],
    "csv.h": ["libs/files/"],
    "pugixml": ["libs/files/"],
    "minizip/": ["libs/files/"],
    "xlsxwriter": ["libs/files/"],
    "absl/": [""],
    "google/protobuf/": [""],
    "google/rpc/": [""],
}
TEST_VENDORS = ("gtest/", "gmock/", "rapidcheck", "benchmark/")

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
_STANDARD = re.compile(r"^[a-z_0-9]+$|^(sys|netinet|arpa|linux)/[a-z_0-9]+\.h$|^[a-z_0-9]+\.h$")

FOLD_WHY = "the fold is a pure function: the same log must give the same bytes on any machine, at any time"
# Headers the fold may not include, by start of path, and what to do instead.
FOLD_HEADERS = {
    **dict.fromkeys(("chrono", "ctime", "time.h", "sys/time.h", "absl/time/clock"),
                    "take the instant from the change (recorded_at, occurred_at)"),
    **dict.fromkeys(("random", "sys/random", "absl/random/"),
                    "derive ids with Uuid::FromFields from what is in the change"),
    **dict.fromkeys(("locale", "clocale", "cctype", "ctype.h", "iomanip", "sstream", "iostream"),
                    "use absl/strings (ascii.h, str_cat.h, numbers.h), which know no locale"),
    **dict.fromkeys(("unordered_map", "unordered_set"),
                    "use std::map or a sorted vector; for look-ups alone, absl::flat_hash_map"),
    **dict.fromkeys(("thread", "mutex", "atomic", "future", "condition_variable", "filesystem", "fstream"),
                    "leave threads and files to the caller (libs/projection)"),
    **dict.fromkeys(("cfloat", "cmath", "math.h"), "use the checked 64-bit integers of base/money.h"),
}
# Words the fold may not contain, outside comments and strings.
FOLD_WORDS = [
    (r"\b(?:double|float)\b", "use the checked 64-bit integers of base/money.h"),
    (r"\babsl::(?:Now|LocalTimeZone|LoadTimeZone|GetCurrentTimeNanos)\b", "take the instant from the change"),
    (r"(?<![\w.>:])(?:std::|::)?(?:time|clock|clock_gettime|gettimeofday|localtime(?:_r)?|mktime)\s*\((?!\))",
     "take the instant from the change"),
    (r"(?<![\w.>:])(?:std::|::)?(?:rand|srand|random|getenv|getpid|setlocale)\s*\(", "take it from the change or from State"),
    (r"\bUuid::Random\b", "derive ids with Uuid::FromFields from what is in the change"),
    (r"(?<![\w.>:])(?:std::|::)?(?:tolower|toupper|isalpha|isdigit|isalnum|isspace|isupper|islower)\s*\(",
     "use absl::ascii_…, which knows no locale"),
    (r"\bstd::(?:unordered_\w+|hash)\b", "use std::map or a sorted vector"),
]
_FOLD_WORDS = [(re.compile(pattern), do) for pattern, do in FOLD_WORDS]
_HASH_NAME = re.compile(r"\b(?:flat|node)_hash_(?:map|set)\s*<[^;={}]*>\s*&?\s*(\w+)")


def _folder(path):
    """("libs", "base") for libs/base/uuid.h; ("tests", …) likewise; ("", "") for what has no place in the arrows."""
    parts = path.split("/")
    return (parts[0], parts[1]) if len(parts) > 2 and parts[0] in ("libs", "services", "tests") else ("", "")


def _starts(table, included):
    return next((start for start in table if included.startswith(start)), None)


def _vendor(file, line, included):
    if file.in_tests_folder or (file.is_test and included.startswith(TEST_VENDORS)):
        return None
    start = _starts(VENDORS, included)
    if start is None and included.startswith(TEST_VENDORS):
        return file.finding(line, "vendor", f"test header <{included}> outside a test",
                            "test hooks don't belong in production code", "move it to a *_test.cpp or to tests/")
    if start is None:
        return file.finding(line, "vendor", f"<{included}>: a header nobody knows",
                            "each vendor stands in one library, and tests/tidy says which",
                            "ours: write \"folder/name.h\" from libs/ or services/; a new vendor: add it to VENDORS "
                            "in tests/tidy/rules_includes.py and to deploy/packages.txt")
    if not any(file.path.startswith(place) for place in VENDORS[start]):
        return file.finding(line, "vendor", f"<{included}> may be included only in {', '.join(VENDORS[start])}",
                            "a vendor's header stays in one library, so that it can be replaced there",
                            "use what that library offers, or put the part that needs the vendor into it")
    return None


def _arrow(file, line, to_area, to_folder, included):
    area, folder = _folder(file.path)
    if file.in_tests_folder or (area, folder) == (to_area, to_folder):
        return None
    if area == "libs":
        allowed = to_area == "libs" and to_folder in LIBS.get(folder, ())
    elif area == "services":
        allowed = to_area == "libs" or to_folder in SERVICES.get(folder, ())
    else:
        return None
    if to_area == "tests":
        allowed = file.is_test  # helpers of tests
    if allowed:
        return None
    return file.finding(line, "arrow", f"{area}/{folder} may not include \"{included}\"",
                        f"arrows point one way: {ARROWS}",
                        "move what both need down into the lower one, or hand it in from above; "
                        "a unit test that needs more belongs in tests/")


def _include(file, line, quote, included):
    if included.startswith(("./", "../", "libs/", "services/", "proto/")):
        return file.finding(line, "include", f"\"{included}\" is not written from its root",
                            "one spelling a header, so that it can be found", "write \"folder/name.h\", as in \"base/uuid.h\"")
    first = included.split("/")[0] if "/" in included else ""
    if quote == '"' and first in LIBS:
        return _arrow(file, line, "libs", first, included)
    if quote == '"' and first in SERVICES:
        return _arrow(file, line, "services", first, included)
    if quote == '"' and first == "tests":
        return _arrow(file, line, "tests", "", included)
    if quote == '"' and first == "carnet":
        return _vendor(file, line, "grpcpp/") if included.endswith(".grpc.pb.h") else None
    if quote == "<" and _STANDARD.match(included) and _starts(VENDORS, included) is None:
        return None
    return _vendor(file, line, included)


def _fold(file):
    for line, match in matches(_INCLUDE, file.without_comments()):
        included = match.group(2)
        for start, do in FOLD_HEADERS.items():
            if included == start or ("/" in start and included.startswith(start)):
                yield file.finding(line, "fold", f"libs/domain may not include <{included}>", FOLD_WHY, do)
    code = file.without_comments_and_strings()
    for pattern, do in _FOLD_WORDS:
        for line, match in matches(pattern, code):
            yield file.finding(line, "fold", f"libs/domain may not use '{match.group().strip().rstrip('(')}'", FOLD_WHY, do)
    for name in set(_HASH_NAME.findall(code)):
        walked = re.compile(rf"\bfor\s*\([^;()]*:\s*(?:\w+(?:\.|->))*{name}\s*\)|\b{name}\s*(?:\.|->)\s*c?begin\s*\(")
        for line, _ in matches(walked, code):
            yield file.finding(line, "fold", f"libs/domain walks the hash container '{name}'",
                               FOLD_WHY + "; hash order is another in every process",
                               "use std::map, or sort the keys first")


def check(file):
    if not file.is_cpp:
        return
    for line, match in matches(_INCLUDE, file.without_comments()):
        finding = _include(file, line, match.group(1), match.group(2))
        if finding:
            yield finding
    if file.path.startswith("libs/domain/") and not file.is_test:
        yield from _fold(file)
