#include "feeds/date_names.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace feedwire::feeds {
namespace {

// One row a language: the names in order, separated by spaces, spellings of one by "|". Folded, so
// without accents.
constexpr std::string_view kMonths[] = {
    "january|jan february|feb march|mar april|apr may june|jun july|jul august|aug "
    "september|sep|sept october|oct november|nov december|dec",
    "januar|janner|jaenner februar|feber marz|maerz|mrz april mai juni juli august september "
    "oktober|okt november dezember|dez",
    "janvier|janv fevrier|fevr|fev mars avril|avr mai juin juillet|juil aout|aou septembre octobre "
    "novembre decembre",
    "enero|ene febrero marzo abril|abr mayo junio julio agosto|ago septiembre|setiembre|set "
    "octubre noviembre diciembre|dic",
    "gennaio|gen febbraio|febbr marzo aprile maggio|mag giugno|giu luglio|lug agosto "
    "settembre|set|sett ottobre|ott novembre dicembre|dic",
    "janeiro fevereiro|fev marco abril maio junho julho agosto setembro|set outubro|out novembro "
    "dezembro",
    "januari februari maart|mrt april mei juni juli augustus september oktober november december",
    "styczen|stycznia|sty luty|lutego|lut marzec|marca kwiecien|kwietnia|kwi maj|maja "
    "czerwiec|czerwca|cze lipiec|lipca|lip sierpien|sierpnia|sie wrzesien|wrzesnia|wrz "
    "pazdziernik|pazdziernika|paz listopad|listopada|lis grudzien|grudnia|gru",
    "январь|января|янв февраль|февраля|фев март|марта|мар апрель|апреля|апр май|мая "
    "июнь|июня|июн июль|июля|июл август|августа|авг сентябрь|сентября|сен "
    "октябрь|октября|окт ноябрь|ноября|ноя декабрь|декабря|дек",
    "січень|січня|січ лютий|лютого|лют березень|березня|бер квітень|квітня|кві|квіт "
    "травень|травня|тра|трав червень|червня|чер|черв липень|липня|лип серпень|серпня|сер|серп "
    "вересень|вересня|вер жовтень|жовтня|жов|жовт листопад|листопада|лис|лист "
    "грудень|грудня|гру|груд",
    "ιανουαριος|ιανουαριου|ιαν φεβρουαριος|φεβρουαριου|φεβ μαρτιος|μαρτιου|μαρ "
    "απριλιος|απριλιου|απρ μαιος|μαιου|μαι ιουνιος|ιουνιου|ιουν|ιον ιουλιος|ιουλιου|ιουλ|ιολ "
    "αυγουστος|αυγουστου|αυγ σεπτεμβριος|σεπτεμβριου|σεπ οκτωβριος|οκτωβριου|οκτ "
    "νοεμβριος|νοεμβριου|νοε δεκεμβριος|δεκεμβριου|δεκ",
    "januar februar|febr marcius|marc aprilis majus junius julius augusztus szeptember|szept "
    "oktober november december",
    "januari februari mars|marts april maj juni juli augusti september oktober november "
    "december|desember|des",
    "tammikuu|tammikuuta|tammi helmikuu|helmikuuta|helmi maaliskuu|maaliskuuta|maalis "
    "huhtikuu|huhtikuuta|huhti toukokuu|toukokuuta|touko kesakuu|kesakuuta|kesa "
    "heinakuu|heinakuuta|heina elokuu|elokuuta|elo syyskuu|syyskuuta|syys lokakuu|lokakuuta|loka "
    "marraskuu|marraskuuta|marras joulukuu|joulukuuta|joulu",
    "leden|ledna|led unor|unora|uno brezen|brezna|bre duben|dubna|dub kveten|kvetna|kve "
    "cerven|cervna|cvn cervenec|cervence|cvc srpen|srpna|srp zari|zar rijen|rijna|rij "
    "listopad|listopadu|lis prosinec|prosince|pro",
    "ocak|oca subat|sub mart nisan|nis mayis haziran|haz temmuz|tem agustos|agu eylul|eyl "
    "ekim|eki kasim|kas aralik|ara",
    "ianuarie|ian februarie martie aprilie mai iunie|iun iulie|iul august septembrie octombrie "
    "noiembrie|noi decembrie",
    "januari februari maret april mei juni juli agustus|ags september oktober november desember",
};

constexpr std::string_view kWeekdays[] = {
    "sunday|sun monday|mon tuesday|tue|tues wednesday|wed|weds thursday|thu|thur|thurs friday|fri "
    "saturday|sat",
    "sonntag|so montag|mo dienstag|di mittwoch|mi donnerstag|do freitag|fr samstag|sonnabend|sa",
    "dimanche|dim lundi|lun mardi|mar mercredi|mer jeudi|jeu vendredi|ven samedi|sam",
    "domingo|dom lunes|lun martes|mar miercoles|mie jueves|jue viernes|vie sabado|sab",
    "domenica|dom lunedi|lun martedi|mar mercoledi|mer giovedi|gio venerdi|ven sabato|sab",
    "domingo segunda|seg terca|ter quarta|qua quinta|qui sexta|sex sabado",
    "zondag|zo maandag|ma dinsdag|di woensdag|wo donderdag|do vrijdag|vr zaterdag|za",
    "niedziela|niedz|nie|nd poniedzialek|pon|pn wtorek|wto|wt sroda|sro|sr czwartek|czw "
    "piatek|pia|pt sobota|sob|sb",
    "воскресенье|вск|вс понедельник|пнд|пн вторник|втр|вт среда|срд|ср четверг|чтв|чт "
    "пятница|птн|пт суббота|сбт|сб",
    "неділя|нд понеділок|пн вівторок|вт середа|ср четвер|чт пятниця|пт субота|сб",
    "κυριακη|κυρ|κυ δευτερα|δευ|δε τριτη|τρι|τρ τεταρτη|τετ|τε πεμπτη|πεμ|πε παρασκευη|παρ|πα "
    "σαββατο|σαβ|σα",
    "vasarnap|vas hetfo|het kedd szerda|sze csutortok|csu|cs pentek|pen szombat|szo",
    "sondag|son mandag|man tisdag|tis|tirsdag|tir onsdag|ons torsdag|tor|tors fredag|fre "
    "lordag|lor",
    "sunnuntai|su maanantai|ma tiistai|ti keskiviikko|ke torstai|to perjantai|pe lauantai|la",
    "nedele|ne pondeli|po utery|ut streda|st ctvrtek|ct patek|pa sobota|so",
    "pazar|paz pazartesi|pzt sali|sal carsamba|car persembe|per cuma|cum cumartesi|cmt",
    "duminica|dum luni|lun marti|mar miercuri|mie joi vineri|vin sambata|sam",
    "minggu|min senin|sen selasa|sel rabu|rab kamis|kam jumat|jum sabtu|sab",
};

constexpr std::string_view kFillers =
    "at of on the st nd rd th de del du d le la el den der das dem um uhr a as alle ore o kl klo "
    "klockan om uur er re eme e i feira godz r roku г год года в р року h t og och ho";

struct Meaning {
  std::string_view name;
  DateWord word;
};

constexpr Meaning kMeridiems[] = {
    {"am", {0, -1, Meridiem::am, false}}, {"a.m", {0, -1, Meridiem::am, false}},
    {"πμ", {0, -1, Meridiem::am, false}}, {"π.μ", {0, -1, Meridiem::am, false}},
    {"pm", {0, -1, Meridiem::pm, false}}, {"p.m", {0, -1, Meridiem::pm, false}},
    {"μμ", {0, -1, Meridiem::pm, false}}, {"μ.μ", {0, -1, Meridiem::pm, false}},
};

constexpr Meaning kCjk[] = {
    {"上午", {0, -1, Meridiem::am, false}},      {"凌晨", {0, -1, Meridiem::am, false}},
    {"早上", {0, -1, Meridiem::am, false}},      {"清晨", {0, -1, Meridiem::am, false}},
    {"午前", {0, -1, Meridiem::am, false}},      {"오전", {0, -1, Meridiem::am, false}},
    {"下午", {0, -1, Meridiem::pm, false}},      {"晚上", {0, -1, Meridiem::pm, false}},
    {"傍晚", {0, -1, Meridiem::pm, false}},      {"午後", {0, -1, Meridiem::pm, false}},
    {"오후", {0, -1, Meridiem::pm, false}},      {"中午", {0, -1, Meridiem::noon, false}},
    {"十一月", {11, -1, Meridiem::none, false}}, {"十二月", {12, -1, Meridiem::none, false}},
    {"一月", {1, -1, Meridiem::none, false}},    {"二月", {2, -1, Meridiem::none, false}},
    {"三月", {3, -1, Meridiem::none, false}},    {"四月", {4, -1, Meridiem::none, false}},
    {"五月", {5, -1, Meridiem::none, false}},    {"六月", {6, -1, Meridiem::none, false}},
    {"七月", {7, -1, Meridiem::none, false}},    {"八月", {8, -1, Meridiem::none, false}},
    {"九月", {9, -1, Meridiem::none, false}},    {"十月", {10, -1, Meridiem::none, false}},
    {"日曜日", {0, 0, Meridiem::none, false}},   {"月曜日", {0, 1, Meridiem::none, false}},
    {"火曜日", {0, 2, Meridiem::none, false}},   {"水曜日", {0, 3, Meridiem::none, false}},
    {"木曜日", {0, 4, Meridiem::none, false}},   {"金曜日", {0, 5, Meridiem::none, false}},
    {"土曜日", {0, 6, Meridiem::none, false}},   {"일요일", {0, 0, Meridiem::none, false}},
    {"월요일", {0, 1, Meridiem::none, false}},   {"화요일", {0, 2, Meridiem::none, false}},
    {"수요일", {0, 3, Meridiem::none, false}},   {"목요일", {0, 4, Meridiem::none, false}},
    {"금요일", {0, 5, Meridiem::none, false}},   {"토요일", {0, 6, Meridiem::none, false}},
};
constexpr std::string_view kWeekPrefixes[] = {"星期", "礼拜", "禮拜", "周", "週"};
constexpr std::string_view kWeekDigits[] = {"日", "一", "二", "三", "四", "五", "六", "天"};

/// Cuts the next part off `list`, which is separated by `separator`.
std::string_view take_part(std::string_view& list, char separator) {
  const std::string_view part = list.substr(0, list.find(separator));
  list.remove_prefix(std::min(part.size() + 1, list.size()));
  return part;
}

void merge(DateWord& word, const DateWord& other) {
  if (word.month == 0) word.month = other.month;
  if (word.weekday < 0) word.weekday = other.weekday;
  if (word.meridiem == Meridiem::none) word.meridiem = other.meridiem;
  word.filler = word.filler || other.filler;
}

/// All names sorted, each once, the languages above first where two disagree.
std::vector<Meaning> build_index() {
  std::vector<Meaning> index(std::begin(kMeridiems), std::end(kMeridiems));
  const auto add_row = [&index](std::string_view row, auto meaning) {
    for (int i = 0; !row.empty(); ++i)
      for (std::string_view names = take_part(row, ' '); !names.empty();)
        index.push_back({take_part(names, '|'), meaning(i)});
  };
  for (const std::string_view row : kMonths)
    add_row(row, [](int i) { return DateWord{i + 1, -1, Meridiem::none, false}; });
  for (const std::string_view row : kWeekdays)
    add_row(row, [](int i) { return DateWord{0, i, Meridiem::none, false}; });
  add_row(kFillers, [](int) { return DateWord{0, -1, Meridiem::none, true}; });

  std::stable_sort(index.begin(), index.end(),
                   [](const Meaning& a, const Meaning& b) { return a.name < b.name; });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < index.size(); ++i) {
    if (index[i].name == index[kept].name)
      merge(index[kept].word, index[i].word);
    else
      index[++kept] = index[i];
  }
  index.resize(kept + 1);
  return index;
}

