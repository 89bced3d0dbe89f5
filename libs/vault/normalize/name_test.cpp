#include "vault/normalize/name.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "rapidcheck/gtest.h"

namespace carnet::vault {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

// "marie:g dupont:f" — parts with their roles.
std::string Show(const std::vector<NamePart>& parts) {
  std::string text;
  for (const NamePart& part : parts) {
    if (!text.empty()) text += " ";
    text += part.text;
    if (part.role == NameRole::kGiven) text += ":g";
    if (part.role == NameRole::kFamily) text += ":f";
  }
  return text;
}

std::string Full(std::string_view full, std::string_view country) {
  return Show(NormalizePersonName(full, "", "", country));
}

TEST(NameTest, TitlesAndParticlesComeAndGoWithWhoTypes) {
  EXPECT_EQ(Full("Mme Hélène DE LA TOUR", "FR"), "helene tour");
  EXPECT_EQ(Full("M. Jean-Pierre Durand", "FR"), "jean pierre durand");
  EXPECT_EQ(Full("M. Johnson", "AU"), "m johnson");  // an initial where nobody says Monsieur
  EXPECT_EQ(Full("Dhr. J. van den Berg", "NL"), "j berg");
  EXPECT_EQ(Full("Jan v.d. Berg", "NL"), "jan berg");
  EXPECT_EQ(Full("Aya van 't Erve", "NL"), "aya erve");
  EXPECT_EQ(Full("Frau Prof. Dr. Jürgen von Großmann", "DE"), "jurgen grossmann");
  EXPECT_EQ(Full("Fiona O’Brien", "GB"), "fiona obrien");
  EXPECT_EQ(Full("Fiona OBrien", "GB"), "fiona obrien");
  EXPECT_EQ(Full("Gina D'Angelo", "FR"), "gina angelo");
  EXPECT_EQ(Full("LACOMBE D", "FR"), "lacombe d");
  EXPECT_EQ(Full("De La", "FR"), "de la");  // nothing else: kept
  EXPECT_EQ(Full("Mme", "FR"), "mme");
  EXPECT_EQ(Full(" - ", "FR"), "");
}

TEST(NameTest, VietnameseRules) {
  EXPECT_EQ(Full("Nguyễn Thị Ánh Đào", "VN"), "nguyen anh dao");
  EXPECT_EQ(Full("NGUYEN VAN NAM", "VN"), "nguyen nam");
  EXPECT_EQ(Full("Văn Nam", "VN"), "van nam");  // may be all of it
  EXPECT_EQ(Full("Thị Hoa", "VN"), "thi hoa");
  EXPECT_EQ(Full("A Phúc", "VN"), "phuc:g");
  EXPECT_EQ(Full("C LAN", "VN"), "lan:g");
  EXPECT_EQ(Full("Anh Tuấn", "VN"), "tuan:g");
  EXPECT_EQ(Full("chị Lê Hoa", "VN"), "le hoa");
  EXPECT_EQ(Full("Anh Nguyễn", "VN"), "anh nguyen");  // called by given name, so this is one
  EXPECT_EQ(Full("LE HUY", "VN"), "le huy");
  // One word alone is the given name.
  EXPECT_EQ(Full("Khoa", "VN"), "khoa:g");
  EXPECT_EQ(Full("Nguyễn", "VN"), "nguyen:f");
  EXPECT_EQ(Full("Mme Roger", "FR"), "roger:f");
  EXPECT_EQ(Full("Roger", "FR"), "roger");
  // The country is the shop's: letters and family names tell too.
  EXPECT_EQ(Full("Lê Văn Việt", "FR"), "le viet");
  EXPECT_EQ(Full("Nguyen Van Du", "AU"), "nguyen du");
  EXPECT_EQ(Full("A. ROYER", "FR"), "a royer");
}

TEST(NameTest, RolesAreKeptWhereKnown) {
  EXPECT_EQ(Show(NormalizePersonName("", "Marie", "Dupont", "FR")), "marie:g dupont:f");
  EXPECT_EQ(Show(NormalizePersonName("Mme Marie Claire DUPONT", "Marie", "Dupont", "FR")),
            "marie:g dupont:f claire");
  EXPECT_EQ(Show(NormalizePersonName("", "Văn Huy", "Lê", "AU")), "huy:g le:f");
  // A given name that is also a title: only a whole name loses it.
  EXPECT_EQ(Show(NormalizePersonName("", "Anh Thư", "Nguyễn", "VN")), "anh:g thu:g nguyen:f");
  EXPECT_EQ(Show(NormalizePersonName("", "", "de Vries", "NL")), "vries:f");
}

TEST(NameTest, TheFullKeyIgnoresOrder) {
  EXPECT_EQ(FullNameKey(NormalizePersonName("DUPONT Marie", "", "", "FR")), "dupont marie");
  EXPECT_EQ(FullNameKey(NormalizePersonName("", "Marie", "Dupont", "FR")), "dupont marie");
  EXPECT_EQ(FullNameKey({}), "");
}

TEST(NameTest, Companies) {
  EXPECT_EQ(Show(NormalizeCompanyName("S.A.R.L. Boulangerie Vallet")), "boulangerie vallet");
  EXPECT_EQ(Show(NormalizeCompanyName("Bakkerij Koret B.V.")), "bakkerij koret");
  EXPECT_EQ(Show(NormalizeCompanyName("Müller & Söhne GmbH")), "muller sohne");
  EXPECT_EQ(Show(NormalizeCompanyName("Công ty TNHH Hoàng")), "hoang");
  EXPECT_EQ(Show(NormalizeCompanyName("SAS")), "sas");
}

TEST(NameTest, NicknamesHaveRoots) {
  EXPECT_EQ(NicknameRoot("bob"), "robert");
  EXPECT_EQ(NicknameRoot("seb"), "sebastien");
  EXPECT_EQ(NicknameRoot("kees"), "cornelis");
  EXPECT_EQ(NicknameRoot("pepe"), "jose");
  EXPECT_EQ(NicknameRoot("robert"), "");
  EXPECT_EQ(NicknameRoot("sam"), "");  // of several names
}

TEST(NameTest, DeletionsFromFiveLetters) {
  EXPECT_THAT(OneLetterDeletions("marc"), IsEmpty());
  EXPECT_THAT(OneLetterDeletions("marco"), ElementsAre("arco", "maco", "marc", "maro", "mrco"));
  EXPECT_THAT(OneLetterDeletions("aaaaa"), ElementsAre("aaaa"));
  // Letters, not bytes.
  EXPECT_THAT(OneLetterDeletions("иванов"), Contains("ванов"));
  EXPECT_EQ(InitialOf("иванов"), "и");
}

TEST(NameTest, NamesOfThousandsOfWordsStayBounded) {
  std::string endless;
  for (int i = 0; i < 1000; ++i) endless += "w" + std::to_string(i) + " ";
  EXPECT_LE(NormalizePersonName(endless, endless, endless, "FR").size(), kMaxNameParts);
  const auto parts = NormalizePersonName(std::string(4000, 'a'), "", "", "FR");
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].text.size(), kMaxPartLetters);
}

