// A layout of rows and a set of RocksDB options, by name and by settings.
#pragma once

#include <map>
#include <string>

namespace carnet::bench::layout {

struct Variant {
  std::string name;
  std::map<std::string, int> set = {
      // 0: no database at all: what the program itself costs.
      {"store", 1},

      // Rows.
      // 1: entry, feed events and change data in one "changes" row; 0: an entries and a feed row.
      {"merged", 0},
      // Changes a row in entries, feed, changes; 0: a row each.
      {"block", 0},
      // Blocks grow by 1: a merge operator that appends, 0: writing the last block anew.
      {"merge", 1},
      // 1: natural keys live in the family of the change ids, full tails in that of the accounts.
      {"onefamily", 0},
      // History lines in the account row before they move to a row of their own.
      {"tail", 64},

      // Memtables.
      // Of ids, natural keys, accounts: 0 skiplist, 1 hash skiplist, 2 hash linklist, 3 hash chains
      // sorted once at the flush (view_store/hash_memtable.h).
      {"lookup", 0},
      // 1: the same for records too.
      {"records", 0},
      // 1: the same for identifiers too (sensible with tokens=0 or 2).
      {"identifiers", 0},
      // Of entries, feed, changes: 0 skiplist, 1 with hints per merchant, 2 vector.
      {"append", 0},
      // Of a hash memtable; 0: from the buffer size.
      {"buckets", 0},

      // Folding.
      // Before an identifier is written, its token is looked up: 0 not, 1 by a seek to its rows, 2
      // by a get, the row being token -> record ids.
      {"tokens", 0},
      // 1: a batch's rows are written in key order, skiplists with insertion hints.
      {"sort", 0},
      // 0: SetPerfLevel(kDisable): RocksDB's per-thread counters are on by default.
      {"perf", 1},
      // 1: a voucher whose code is above all its source has sent is new without a lookup.
      {"highwater", 0},
      // 1: look up a batch's ids, natural keys, accounts and records by MultiGet before folding it.
      {"multiget", 0},
      // Accounts kept decoded in the process (direct mapped), by number of slots.
      {"cache", 0},
      // 1: a second thread writes a batch while the next is folded.
      {"thread", 0},

      // RocksDB's options.
      // 1: memtable blooms, table blooms, single-writer memtables, small arenas.
      {"tuned", 0},
      // 1: universal compaction.
      {"universal", 0},
      // 0: no compression, 1: lz4, 2: lz4 except ids.
      {"lz4", 1},
      // Write buffer of a hot family, MB.
      {"wb", 64},
      // max_total_wal_size, MB; 0: RocksDB's default (four times all write buffers).
      {"wal", 0},
      {"blockcache", 64},
      {"bgjobs", 2},
      // avoid_flush_during_recovery.
      {"keepmem", 0},
  };
  int operator[](const char* key) const { return set.at(key); }

  // "key=value".
  void Set(const std::string& assignment);
};

// "name:key=value:key=value"; the names build on each other, from the plain layout to the chosen
// one.
Variant ParseVariant(const std::string& text);

// All names, with commas.
extern const char* const kAllVariants;

}  // namespace carnet::bench::layout
