// Cards and vouchers as a person reads them.
#include "cli/card.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "cli/vouchers.h"

namespace carnet::cli {
namespace {

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

const char* const kCustomer = R"pb(
  name: "merchants/shop/customers/0196dd0c-b640-74e1-9bbb-52825cc4d701"
  display_name: "Đỗ Thị Thu Hà"
  contact {
    type: PARTY_TYPE_CONSUMER
    name {
      full { plain: "Đỗ Thị Thu Hà" }
      given { plain: "Thu Hà" }
      family { plain: "Đỗ Thị" }
    }
    phones { plain: "0900 000 135" normalized: "+84900000135" flags: VALUE_FLAG_MOBILE }
    phones { plain: "12" flags: VALUE_FLAG_INVALID }
    addresses {
      street { plain: "12 Hàng Bạc\nTầng 2" }
      town { plain: "Hà Nội" }
      country: "VN"
      uses: ADDRESS_USE_SHIPPING
    }
  }
  origins {
    field: "type"
    channel: "back-office"
    source: "office"
    actor: "office-2"
    occurred_at { seconds: 1747496700 }
    change_number: 116
  }
  origins {
    field: "name"
    channel: "back-office"
    source: "office"
    actor: "office-2"
    occurred_at { seconds: 1747496700 }
    change_number: 116
  }
  origins {
    field: "phones"
    channel: "facebook"
    source: "page-vn"
    actor: "agent-lan"
    occurred_at { seconds: 1747464300 }
    change_number: 96
  }
  origins {
    field: "addresses"
    channel: "facebook"
    source: "page-vn"
    occurred_at { seconds: 1747464300 }
    change_number: 96
  }
  records {
    name: "customers/a"
    channel: "facebook"
    source: "page-vn"
    external_id: "psid:7009"
    created_at { seconds: 1747500000 }
    created_change_number: 96
  }
  records {
    name: "customers/b"
    channel: "back-office"
    source: "office"
    external_id: "A-31"
    created_at { seconds: 1747500001 }
    created_change_number: 116
  }
  balances { unit: "VND" receivable_minor: 1500000 receivable: "1500000" }
)pb";

TEST(Card, EachValueSaysWhereItCameFrom) {
  const auto customer = Parse<v1::Customer>(kCustomer);
  EXPECT_EQ(RenderCard(customer, absl::FixedTimeZone(7 * 3600)), R"(Đỗ Thị Thu Hà
merchants/shop/customers/0196dd0c-b640-74e1-9bbb-52825cc4d701

FIELD    VALUE                                       FROM                BY         SAID AT                     CHANGE
type     consumer                                    back-office/office  office-2   2025-05-17 22:45:00 +07:00     116
name     Đỗ Thị Thu Hà (Thu Hà Đỗ Thị)               back-office/office  office-2   2025-05-17 22:45:00 +07:00     116
phone    0900 000 135 (+84900000135) [mobile]        facebook/page-vn    agent-lan  2025-05-17 13:45:00 +07:00      96
         12 [invalid]
address  12 Hàng Bạc, Tầng 2, Hà Nội, VN [shipping]  facebook/page-vn               2025-05-17 13:45:00 +07:00      96

KNOWN TO            AS         SOURCE RECORD  SINCE                       CHANGE
facebook/page-vn    psid:7009  customers/a    2025-05-17 23:40:00 +07:00      96
back-office/office  A-31       customers/b    2025-05-17 23:40:01 +07:00     116

    OWES US
1500000 VND
)");
}

TEST(Card, AList) {
  EXPECT_EQ(RenderCustomers({Parse<v1::Customer>(kCustomer)}),
            R"(NAME           PHONE         SEEN IN                    OWES US  ID
Đỗ Thị Thu Hà  0900 000 135  facebook, back-office  1500000 VND  0196dd0c-b640-74e1-9bbb-52825cc4d701
)");
}

// Whatever Contact has can be shown: a field that comes to it later, too.
TEST(Card, EveryFieldHasWords) {
  const auto contact = Parse<v1::Contact>(R"pb(
    type: PARTY_TYPE_COMPANY
    name { full { plain: "Camille Roux" } }
    company_name { plain: "Roux SARL" }
    emails { plain: "a@b.fr" }
    phones { plain: "12" }
    addresses { town { plain: "Lyon" } }
    birth_date { plain: "1990-02-28" }
    company_numbers {
      scheme: "siret"
      number { plain: "732" }
    }
    language: "fr"
    country: "FR"
    relations: RELATION_CUSTOMER
    role: CUSTOMER_ROLE_AGENT
    web_site { plain: "https://b.fr" }
    notes { plain: "n" }
    tags: "vip"
    sector: "food"
    relation_type: "regular"
    assignee { team: "north" }
    salesperson: "anna"
    referrer { customer: "customers/x" }
    logistics { carrier: "dhl" days: WEEKDAY_MONDAY window_start: "08:00" window_end: "12:00" }
    payment_method: "card"
    price_list: "b2b"
    accounting_account: "411007"
    company: "customers/y"
    code: "007"
    custom { key: "size" number: "42" }
  )pb");
  const auto* descriptor = v1::Contact::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const std::string name = descriptor->field(i)->name();
    const auto values = FieldValues(contact, name == "custom" ? "custom.size" : name);
    ASSERT_EQ(values.size(), 1u) << name;
    EXPECT_NE(values[0], "") << name;
    EXPECT_EQ(values[0].find('{'), std::string::npos) << name << ": " << values[0];
  }
  EXPECT_EQ(FieldValues(contact, "logistics")[0], "dhl, monday, 08:00–12:00");
  EXPECT_EQ(FieldValues(contact, "assignee")[0], "team north");
}