constexpr std::size_t kMinStart = 4;  // letters of a name that stand for the whole
constexpr std::size_t kMaxWord = 40;

}  // namespace

char32_t fold_letter(char32_t c) {
  static constexpr std::string_view kLatin1 = "aaaaaaaceeeeiiiidnooooo*ouuuuyts";
  static constexpr std::string_view kLatinA =
      "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
      "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
  if (c >= 'A' && c <= 'Z') return c + 0x20;
  if (c < 0xc0) return c;
  if (c < 0x100) return static_cast<unsigned char>(kLatin1[(c - 0xc0) % 0x20]);
  if (c < 0x180) return static_cast<unsigned char>(kLatinA[c - 0x100]);
  if (c >= 0x218 && c <= 0x21b) return c < 0x21a ? 's' : 't';  // Romanian
  if (c >= 0x300 && c <= 0x36f) return 0;
  if (c >= 0x391 && c <= 0x3a9) return c + 0x20;
  switch (c) {  // Greek vowels with tonos or dialytika
    case 0x386:
    case 0x3ac:
      return 0x3b1;
    case 0x388:
    case 0x3ad:
      return 0x3b5;
    case 0x389:
    case 0x3ae:
      return 0x3b7;
    case 0x38a:
    case 0x390:
    case 0x3af:
    case 0x3ca:
      return 0x3b9;
    case 0x38c:
    case 0x3cc:
      return 0x3bf;
    case 0x38e:
    case 0x3b0:
    case 0x3cb:
    case 0x3cd:
      return 0x3c5;
    case 0x38f:
    case 0x3ce:
      return 0x3c9;
    default:
      break;
  }
  if (c >= 0x410 && c <= 0x42f) return c + 0x20;  // Cyrillic
  if (c >= 0x400 && c <= 0x40f) return c + 0x50;
  return c;
}

DateWord find_date_word(std::string_view folded) {
  static const std::vector<Meaning> index = build_index();
  if (folded.empty() || folded.size() > kMaxWord) return {};
  const auto found = std::lower_bound(
      index.begin(), index.end(), folded,
      [](const Meaning& meaning, std::string_view name) { return meaning.name < name; });
  if (found == index.end()) return {};
  if (found->name == folded) return found->word;
  return folded.size() >= kMinStart && found->name.starts_with(folded) ? found->word : DateWord();
}

DateWord find_cjk_date_word(std::string_view text, std::size_t& size) {
  for (const Meaning& meaning : kCjk) {
    if (!text.starts_with(meaning.name)) continue;
    size = meaning.name.size();
    return meaning.word;
  }
  for (const std::string_view prefix : kWeekPrefixes) {
    if (!text.starts_with(prefix)) continue;
    for (std::size_t day = 0; day < std::size(kWeekDigits); ++day) {
      if (!text.substr(prefix.size()).starts_with(kWeekDigits[day])) continue;
      size = prefix.size() + kWeekDigits[day].size();
      return {0, static_cast<int>(day % 7), Meridiem::none, false};
    }
  }
  size = 0;
  return {};
}

}  // namespace feedwire::feeds
