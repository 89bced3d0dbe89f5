#include "tests/acceptance/kill/shop_story.h"

#include "base/uuid.h"
#include "tests/simulation/seeded_random.h"

namespace carnet::acceptance {

using carnet::v1::Change;

Change ShopStory::At(size_t number) const {
  simulation::Random random(number * 7919 + merchant_.size());
  const std::string text = std::to_string(number);
  const std::string customer = "c-" + std::to_string(random.Below(12));
  Change change;
  change.set_id(Uuid::FromFields({"shop story", merchant_, text}).ToString());
  change.set_merchant(merchant_);
  change.set_channel(kChannel);
  change.set_source(kSource);
  change.set_external_id(customer);
  change.set_actor("cashier-1");
  change.set_intent(carnet::v1::INTENT_FACT);
  const uint64_t draw = random.Below(100);
  if (draw < (bulky_ ? 50U : 15U)) {
    auto* contact = change.mutable_body()->mutable_contact_observed()->mutable_contact();
    contact->mutable_name()->mutable_full()->set_plain("Nguyễn Văn " + text);
    contact->add_emails()->set_plain(customer + "." + text + "@example.com");
    // Nobody ever has a number of somebody else's: these customers are never taken for one.
    contact->add_phones()->set_plain("+84 90 " + std::to_string(1'000'000 + number % 9'000'000));
    for (int i = 0; bulky_ && i < 40; ++i) {
      contact->add_addresses()->mutable_recipient()->set_plain(std::string(4000, 'r'));
    }
  } else if (draw < 85) {
    const bool is_sale = draw < 60;
    auto* posting = change.mutable_body()->mutable_posting();
    posting->set_kind(is_sale ? carnet::v1::VOUCHER_KIND_SALE : carnet::v1::VOUCHER_KIND_RECEIPT);
    posting->set_code((is_sale ? "S-" : "R-") + text);
    posting->mutable_total()->set_unit(kUnit);
    posting->mutable_total()->set_minor(random.Between(1, 50'000));
    auto* tender = posting->add_tenders();
    tender->set_method(is_sale ? carnet::v1::TENDER_METHOD_ON_ACCOUNT
                               : carnet::v1::TENDER_METHOD_CASH);
    tender->mutable_amount()->set_minor(posting->total().minor());
  } else {
    auto* set_debt = change.mutable_body()->mutable_set_debt();
    set_debt->set_code("D-" + text);
    set_debt->mutable_target()->set_unit(kUnit);
    // Few figures: now and then there is nothing to do.
    set_debt->mutable_target()->set_minor(random.Between(0, 2) * 1000);
    change.set_intent(carnet::v1::INTENT_REQUEST);
  }
  return change;
}

ShopStory::State ShopStory::After(size_t count) const {
  State state;
  for (size_t number = 0; number < count; ++number) {
    const Change change = At(number);
    int64_t& balance = state.balances[change.external_id()];
    const int64_t before = balance;
    if (change.body().has_contact_observed()) {
      state.names[change.external_id()] =
          change.body().contact_observed().contact().name().full().plain();
    }
    if (change.body().has_posting()) {
      const auto& posting = change.body().posting();
      const bool is_sale = posting.kind() == carnet::v1::VOUCHER_KIND_SALE;
      balance += is_sale ? posting.total().minor() : -posting.total().minor();
      state.codes.push_back(posting.code());
    } else if (change.body().has_set_debt()) {
      balance = change.body().set_debt().target().minor();
      if (balance != before) state.codes.push_back(change.body().set_debt().code());
    }
  }
  return state;
}

}  // namespace carnet::acceptance
