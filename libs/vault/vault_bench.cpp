// Rough timings of what a gateway and a read do per change. Run by hand; says nothing about the
// whole path.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "benchmark/benchmark.h"
#include "carnet/v1/change.pb.h"
#include "vault/box.h"
#include "vault/content_hash.h"
#include "vault/embedded_key_store.h"
#include "vault/normalize/address.h"
#include "vault/normalize/email.h"
#include "vault/normalize/name.h"
#include "vault/normalize/phone.h"
#include "vault/opener.h"
#include "vault/sealer.h"
#include "vault/tokens.h"

namespace carnet::vault {
namespace {

// A typical contact: given and family name, e-mail, phone, an address with three parts.
v1::Body TypicalBody() {
  v1::Body body;
  v1::Contact* const contact = body.mutable_contact_observed()->mutable_contact();
  contact->mutable_name()->mutable_given()->set_plain("Hélène");
  contact->mutable_name()->mutable_family()->set_plain("Lefèvre");
  contact->add_emails()->set_plain("helene.lefevre@example.com");
  contact->add_phones()->set_plain("06 12 34 56 78");
  v1::Address* const address = contact->add_addresses();
  address->mutable_street()->set_plain("12 rue des Lilas");
  address->mutable_postcode()->set_plain("75001");
  address->mutable_town()->set_plain("Paris");
  return body;
}

struct World {
  World() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vault_bench.XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    folder = pattern;
    store = *OpenEmbeddedKeyStore(folder / "keys", Key::Random(), true);
    ring = std::make_unique<KeyRing>(store.get());
  }
  ~World() {
    ring.reset();
    store.reset();
    std::filesystem::remove_all(folder);
  }

  std::filesystem::path folder;
  std::unique_ptr<KeyStore> store;
  std::unique_ptr<KeyRing> ring;
  PhoneNormalizer phones;
  const Uuid record = Uuid::Random();
};

void SealTypical(benchmark::State& state) {
  World world;
  const Sealer sealer(world.ring.get(), &world.phones);
  const v1::Body plain = TypicalBody();
  NewKeys first;
  v1::Body warm = plain;
  if (!sealer.Seal("m1", world.record, "FR", &warm, &first).ok() ||
      !world.ring->Persist(first).ok()) {
    state.SkipWithError("seal");
  }
  for (auto _ : state) {
    v1::Body body = plain;
    NewKeys keys;
    if (!sealer.Seal("m1", world.record, "FR", &body, &keys).ok()) state.SkipWithError("seal");
  }
  state.counters["sealed bytes"] = static_cast<double>(warm.ByteSizeLong());
}
BENCHMARK(SealTypical);

void OpenTypical(benchmark::State& state) {
  World world;
  const Sealer sealer(world.ring.get(), &world.phones);
  const Opener opener(world.ring.get());
  v1::Body sealed = TypicalBody();
  NewKeys keys;
  if (!sealer.Seal("m1", world.record, "FR", &sealed, &keys).ok() ||
      !world.ring->Persist(keys).ok()) {
    state.SkipWithError("seal");
  }
  const v1::Contact& cells = sealed.contact_observed().contact();
  for (auto _ : state) {
    v1::Contact contact = cells;
    if (!opener.Open("m1", world.record, &contact).ok()) state.SkipWithError("open");
  }
}
BENCHMARK(OpenTypical);

// What of the two above is the copy that they begin with.
void CopySealed(benchmark::State& state) {
  World world;
  const Sealer sealer(world.ring.get(), &world.phones);
  v1::Body sealed = TypicalBody();
  NewKeys keys;
  if (!sealer.Seal("m1", world.record, "FR", &sealed, &keys).ok()) state.SkipWithError("seal");
  for (auto _ : state) benchmark::DoNotOptimize(v1::Contact(sealed.contact_observed().contact()));
}
BENCHMARK(CopySealed);

// Floors: one token, one box. A typical contact has about 28 of the one and 7 of the other.
void OneToken(benchmark::State& state) {
  const Key key = Key::Random();
  for (auto _ : state) {
    benchmark::DoNotOptimize(MakeToken(key, v1::IDENTITY_TOKEN_KIND_PHONE, "+33612345678"));
  }
}
BENCHMARK(OneToken);

void OneBox(benchmark::State& state) {
  const Key key = Key::Random();
  const std::string purpose = AssociatedData({"m1", "0123456789abcdef", "contact.emails"});
  NonceSequence nonces;
  std::string box;
  for (auto _ : state) {
    SealBox(key, nonces.Next(), purpose, "helene.lefevre@example.com", &box);
    benchmark::DoNotOptimize(box);
  }
}
BENCHMARK(OneBox);

void PersistBatch(benchmark::State& state) {
  World world;
  for (auto _ : state) {
    NewKeys keys;
    for (int64_t i = 0; i < state.range(0); ++i) {
      benchmark::DoNotOptimize(world.ring->SealingKey("m1", Uuid::Random(), &keys));
    }
    if (!world.ring->Persist(keys).ok()) state.SkipWithError("persist");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(PersistBatch)->Arg(1)->Arg(100)->Arg(1000);

void PhoneNotCached(benchmark::State& state) {
  const PhoneNormalizer phones(16);
  int number = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        phones.Normalize("01 99 00 " + std::to_string(1000 + number++ % 9000), "FR"));
  }
}
BENCHMARK(PhoneNotCached);

void PhoneCached(benchmark::State& state) {
  const PhoneNormalizer phones;
  for (auto _ : state) benchmark::DoNotOptimize(phones.Normalize("06 12 34 56 78", "FR"));
}
BENCHMARK(PhoneCached);

void Name(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(NormalizePersonName("", "Hélène", "Lefèvre", "FR"));
  }
}
BENCHMARK(Name);

void NameTokens(benchmark::State& state) {
  const Key key = Key::Random();
  const auto parts = NormalizePersonName("", "Hélène", "Lefèvre", "FR");
  for (auto _ : state) {
    Tokens tokens;
    AddNameTokens(key, parts, &tokens);
    benchmark::DoNotOptimize(tokens);
  }
}
BENCHMARK(NameTokens);

void Email(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(NormalizeEmail("helene.lefevre@example.com"));
}
BENCHMARK(Email);

void AddressParts(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(NormalizeAddress("12 rue des Lilas", "75001", "Paris"));
  }
}
BENCHMARK(AddressParts);

void HashOfABody(benchmark::State& state) {
  const MerchantKeys keys{Key::Random(), Key::Random()};
  const std::string body(300, 'x');
  for (auto _ : state) benchmark::DoNotOptimize(ContentHash(keys, body));
}
BENCHMARK(HashOfABody);

}  // namespace
}  // namespace carnet::vault

BENCHMARK_MAIN();
