#include "vault/normalize/name_words.h"

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

namespace carnet::vault {
namespace {

using WordSet = absl::flat_hash_set<absl::string_view>;
using WordMap = absl::flat_hash_map<absl::string_view, absl::string_view>;

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// Nicknames whose root is not in doubt, in English, French, German, Dutch and Spanish. A nickname
// of several names (Sam, Chris, Alex, Pat) stands for none of them: a wrong root makes strangers
// alike, a missing one costs a suggestion.
const WordMap& Nicknames() {
  static const WordMap map = {
      {"abby", "abigail"},
      {"andy", "andrew"},
      {"becky", "rebecca"},
      {"ben", "benjamin"},
      {"benny", "benjamin"},
      {"beth", "elizabeth"},
      {"betsy", "elizabeth"},
      {"betty", "elizabeth"},
      {"bill", "william"},
      {"billy", "william"},
      {"bob", "robert"},
      {"bobby", "robert"},
      {"cathy", "catherine"},
      {"charlie", "charles"},
      {"chuck", "charles"},
      {"connie", "constance"},
      {"dan", "daniel"},
      {"danny", "daniel"},
      {"dave", "david"},
      {"debbie", "deborah"},
      {"dick", "richard"},
      {"dotty", "dorothy"},
      {"drew", "andrew"},
      {"ed", "edward"},
      {"eddie", "edward"},
      {"fred", "frederick"},
      {"gabe", "gabriel"},
      {"greg", "gregory"},
      {"jack", "john"},
      {"jeff", "jeffrey"},
      {"jenny", "jennifer"},
      {"jim", "james"},
      {"jimmy", "james"},
      {"joe", "joseph"},
      {"joey", "joseph"},
      {"johnny", "john"},
      {"jon", "jonathan"},
      {"josh", "joshua"},
      {"kathy", "katherine"},
      {"katie", "katherine"},
      {"ken", "kenneth"},
      {"kenny", "kenneth"},
      {"larry", "lawrence"},
      {"liz", "elizabeth"},
      {"lizzie", "elizabeth"},
      {"maggie", "margaret"},
      {"matt", "matthew"},
      {"meg", "margaret"},
      {"mike", "michael"},
      {"mickey", "michael"},
      {"mick", "michael"},
      {"nate", "nathan"},
      {"ned", "edward"},
      {"nick", "nicholas"},
      {"patty", "patricia"},
      {"peggy", "margaret"},
      {"pete", "peter"},
      {"phil", "philip"},
      {"rich", "richard"},
      {"rick", "richard"},
      {"ricky", "richard"},
      {"rob", "robert"},
      {"robbie", "robert"},
      {"ron", "ronald"},
      {"ronnie", "ronald"},
      {"sally", "sarah"},
      {"sandy", "sandra"},
      {"steve", "steven"},
      {"sue", "susan"},
      {"susie", "susan"},
      {"ted", "theodore"},
      {"terry", "terence"},
      {"tim", "timothy"},
      {"timmy", "timothy"},
      {"tom", "thomas"},
      {"tommy", "thomas"},
      {"tony", "anthony"},
      {"trish", "patricia"},
      {"vicky", "victoria"},
      {"walt", "walter"},
      {"will", "william"},
      {"willie", "william"},
      {"zach", "zachary"},
      {"zack", "zachary"},
      // French
      {"bebert", "robert"},
      {"cathou", "catherine"},
      {"domi", "dominique"},
      {"fabi", "fabienne"},
      {"fanfan", "francoise"},
      {"fredo", "frederic"},
      {"gege", "gerard"},
      {"isa", "isabelle"},
      {"jeannot", "jean"},
      {"jojo", "joseph"},
      {"lulu", "lucien"},
      {"manu", "emmanuel"},
      {"margot", "marguerite"},
      {"mimi", "michele"},
      {"momo", "mohamed"},
      {"nath", "nathalie"},
      {"nico", "nicolas"},
      {"pierrot", "pierre"},
      {"seb", "sebastien"},
      {"steph", "stephane"},
      {"titi", "thierry"},
      {"val", "valerie"},
      {"vero", "veronique"},
      {"xav", "xavier"},
      // German
      {"basti", "sebastian"},
      {"gabi", "gabriele"},
      {"hannes", "johannes"},
      {"heini", "heinrich"},
      {"jupp", "josef"},
      {"kathi", "katharina"},
      {"michi", "michael"},
      {"moni", "monika"},
      {"sepp", "josef"},
      {"susi", "susanne"},
      {"uli", "ulrich"},
      {"wolfi", "wolfgang"},
      // Dutch
      {"bas", "sebastiaan"},
      {"bert", "albert"},
      {"gijs", "gijsbert"},
      {"henk", "hendrik"},
      {"jaap", "jacob"},
      {"joop", "johannes"},
      {"kees", "cornelis"},
      {"koos", "jacobus"},
      {"mieke", "maria"},
      {"piet", "pieter"},
      {"sjaak", "jacob"},
      {"sjef", "jozef"},
      {"wim", "willem"},
      // Spanish
      {"charo", "rosario"},
      {"chema", "josemaria"},
      {"concha", "concepcion"},
      {"lola", "dolores"},
      {"maite", "mariateresa"},
      {"nacho", "ignacio"},
      {"paco", "francisco"},
      {"pancho", "francisco"},
      {"pepe", "jose"},
      {"quique", "enrique"},
  };
  return map;
}

}  // namespace

bool IsTitle(std::string_view part) {
  static const WordSet set = {
      "mr",   "mrs",  "ms",   "miss",  "mister", "sir",      "dr",      "drs",
      "prof", "mme",  "mlle", "mle",   "mm",     "monsieur", "madame",  "mademoiselle",
      "me",   "herr", "frau", "hr",    "dhr",    "heer",     "mevr",    "mevrouw",
      "mw",   "mej",  "ir",   "ing",   "fam",    "familie",  "famille", "family",
      "sr",   "sra",  "srta", "senor", "senora"};
  return set.contains(View(part));
}

bool IsVietnameseTitle(std::string_view part) {
  static const WordSet set = {"anh", "ba", "bac", "chi", "chu", "co", "em", "ong"};
  return set.contains(View(part));
}

bool IsParticle(std::string_view part) {
  static const WordSet set = {"van", "vd",    "de",  "der", "den", "het", "ter", "ten",
                              "te",  "op",    "von", "vom", "zu",  "zum", "zur", "le",
                              "la",  "les",   "du",  "des", "di",  "da",  "dos", "das",
                              "del", "della", "el",  "al",  "bin", "ibn", "af",  "av"};
  return set.contains(View(part));
}

bool IsVietnameseFamilyName(std::string_view part) {
  static const WordSet set = {"nguyen", "tran", "pham",  "hoang", "huynh", "phan",  "truong",
                              "bui",    "dang", "duong", "trinh", "dinh",  "luong", "vuong"};
  return set.contains(View(part));
}

bool IsLegalForm(std::string_view part) {
  static const WordSet set = {"sarl", "sas",  "sasu", "sa",  "eurl", "sci",     "snc",  "scop",
                              "ei",   "eirl", "bv",   "nv",  "vof",  "cv",      "gmbh", "ag",
                              "ug",   "kg",   "ohg",  "mbh", "ltd",  "limited", "llc",  "llp",
                              "inc",  "corp", "plc",  "pty", "sl",   "slu",     "srl",  "spa",
                              "bvba", "sprl", "tnhh", "mtv", "cty",  "jsc"};
  return set.contains(View(part));
}

std::string_view RootOf(std::string_view part) {
  const auto found = Nicknames().find(View(part));
  if (found == Nicknames().end()) return {};
  return {found->second.data(), found->second.size()};
}

}  // namespace carnet::vault
