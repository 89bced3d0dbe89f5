// The data folder, opened: what outlives the process.
//
//   log/        the embedded log
//   keys/       the vault's key store
//   root.key    wraps all keys, unless it is kept elsewhere
//   views/      made from the log, can be thrown away
//
// With log.kind=kafka, log and keys are topics, made by `carnet log init`; what is left here can be
// made again from them.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "event_log/event_log.h"
#include "runtime/config.h"
#include "vault/key_ring.h"
#include "vault/key_store.h"

namespace carnet {

// Destroyed last to first: the ring reads the store.
struct Storage {
  std::unique_ptr<event_log::EventLog> log;
  std::unique_ptr<vault::KeyStore> key_store;
  std::unique_ptr<vault::KeyRing> keys;
  std::string views_folder;
};

// Opens what is there; at the first start makes it all. A log without its keys, or with another
// root key, is refused: nothing in it could be read. Errors tell what to do.
absl::StatusOr<Storage> OpenStorage(const runtime::Config& config);

}  // namespace carnet
