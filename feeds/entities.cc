#include "feeds/entities.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/utf8.h"
#include "feeds/ascii.h"
#include "feeds/html.h"

namespace feedwire::feeds {
namespace {

struct Entity {
  std::string_view name;
  char32_t value = 0;
  bool bare = false;  // known without ";" too
};

// All of HTML 4 and what else feeds use of HTML 5, sorted by bytes: name, "*" if ";" may be
// missing, code point.
constexpr std::string_view kEntityList =
    "AElig*=c6 AMP*=26 Aacute*=c1 Abreve=102 Acirc*=c2 Agrave*=c0 Alpha=391 Amacr=100 Aogon=104 "
    "Aring*=c5 Atilde*=c3 Auml*=c4 Beta=392 COPY*=a9 Cacute=106 Ccaron=10c Ccedil*=c7 Ccirc=108 "
    "Cdot=10a CenterDot=b7 Chi=3a7 CloseCurlyDoubleQuote=201d CloseCurlyQuote=2019 Dagger=2021 "
    "Dcaron=10e Delta=394 DownArrow=2193 Dstrok=110 ENG=14a ETH*=d0 Eacute*=c9 Ecaron=11a "
    "Ecirc*=ca Edot=116 Egrave*=c8 Emacr=112 Eogon=118 Epsilon=395 Eta=397 Euml*=cb GT*=3e "
    "Gamma=393 Gbreve=11e Gcedil=122 Gcirc=11c Gdot=120 Hcirc=124 Hstrok=126 IJlig=132 IOcy=401 "
    "Iacute*=cd Icirc*=ce Idot=130 Igrave*=cc Imacr=12a InvisibleTimes=2062 Iogon=12e Iota=399 "
    "Itilde=128 Iuml*=cf Jcirc=134 Jukcy=404 Kappa=39a Kcedil=136 LT*=3c Lacute=139 Lambda=39b "
    "Lcaron=13d Lcedil=13b LeftArrow=2190 Lmidot=13f Longrightarrow=27f9 Lstrok=141 Mu=39c "
    "Nacute=143 Ncaron=147 Ncedil=145 NewLine=a NoBreak=2060 NonBreakingSpace=a0 NotEqual=2260 "
    "Ntilde*=d1 Nu=39d OElig=152 Oacute*=d3 Ocirc*=d4 Odblac=150 Ograve*=d2 Omacr=14c Omega=3a9 "
    "Omicron=39f OpenCurlyDoubleQuote=201c OpenCurlyQuote=2018 Oslash*=d8 Otilde*=d5 Ouml*=d6 "
    "Phi=3a6 Pi=3a0 PlusMinus=b1 Prime=2033 Psi=3a8 QUOT*=22 REG*=ae Racute=154 Rcaron=158 "
    "Rcedil=156 Rho=3a1 RightArrow=2192 Sacute=15a Scaron=160 Scedil=15e Scirc=15c Sigma=3a3 "
    "THORN*=de TRADE=2122 Tab=9 Tau=3a4 Tcaron=164 Tcedil=162 Theta=398 ThinSpace=2009 Tstrok=166 "
    "Uacute*=da Ubreve=16c Ucirc*=db Udblac=170 Ugrave*=d9 Umacr=16a Uogon=172 UpArrow=2191 "
    "Upsilon=3a5 Uring=16e Utilde=168 Uuml*=dc Wcirc=174 Xi=39e YIcy=407 Yacute*=dd Ycirc=176 "
    "Yuml=178 Zacute=179 Zcaron=17d Zdot=17b ZeroWidthSpace=200b Zeta=396 aacute*=e1 abreve=103 "
    "acirc*=e2 acute*=b4 aelig*=e6 agrave*=e0 alefsym=2135 alpha=3b1 amacr=101 amp*=26 and=2227 "
    "ang=2220 angle=2220 angst=c5 aogon=105 apos=27 approx=2248 aring*=e5 ast=2a asymp=2248 "
    "atilde*=e3 auml*=e4 bdquo=201e beta=3b2 bigcirc=25ef bigstar=2605 blacksquare=25aa "
    "blank=2423 block=2588 boxh=2500 boxv=2502 breve=2d8 brvbar*=a6 bsol=5c bull=2022 bullet=2022 "
    "cacute=107 cap=2229 caron=2c7 ccaron=10d ccedil*=e7 ccirc=109 cdot=10b cedil*=b8 cent*=a2 "
    "centerdot=b7 check=2713 checkmark=2713 chi=3c7 cir=25cb circ=2c6 circledR=ae clubs=2663 "
    "colon=3a comma=2c commat=40 cong=2245 copy*=a9 copysr=2117 crarr=21b5 cross=2717 cup=222a "
    "curren*=a4 dArr=21d3 dagger=2020 darr=2193 dash=2010 dblac=2dd dcaron=10f ddagger=2021 "
    "deg*=b0 delta=3b4 diams=2666 div=f7 divide*=f7 dollar=24 dot=2d9 dstrok=111 dtri=25bf "
    "dtrif=25be eacute*=e9 ecaron=11b ecirc*=ea edot=117 egrave*=e8 ell=2113 emacr=113 empty=2205 "
    "emsp=2003 emsp13=2004 emsp14=2005 eng=14b ensp=2002 eogon=119 epsilon=3b5 equals=3d "
    "equiv=2261 eta=3b7 eth*=f0 euml*=eb euro=20ac excl=21 exist=2203 female=2640 ffilig=fb03 "
    "fflig=fb00 ffllig=fb04 filig=fb01 flat=266d fllig=fb02 fnof=192 forall=2200 frac12*=bd "
    "frac13=2153 frac14*=bc frac15=2155 frac16=2159 frac18=215b frac23=2154 frac25=2156 "
    "frac34*=be frac35=2157 frac38=215c frac45=2158 frac56=215a frac58=215d frac78=215e "
    "frasl=2044 gamma=3b3 gbreve=11f gcirc=11d gdot=121 ge=2265 geq=2265 grave=60 gt*=3e "
    "hArr=21d4 hairsp=200a half=bd harr=2194 hbar=210f hcirc=125 hearts=2665 hellip=2026 "
    "horbar=2015 hstrok=127 hyphen=2010 iacute*=ed icirc*=ee iexcl*=a1 iff=21d4 igrave*=ec "
    "ijlig=133 imacr=12b image=2111 imath=131 in=2208 infin=221e inodot=131 int=222b iocy=451 "
    "iogon=12f iota=3b9 iquest*=bf isin=2208 itilde=129 iuml*=ef jcirc=135 kappa=3ba kcedil=137 "
    "kgreen=138 lArr=21d0 lacute=13a lambda=3bb lang=27e8 laquo*=ab larr=2190 lbrace=7b lbrack=5b "
    "lcaron=13e lcedil=13c lceil=2308 lcub=7b ldquo=201c ldquor=201e le=2264 leftarrow=2190 "
    "leq=2264 lfloor=230a lmidot=140 longrightarrow=27f6 lowast=2217 lowbar=5f loz=25ca lozf=29eb "
    "lpar=28 lrm=200e lsaquo=2039 lsqb=5b lsquo=2018 lsquor=201a lstrok=142 lt*=3c ltri=25c3 "
    "ltrif=25c2 macr*=af male=2642 malt=2720 maltese=2720 map=21a6 mapsto=21a6 marker=25ae "
    "mdash=2014 mho=2127 micro*=b5 middot*=b7 minus=2212 mldr=2026 mu=3bc nabla=2207 nacute=144 "
    "napos=149 natur=266e natural=266e nbsp*=a0 ncaron=148 ncedil=146 ndash=2013 ne=2260 ni=220b "
    "nldr=2025 not*=ac notin=2209 nsub=2284 ntilde*=f1 nu=3bd num=23 numero=2116 numsp=2007 "
    "oacute*=f3 ocirc*=f4 odblac=151 oelig=153 ogon=2db ograve*=f2 ohm=3a9 oline=203e omacr=14d "
    "omega=3c9 omicron=3bf oplus=2295 or=2228 ordf*=aa ordm*=ba oslash*=f8 otilde*=f5 otimes=2297 "
    "ouml*=f6 para*=b6 part=2202 percnt=25 period=2e permil=2030 perp=22a5 phi=3c6 phone=260e "
    "pi=3c0 piv=3d6 planck=210f plus=2b plusmn*=b1 pm=b1 pound*=a3 prime=2032 prod=220f prop=221d "
    "psi=3c8 puncsp=2008 quest=3f quot*=22 rArr=21d2 racute=155 radic=221a rang=27e9 raquo*=bb "
    "rarr=2192 rarrw=219d rbrace=7d rbrack=5d rcaron=159 rcedil=157 rceil=2309 rcub=7d rdquo=201d "
    "rdquor=201d real=211c reg*=ae rfloor=230b rho=3c1 rightarrow=2192 ring=2da rlm=200f rpar=29 "
    "rsaquo=203a rsqb=5d rsquo=2019 rsquor=2019 rtri=25b9 rtrif=25b8 sacute=15b sbquo=201a "
    "scaron=161 scedil=15f scirc=15d sdot=22c5 sect*=a7 semi=3b setminus=2216 sharp=266f shy*=ad "
    "sigma=3c3 sigmaf=3c2 sim=223c sol=2f spades=2660 squ=25a1 square=25a1 star=2606 starf=2605 "
    "sub=2282 sube=2286 sum=2211 sung=266a sup=2283 sup1*=b9 sup2*=b2 sup3*=b3 supe=2287 "
    "szlig*=df target=2316 tau=3c4 tcaron=165 tcedil=163 there4=2234 theta=3b8 thetasym=3d1 "
    "thickapprox=2248 thinsp=2009 thorn*=fe tilde=2dc times*=d7 trade=2122 tstrok=167 uArr=21d1 "
    "uacute*=fa uarr=2191 ubreve=16d ucirc*=fb udblac=171 ugrave*=f9 umacr=16b uml*=a8 uogon=173 "
    "upsih=3d2 upsilon=3c5 uring=16f utilde=169 utri=25b5 utrif=25b4 uuml*=fc vellip=22ee "
    "verbar=7c vert=7c wcirc=175 weierp=2118 xi=3be yacute*=fd ycirc=177 yen*=a5 yicy=457 "
    "yuml*=ff zacute=17a zcaron=17e zdot=17c zeta=3b6 zwj=200d zwnj=200c";

constexpr std::size_t kEntityCount = std::count(kEntityList.begin(), kEntityList.end(), '=');

constexpr std::array<Entity, kEntityCount> read_entity_list() {
  std::array<Entity, kEntityCount> entities{};
  std::string_view rest = kEntityList;
  for (Entity& entity : entities) {
    const std::size_t equals = rest.find('=');
    entity.bare = rest[equals - 1] == '*';
    entity.name = rest.substr(0, equals - (entity.bare ? 1 : 0));
    rest.remove_prefix(equals + 1);
    for (; !rest.empty() && rest[0] != ' '; rest.remove_prefix(1))
      entity.value = entity.value * 16 + static_cast<char32_t>(hex_digit(rest[0]));
    if (!rest.empty()) rest.remove_prefix(1);
  }
  return entities;
}

constexpr std::array<Entity, kEntityCount> kEntities = read_entity_list();
static_assert(std::is_sorted(kEntities.begin(), kEntities.end(),
                             [](const Entity& a, const Entity& b) { return a.name < b.name; }));

constexpr std::size_t kMaxName = 24;  // longer than any name above

// What Windows-1252 has at 0x80 to 0x9f; HTML 13.2.5.80.
constexpr std::uint16_t kWindows1252[32] = {
    0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
    0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};

const Entity* find_entity(std::string_view name) {
  const Entity* found = std::lower_bound(
      std::begin(kEntities), std::end(kEntities), name,
      [](const Entity& entity, std::string_view key) { return entity.name < key; });
  return found != kEntities.end() && found->name == name ? found : nullptr;
}

char32_t checked(std::uint32_t value) {
  if (value >= 0x80 && value < 0xa0) value = kWindows1252[value - 0x80];
  if (value == 0 || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return kReplacement;
  if (value == '\f') return ' ';  // white space as it, and may stand in a text
  if (is_html_space(static_cast<char>(value)) && value < 0x80) return value;
  const bool control = value < 0x20 || (value >= 0x7f && value < 0xa0);
  const bool noncharacter = (value & 0xfffe) == 0xfffe || (value >= 0xfdd0 && value <= 0xfdef);
  return control || noncharacter ? 0 : value;
}

CharRef read_number(std::string_view text) {
  const bool hex = text.size() > 2 && to_lower_ascii(text[2]) == 'x';
  std::size_t at = hex ? 3 : 2;
  const std::size_t first = at;
  std::uint32_t value = 0;
  for (; at < text.size(); ++at) {
    const int digit = hex_digit(text[at]);
    if (digit < 0 || (!hex && digit > 9)) break;
    value = std::min<std::uint32_t>(value * (hex ? 16 : 10) + static_cast<std::uint32_t>(digit),
                                    0x110000);
  }
  if (at == first) return {};
  if (at < text.size() && text[at] == ';') ++at;
  return {at, checked(value)};
}

}  // namespace

CharRef read_char_ref(std::string_view text, bool in_attribute) {
  if (text.size() > 1 && text[1] == '#') return read_number(text);
  std::size_t end = 1;
  while (end < text.size() && end <= kMaxName && is_ascii_alnum(text[end])) ++end;
  const std::string_view name = text.substr(1, end - 1);
  if (end < text.size() && text[end] == ';')
    if (const Entity* entity = find_entity(name)) return {end + 1, entity->value};
  if (in_attribute && end < text.size() && text[end] == '=') return {};

  // "&notit" is "¬it" in text; in an attribute it is no reference.
  for (std::size_t size = name.size(); size >= 2; --size) {
    const Entity* entity = find_entity(name.substr(0, size));
    if (entity == nullptr || !entity->bare) continue;
    if (in_attribute && size < name.size()) return {};
    return {size + 1, entity->value};
  }
  return {};
}

void append_decoded(std::string& out, std::string_view text, bool in_attribute) {
  while (!text.empty()) {
    const std::size_t amp = std::min(text.find('&'), text.size());
    out += text.substr(0, amp);
    text.remove_prefix(amp);
    if (text.empty()) return;
    const CharRef ref = read_char_ref(text, in_attribute);
    if (ref.size == 0) {
      out += '&';
      text.remove_prefix(1);
    } else {
      if (ref.value != 0) append_utf8(out, ref.value);
      text.remove_prefix(ref.size);
    }
  }
}

std::string decode_entities(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_decoded(out, text, false);
  return out;
}

}  // namespace feedwire::feeds
