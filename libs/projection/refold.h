// Folding a log again, elsewhere or otherwise, and telling whether two stores hold the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"

#include "event_log/event_log.h"
#include "view_store/view_store.h"

namespace carnet::projection {

// Folds a partition into `store`, from where that stands up to offset `up_to` (exclusive) or the
// log's seal, with `batch_size` records a write: whatever the size, the rows are the same. Returns
// when it is done. Errors: those of BatchFold::Fold, of the log, and OUT_OF_RANGE(LOG_CUT) if the
// log ends before `up_to`.
absl::Status FoldInto(event_log::EventLog* log, int32_t partition, int64_t up_to,
                      view_store::ViewStore* store, size_t batch_size);

// A key space in short: two are equal if these are.
struct KeySpaceDigest {
  uint64_t rows = 0;
  std::string sha256;  // over families, keys and values in order; hexadecimal

  bool operator==(const KeySpaceDigest&) const = default;
};

// Of all rows of the fold, the position and the untrusted records left out.
KeySpaceDigest DigestOf(const view_store::ViewStore& store);

}  // namespace carnet::projection
