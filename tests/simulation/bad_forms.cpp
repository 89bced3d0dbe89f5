#include "tests/simulation/bad_forms.h"

#include <array>
#include <string>

namespace carnet::simulation {
namespace {

using carnet::log::v1::Change;

void AddUnknownField(google::protobuf::Message* message) {
  message->GetReflection()->MutableUnknownFields(message)->AddVarint(4711, 1);
}

// A sale that would do, so that only what is spoilt afterwards is wrong with it.
carnet::v1::Posting* MakeSale(Change* change) {
  change->clear_preconditions();
  change->set_intent(carnet::v1::INTENT_FACT);
  change->mutable_body()->Clear();
  auto* sale = change->mutable_body()->mutable_posting();
  sale->set_kind(carnet::v1::VOUCHER_KIND_SALE);
  sale->mutable_total()->set_unit("EUR");
  sale->mutable_total()->set_minor(100);
  auto* tender = sale->add_tenders();
  tender->set_method(carnet::v1::TENDER_METHOD_CASH);
  tender->mutable_amount()->set_minor(100);
  return sale;
}

constexpr std::array<void (*)(Change*), 26> kSpoilers = {
    [](Change* change) { change->set_id("short"); },
    [](Change* change) { change->clear_id(); },
    [](Change* change) { change->set_content_hash("short"); },
    [](Change* change) { change->set_channel("POS"); },
    [](Change* change) { change->clear_source(); },
    [](Change* change) { change->set_external_id(std::string(129, 'x')); },
    [](Change* change) { change->set_external_id(std::string("a\0b", 3)); },
    [](Change* change) { change->set_customer_id("customer"); },
    [](Change* change) { change->set_actor(std::string(129, 'a')); },
    [](Change* change) { change->set_effective_day(99'999'999); },
    [](Change* change) { change->set_recorded_day(-99'999'999); },
    [](Change* change) { change->set_recorded_at_micros(-1); },
    [](Change* change) { change->set_utc_offset_minutes(24 * 60); },
    [](Change* change) { change->clear_intent(); },
    [](Change* change) { change->clear_body(); },
    [](Change* change) { AddUnknownField(change); },
    [](Change* change) { AddUnknownField(MakeSale(change)); },
    [](Change* change) { MakeSale(change)->mutable_note()->set_plain("Bob"); },
    [](Change* change) { MakeSale(change)->mutable_tenders(0)->mutable_amount()->set_minor(99); },
    [](Change* change) { MakeSale(change)->mutable_total()->set_unit("XXX"); },
    [](Change* change) { MakeSale(change)->mutable_total()->set_minor(0); },
    [](Change* change) { MakeSale(change)->clear_tenders(); },
    [](Change* change) { MakeSale(change)->set_code(std::string(129, 'c')); },
    [](Change* change) { MakeSale(change)->set_due_date("2026-02-30"); },
    [](Change* change) { MakeSale(change)->mutable_tax()->set_minor(101); },
    [](Change* change) {
      MakeSale(change)->set_kind(carnet::v1::VOUCHER_KIND_OPENING);  // never a FACT
    },
};

}  // namespace

void SpoilForm(Random* random, Change* change) { random->PickFrom(kSpoilers)(change); }

}  // namespace carnet::simulation
