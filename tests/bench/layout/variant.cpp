#include "tests/bench/layout/variant.h"

#include "tests/bench/check.h"

namespace carnet::bench::layout {

void Variant::Set(const std::string& assignment) {
  const size_t eq = assignment.find('=');
  Check(eq != std::string::npos && set.count(assignment.substr(0, eq)),
        "unknown setting " + assignment);
  set[assignment.substr(0, eq)] = std::stoi(assignment.substr(eq + 1));
}

Variant ParseVariant(const std::string& text) {
  static const std::string T = "tuned=1:universal=1:wal=64:onefamily=1";
  static const std::map<std::string, std::string> named = {
      {"null", "store=0"},
      {"plain", ""},
      {"tuned", T},
      {"tuned_level", T + ":universal=0"},
      {"hints", T + ":append=1"},
      {"vector", T + ":append=2"},
      {"hash_skiplist", T + ":append=1:lookup=1"},
      {"hash_linklist", T + ":append=1:lookup=2"},
      {"blocks", T + ":append=1:lookup=2:block=32"},
      {"blocks_put", T + ":append=1:lookup=2:block=32:merge=0"},
      {"merged", T + ":append=1:merged=1"},
      {"merged_hash", T + ":append=1:merged=1:lookup=2"},
      {"merged_blocks", T + ":append=1:merged=1:lookup=2:block=32"},
      {"own_memtable", T + ":append=1:lookup=3:records=1:wb=16:perf=0"},
      {"chosen", T + ":append=1:lookup=3:records=1:wb=16:perf=0:merged=1"},
      {"chosen_highwater", T + ":append=1:lookup=3:records=1:wb=16:perf=0:merged=1:highwater=1"},
      {"chosen_blocks", T + ":append=1:lookup=3:records=1:wb=16:perf=0:merged=1:block=32"},
      {"chosen_multiget", T + ":append=1:lookup=3:records=1:wb=16:perf=0:merged=1:multiget=1"},
      {"chosen_thread", T + ":append=1:lookup=3:records=1:wb=16:perf=0:merged=1:thread=1"},
  };
  Variant v;
  v.name = text;
  std::string rest = text;
  for (bool first = true; !rest.empty(); first = false) {
    const size_t colon = rest.find(':');
    const std::string part = rest.substr(0, colon);
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
    if (!first) {
      v.Set(part);
      continue;
    }
    Check(named.count(part), "unknown variant " + part);
    std::string settings = named.at(part);
    while (!settings.empty()) {
      const size_t c = settings.find(':');
      v.Set(settings.substr(0, c));
      settings = c == std::string::npos ? "" : settings.substr(c + 1);
    }
  }
  return v;
}

const char* const kAllVariants =
    "null,plain,tuned,tuned_level,hints,vector,hash_skiplist,hash_linklist,blocks,blocks_put,"
    "merged,merged_hash,"
    "merged_blocks,own_memtable,chosen,chosen_highwater,chosen_blocks,chosen_multiget,chosen_"
    "thread";

}  // namespace carnet::bench::layout
