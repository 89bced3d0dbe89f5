// Who is forgotten in tests, and who is not.
#pragma once

#include <string>
#include <vector>

namespace carnet::acceptance {

// Somebody seen by the till and the web shop, with something in every place that holds such values.
struct Person {
  std::string key;  // part of external ids and codes
  std::string given;
  std::string family;
  std::string phone;  // as typed
  std::string e164;
  std::string email;
  std::string old_email;
  std::string street;
  std::string town;
  std::string birth_date;
  std::string note;    // on the card
  std::string custom;  // a field of the shop's own
  std::string sale_note;
  std::string debt_note;
  std::string reversal_note;
  std::string order_note;
  std::string instructions;

  std::vector<std::string> values() const {
    return {given,     family,        phone,      e164,        email,  old_email,
            street,    town,          birth_date, note,        custom, sale_note,
            debt_note, reversal_note, order_note, instructions};
  }
};

// Somebody who is.
inline const Person kLan = {"lan",
                            "Quetzalina",
                            "Wexforthy",
                            "06 12 34 56 78",
                            "+33612345678",
                            "quetzalina@mailbox.example",
                            "wexforthy-before@mailbox.example",
                            "17 rue des Hirondelles-Bleues",
                            "Sainte-Mirabelle",
                            "1987-03-14",
                            "prefers-the-back-door",
                            "dog-named-Zebulon",
                            "for-her-sister-Ottoline",
                            "agreed-by-Quetzalina-on-the-phone",
                            "brought-back-by-neighbour-Fitzwillow",
                            "ring-twice-at-Wexforthys",
                            "code-4711-second-floor"};
// Somebody who is not forgotten.
inline const Person kControl = {"paul",
                                "Barnabas",
                                "Oglethorpe",
                                "06 98 76 54 32",
                                "+33698765432",
                                "barnabas@postbox.example",
                                "oglethorpe-before@postbox.example",
                                "4 impasse du Moulin-Rouge-et-Noir",
                                "Port-Valerian",
                                "1979-11-02",
                                "collects-on-fridays",
                                "cat-named-Melchior",
                                "gift-for-uncle-Ruprecht",
                                "agreed-by-Barnabas-in-the-shop",
                                "returned-by-cousin-Ethelbert",
                                "leave-at-Oglethorpes-gate",
                                "code-1234-ground-floor"};

}  // namespace carnet::acceptance