TEST(Card, SomebodyOfWhomNothingIsKnown) {
  EXPECT_EQ(RenderCard(Parse<v1::Customer>("name: 'merchants/m/customers/x'")),
            "(no name)\nmerchants/m/customers/x\n\nNo voucher yet: owes nothing.\n");
}

TEST(Vouchers, AmountsTendersAndWhatHappened) {
  const auto sale = Parse<v1::Voucher>(R"pb(
    kind: VOUCHER_KIND_SALE
    code: "T1-4"
    record: "customers/a"
    total { unit: "EUR" minor: 11840 decimal: "118.40" }
    receivable { unit: "EUR" minor: 10000 decimal: "100.00" }
    balance_after { unit: "EUR" minor: 10000 decimal: "100.00" }
    tenders {
      method: TENDER_METHOD_CASH
      amount { minor: 1840 }
    }
    tenders {
      method: TENDER_METHOD_ON_ACCOUNT
      amount { minor: 10000 }
    }
    effective_date: "2025-05-17"
    due_date: "2025-06-16"
    channel: "pos"
    source: "till-1"
    flags: "CODE_REUSED"
    reversed_by: "X-1"
    note: "for Monday"
  )pb");
  const auto walk_in = Parse<v1::Voucher>(R"pb(
    kind: VOUCHER_KIND_SALE
    code: "T1-5"
    total { unit: "EUR" minor: 890 decimal: "8.90" }
    receivable { unit: "EUR" decimal: "0.00" }
    balance_after { unit: "EUR" decimal: "0.00" }
    tenders {
      method: TENDER_METHOD_CASH
      amount { minor: 890 }
    }
    effective_date: "2025-05-17"
    due_date: "2025-05-17"
    channel: "pos"
    source: "till-1"
  )pb");
  EXPECT_EQ(
      RenderVouchers({sale, walk_in}, nullptr),
      R"(DATE        CODE  KIND       TOTAL  ON ACCOUNT  OWED AFTER  PAID BY                         FROM        REMARKS
2025-05-17  T1-4  sale  118.40 EUR  100.00 EUR  100.00 EUR  cash 18.40 + on account 100.00  pos/till-1  reversed by X-1, due 2025-06-16, CODE_REUSED, "for Monday"
2025-05-17  T1-5  sale    8.90 EUR                          cash                            pos/till-1
)");
}

}  // namespace
}  // namespace carnet::cli
