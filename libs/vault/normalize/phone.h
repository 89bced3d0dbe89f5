// Phone numbers: E.164 and what kind of line it is.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace carnet::vault {

// What the check of a phone number found.
enum class PhoneKind {
  kInvalid,   // no number that can be called; or no country to read it in
  kBlocked,   // a placeholder: one digit repeated, 0123456789, 0600000000
  kMobile,    //
  kLandline,  //
  kOther,     // mobile or landline can't be told (North America), or it is neither
};

struct NormalPhone {
  PhoneKind kind = PhoneKind::kInvalid;
  // False for a number of possible length that no numbering plan known here has given out. It is
  // kept all the same: plans change faster than programs, and a number typed twice alike, right or
  // wrong, points to one person. Its kind is then that of the numbers around it.
  bool assigned = true;
  // "+33612345678"; empty for kInvalid and kBlocked.
  std::string e164;
};

// Parsing costs 17 µs and tills repeat themselves, so results are cached, up to `max_cached`
// numbers (about 150 bytes each). May be called from any thread.
class PhoneNormalizer {
 public:
  static constexpr size_t kDefaultCached = 100'000;

  explicit PhoneNormalizer(size_t max_cached = kDefaultCached);
  ~PhoneNormalizer();
  PhoneNormalizer(const PhoneNormalizer&) = delete;
  PhoneNormalizer& operator=(const PhoneNormalizer&) = delete;

  // `country` (ISO 3166-1, two letters, either case, or empty) is used where the number has no
  // country code. Vietnamese mobile numbers from before 2018 (0168…, eleven digits) become today's.
  // Idempotent: the E.164 form gives itself, in any country.
  NormalPhone Normalize(std::string_view typed, std::string_view country) const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace carnet::vault
