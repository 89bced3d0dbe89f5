// The first boxes of a process, sealed by some threads while another draws the first random bytes:
// each can be opened. (libsodium changes its ciphers when it starts; a box begun with one and ended
// with the other has a wrong tag for ever.)
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "vault/box.h"

namespace carnet::vault {
namespace {

TEST(VaultStart, BoxesSealedWhileTheProcessStartsCanBeOpened) {
  const Key key(std::string(Key::kSize, 'k'));
  const std::string plain(4000, 'p');
  std::atomic<int> sealed = 0;
  std::vector<std::string> boxes(3 * 2000);
  std::vector<std::thread> sealers;
  for (size_t i = 0; i < 3; ++i) {
    sealers.emplace_back([&, i] {
      for (size_t n = 0; n < 2000; ++n, ++sealed) {
        SealBoxByContent(key, "place", plain, &boxes[i * 2000 + n]);
      }
    });
  }
  while (sealed < 60) std::this_thread::yield();
  NonceSequence();
  for (std::thread& sealer : sealers) sealer.join();
  size_t wrong = 0;
  for (const std::string& box : boxes) {
    std::string opened;
    if (!OpenBox(key, "place", box, &opened) || opened != plain) ++wrong;
  }
  EXPECT_EQ(wrong, 0) << "boxes of " << boxes.size() << " can never be opened";
}

}  // namespace
}  // namespace carnet::vault
