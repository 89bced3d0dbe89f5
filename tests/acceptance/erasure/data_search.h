// Everything that can be got out of the data folder of a server that does not run: by somebody who
// has all of it, and the root key.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "carnet/log/v1/log.pb.h"
#include "vault/key.h"

namespace carnet::acceptance {

class DataSearch {
 public:
  // Reads all files as they are; and all databases through RocksDB's own readers, each version of
  // each row, blocks uncompressed, the write-ahead logs replayed. A table that no database knows is
  // an error. Seals are opened with every key that the key store has.
  explicit DataSearch(const std::string& data);

  // What could not be read, or should not be there; empty: nothing.
  const std::string& trouble() const { return trouble_; }

  // Where `text` stands, in any of that, as places in words; the case of letters does not count.
  std::vector<std::string> Find(std::string_view text) const;

  // Where bytes stand, outside seals, under folders whose names contain `folder`.
  std::vector<std::string> FindBytes(std::string_view bytes, std::string_view folder) const;

 private:
  void ReadFiles(const std::string& data);
  void ReadDatabase(const std::string& path);
  // Deliveries that wait for the log, sealed with the root key.
  void ReadSpool(const std::string& folder, const vault::Key& root);
  // A delivery that was kept as it came.
  void AddDelivery(const std::string& place, const log::v1::Change& change);
  // Takes what a row holds, and the seals in it.
  void Add(const std::string& place, std::string_view key, std::string_view value);

  std::string trouble_;
  std::map<std::string, std::string> bytes_;     // by place
  std::map<std::string, std::string> unsealed_;  // by place
  std::map<std::string, std::string> keys_;      // by key id
};

}  // namespace carnet::acceptance