// Leading titles are left out of the words: "anh" is dropped in front and kept elsewhere, which no
// order-free form can give back.
RC_GTEST_PROP(NamePropertyTest, PartsGiveThemselves, ()) {
  const auto words = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "Marie", "Dupont", "Nguyễn", "Thị", "Văn", "Jürgen", "O'Brien", "van", "de", "B", "Lê",
      "Großmann", "D'Angelo", "Đào", "Jean-Luc"));
  const std::string country = *rc::gen::element<std::string>("FR", "VN", "NL", "");
  std::string typed;
  for (const std::string& word : words) typed += word + " ";
  const std::vector<NamePart> parts = NormalizePersonName(typed, "", "", country);
  std::string joined;
  for (const NamePart& part : parts) joined += part.text + " ";
  // What told the name to be Vietnamese may have been folded away; as its country it is told again.
  const bool vietnamese = typed.find("Lê") != std::string::npos ||
                          typed.find("Thị") != std::string::npos ||
                          typed.find("Nguyễn") != std::string::npos;
  const auto again = NormalizePersonName(joined, "", "", vietnamese ? "VN" : country);
  // A title tells the role of one word alone, and is gone.
  if (parts.size() == 1) {
    RC_ASSERT(again.size() == 1u);
    RC_ASSERT(again[0].text == parts[0].text);
  } else {
    RC_ASSERT(again == parts);
  }
}

RC_GTEST_PROP(NamePropertyTest, PartsOneEditApartAreFoundByDeletions, ()) {
  const std::string part = *rc::gen::container<std::string>(7, rc::gen::inRange('a', 'z'));
  const auto at = *rc::gen::inRange<size_t>(0, part.size());
  std::string replaced = part;
  replaced[at] = 'z';
  const std::string removed = std::string(part).erase(at, 1);
  const auto deletions = OneLetterDeletions(part);
  const auto others = OneLetterDeletions(replaced);
  RC_ASSERT(std::find_first_of(deletions.begin(), deletions.end(), others.begin(), others.end()) !=
            deletions.end());
  RC_ASSERT(std::find(deletions.begin(), deletions.end(), removed) != deletions.end());
}

}  // namespace
}  // namespace carnet::vault
