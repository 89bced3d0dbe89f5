#include "tests/bench/people.h"

#include <array>
#include <cstdio>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "tests/bench/till_day.h"

namespace carnet::bench {
namespace {

struct Written {
  const char* name;
  const char* plain;  // as in an e-mail address
};

constexpr std::array<Written, 48> kGiven = {{
    {"Camille", "camille"},
    {"Léa", "lea"},
    {"Chloé", "chloe"},
    {"Inès", "ines"},
    {"Zoé", "zoe"},
    {"Manon", "manon"},
    {"Anaïs", "anais"},
    {"Élodie", "elodie"},
    {"Aurélie", "aurelie"},
    {"Océane", "oceane"},
    {"Margaux", "margaux"},
    {"Juliette", "juliette"},
    {"Hélène", "helene"},
    {"Françoise", "francoise"},
    {"Monique", "monique"},
    {"Brigitte", "brigitte"},
    {"Nathalie", "nathalie"},
    {"Sylvie", "sylvie"},
    {"Lucas", "lucas"},
    {"Hugo", "hugo"},
    {"Théo", "theo"},
    {"Noé", "noe"},
    {"Gaël", "gael"},
    {"Jérôme", "jerome"},
    {"Benoît", "benoit"},
    {"François", "francois"},
    {"Grégoire", "gregoire"},
    {"Mickaël", "mickael"},
    {"Sébastien", "sebastien"},
    {"Rémi", "remi"},
    {"Yann", "yann"},
    {"Antoine", "antoine"},
    {"Mathieu", "mathieu"},
    {"Olivier", "olivier"},
    {"Pascal", "pascal"},
    {"Didier", "didier"},
    {"Jean-Luc", "jean-luc"},
    {"Marie-Ève", "marie-eve"},
    {"Linh", "linh"},
    {"Minh Anh", "minhanh"},
    {"Thảo", "thao"},
    {"Đức", "duc"},
    {"Hương", "huong"},
    {"Quốc", "quoc"},
    {"Samira", "samira"},
    {"Yasmine", "yasmine"},
    {"Karim", "karim"},
    {"Bob", "bob"},
}};

constexpr std::array<Written, 60> kFamily = {{
    {"Martin", "martin"},     {"Bernard", "bernard"},     {"Dubois", "dubois"},
    {"Thomas", "thomas"},     {"Robert", "robert"},       {"Richard", "richard"},
    {"Petit", "petit"},       {"Durand", "durand"},       {"Leroy", "leroy"},
    {"Moreau", "moreau"},     {"Simon", "simon"},         {"Laurent", "laurent"},
    {"Lefèvre", "lefevre"},   {"Michel", "michel"},       {"Garcia", "garcia"},
    {"David", "david"},       {"Bertrand", "bertrand"},   {"Roux", "roux"},
    {"Vincent", "vincent"},   {"Fournier", "fournier"},   {"Morel", "morel"},
    {"Girard", "girard"},     {"André", "andre"},         {"Mercier", "mercier"},
    {"Dupont", "dupont"},     {"Lambert", "lambert"},     {"Bonnet", "bonnet"},
    {"François", "francois"}, {"Martinez", "martinez"},   {"Legrand", "legrand"},
    {"Garnier", "garnier"},   {"Faure", "faure"},         {"Rousseau", "rousseau"},
    {"Blanc", "blanc"},       {"Guérin", "guerin"},       {"Müller", "muller"},
    {"Henry", "henry"},       {"Nicolas", "nicolas"},     {"Perrin", "perrin"},
    {"Morin", "morin"},       {"Mathieu", "mathieu"},     {"Clément", "clement"},
    {"Gauthier", "gauthier"}, {"Dumont", "dumont"},       {"Lopez", "lopez"},
    {"Fontaine", "fontaine"}, {"Chevalier", "chevalier"}, {"Robin", "robin"},
    {"Masson", "masson"},     {"Le Goff", "legoff"},      {"de La Tour", "delatour"},
    {"Nguyễn", "nguyen"},     {"Trần", "tran"},           {"Lê", "le"},
    {"Phạm", "pham"},         {"Hoàng", "hoang"},         {"Benali", "benali"},
    {"Haddad", "haddad"},     {"O'Brien", "obrien"},      {"Kowalczyk", "kowalczyk"},
}};

constexpr std::array<const char*, 20> kStreets = {
    "rue de la Soie",    "rue des Tanneurs",   "avenue Jean Jaurès", "rue Pasteur",
    "place du Marché",   "rue du Moulin",      "boulevard Voltaire", "rue de l'Église",
    "chemin des Vignes", "rue Victor Hugo",    "impasse des Lilas",  "quai des Bateliers",
    "rue de la Gare",    "allée des Platanes", "rue du Faubourg",    "cours Lafayette",
    "rue des Écoles",    "route de Bellevue",  "rue Saint-Michel",   "rue de Siam"};

struct Town {
  const char* postcode;
  const char* name;
};
constexpr std::array<Town, 12> kTowns = {{{"69004", "Lyon"},
                                          {"29200", "Brest"},
                                          {"67000", "Strasbourg"},
                                          {"31000", "Toulouse"},
                                          {"44000", "Nantes"},
                                          {"59800", "Lille"},
                                          {"13005", "Marseille"},
                                          {"35000", "Rennes"},
                                          {"21000", "Dijon"},
                                          {"38000", "Grenoble"},
                                          {"63000", "Clermont-Ferrand"},
                                          {"75011", "Paris"}}};

constexpr std::array<const char*, 3> kDomains = {"example.com", "example.net", "example.org"};

// Six ranges of 10,000 that France keeps for films and books, each written in four ways: enough
// different texts for all customers.
std::string PhoneOf(uint32_t customer) {
  constexpr std::array<const char*, 6> kPrefixes = {"19900", "26191", "35301",
                                                    "46571", "53649", "63998"};
  const std::string prefix = kPrefixes[customer % 6];
  const uint32_t last = customer / 6 % 10'000;
  char digits[8];
  std::snprintf(digits, sizeof digits, "%04u", last);
  const std::string number = prefix + digits;  // nine digits
  const auto pairs = [&](const char* between) {
    return absl::StrCat(number.substr(1, 2), between, number.substr(3, 2), between,
                        number.substr(5, 2), between, number.substr(7, 2));
  };
  switch (customer / 60'000 % 4) {
    case 0:
      return absl::StrCat("0", number.substr(0, 1), " ", pairs(" "));
    case 1:
      return absl::StrCat("+33", number);
    case 2:
      return absl::StrCat("0", number);
    default:
      return absl::StrCat("+33 ", number.substr(0, 1), " ", pairs(" "));
  }
}

}  // namespace

void FillContact(uint32_t customer, uint32_t version, bool with_address, v1::Contact* contact) {
  const uint64_t looks = Mix(uint64_t{customer} * 3 + 1);
  const Written& given = kGiven[looks % kGiven.size()];
  const Written& family = kFamily[(looks >> 16) % kFamily.size()];
  contact->set_type(v1::PARTY_TYPE_CONSUMER);
  contact->mutable_name()->mutable_given()->set_plain(given.name);
  contact->mutable_name()->mutable_family()->set_plain(family.name);
  contact->add_emails()->set_plain(
      version == 0 ? absl::StrCat(given.plain, ".", family.plain, customer, "@",
                                  kDomains[(looks >> 32) % kDomains.size()])
                   : absl::StrCat(absl::AsciiStrToUpper(family.plain), ".", customer, "+v", version,
                                  "@", kDomains[version % kDomains.size()]));
  contact->add_phones()->set_plain(PhoneOf(customer));
  if (!with_address) return;
  v1::Address* address = contact->add_addresses();
  const Town& town = kTowns[(looks >> 40) % kTowns.size()];
  address->mutable_street()->set_plain(
      absl::StrCat(looks % 140 + 1, " ", kStreets[(looks >> 48) % kStreets.size()]));
  address->mutable_postcode()->set_plain(town.postcode);
  address->mutable_town()->set_plain(town.name);
  address->set_country("FR");
}

}  // namespace carnet::bench
