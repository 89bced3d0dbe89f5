// What must hold whatever a change says: the books balance, rows can be read. Where it does not,
// there is a bug or a damaged store, and folding on would make it worse.
#pragma once

#include <stdexcept>

namespace carnet::domain {

// Thrown inside the fold and caught by FoldChange(), which takes back what the change wrote and
// stops the partition (INVARIANT_FAILED): the other partitions, and reads, go on. Nobody else
// catches it.
struct InvariantFailed : std::logic_error {
  using std::logic_error::logic_error;
};

// `what` says what does not hold: a literal, no personal data.
inline void Require(bool holds, const char* what) {
  if (!holds) throw InvariantFailed(what);
}

}  // namespace carnet::domain
