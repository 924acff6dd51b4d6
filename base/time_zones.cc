#include "base/time_zones.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace feedwire {
namespace {

using std::chrono::days;
using std::chrono::Friday;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::minutes;
using std::chrono::month;
using std::chrono::Sunday;
using std::chrono::Thursday;
using std::chrono::year;

struct Abbreviation {
  std::string_view name;
  int minutes;
};

// Where two zones share one, the one that feeds use more: IST is India, BST Britain, CST America.
constexpr Abbreviation kAbbreviations[] = {
    {"gmt", 0},    {"utc", 0},    {"ut", 0},      {"z", 0},       {"wet", 0},    {"west", 60},
    {"bst", 60},   {"cet", 60},   {"cest", 120},  {"mez", 60},    {"mesz", 120}, {"met", 60},
    {"mest", 120}, {"eet", 120},  {"eest", 180},  {"msk", 180},   {"msd", 240},  {"trt", 180},
    {"est", -300}, {"edt", -240}, {"cst", -360},  {"cdt", -300},  {"mst", -420}, {"mdt", -360},
    {"pst", -480}, {"pdt", -420}, {"akst", -540}, {"akdt", -480}, {"hst", -600}, {"hdt", -540},
    {"ast", -240}, {"adt", -180}, {"nst", -210},  {"ndt", -150},  {"brt", -180}, {"brst", -120},
    {"art", -180}, {"clt", -240}, {"clst", -180}, {"cot", -300},  {"pet", -300}, {"vet", -240},
    {"jst", 540},  {"kst", 540},  {"hkt", 480},   {"sgt", 480},   {"myt", 480},  {"pht", 480},
    {"wib", 420},  {"wita", 480}, {"wit", 540},   {"ict", 420},   {"ist", 330},  {"npt", 345},
    {"pkt", 300},  {"gst", 240},  {"irst", 210},  {"awst", 480},  {"acst", 570}, {"acdt", 630},
    {"aest", 600}, {"aedt", 660}, {"nzst", 720},  {"nzdt", 780},  {"chst", 600}, {"sast", 120},
    {"cat", 120},  {"eat", 180},  {"wat", 60},    {"yekt", 300},  {"omst", 360}, {"novt", 420},
    {"krat", 420}, {"irkt", 480}, {"yakt", 540},  {"vlat", 600},  {"sst", -660},
};

enum class Summer : std::uint8_t { none, eu, us, australia, new_zealand, chile, egypt };

struct Place {
  std::string_view name;
  int minutes;  // of standard time
  Summer summer = Summer::none;
};

constexpr Place kPlaces[] = {
    {"etc/utc", 0},
    {"etc/gmt", 0},
    {"africa/cairo", 120, Summer::egypt},
    {"africa/casablanca", 60},
    {"africa/johannesburg", 120},
    {"africa/lagos", 60},
    {"africa/nairobi", 180},
    {"america/anchorage", -540, Summer::us},
    {"america/argentina/buenos_aires", -180},
    {"america/bogota", -300},
    {"america/caracas", -240},
    {"america/chicago", -360, Summer::us},
    {"america/denver", -420, Summer::us},
    {"america/detroit", -300, Summer::us},
    {"america/edmonton", -420, Summer::us},
    {"america/halifax", -240, Summer::us},
    {"america/lima", -300},
    {"america/los_angeles", -480, Summer::us},
    {"america/mexico_city", -360},
    {"america/montreal", -300, Summer::us},
    {"america/new_york", -300, Summer::us},
    {"america/phoenix", -420},
    {"america/santiago", -240, Summer::chile},
    {"america/sao_paulo", -180},
    {"america/st_johns", -210, Summer::us},
    {"america/toronto", -300, Summer::us},
    {"america/vancouver", -480, Summer::us},
    {"america/winnipeg", -360, Summer::us},
    {"asia/almaty", 300},
    {"asia/baghdad", 180},
    {"asia/bangkok", 420},
    {"asia/calcutta", 330},
    {"asia/chongqing", 480},
    {"asia/colombo", 330},
    {"asia/dhaka", 360},
    {"asia/dubai", 240},
    {"asia/ho_chi_minh", 420},
    {"asia/hong_kong", 480},
    {"asia/jakarta", 420},
    {"asia/karachi", 300},
    {"asia/kathmandu", 345},
    {"asia/kolkata", 330},
    {"asia/kuala_lumpur", 480},
    {"asia/macau", 480},
    {"asia/manila", 480},
    {"asia/novosibirsk", 420},
    {"asia/riyadh", 180},
    {"asia/saigon", 420},
    {"asia/seoul", 540},
    {"asia/shanghai", 480},
    {"asia/singapore", 480},
    {"asia/taipei", 480},
    {"asia/tashkent", 300},
    {"asia/tehran", 210},
    {"asia/tokyo", 540},
    {"asia/urumqi", 360},
    {"asia/vladivostok", 600},
    {"asia/yekaterinburg", 300},
    {"atlantic/reykjavik", 0},
    {"australia/adelaide", 570, Summer::australia},
    {"australia/brisbane", 600},
    {"australia/darwin", 570},
    {"australia/hobart", 600, Summer::australia},
    {"australia/melbourne", 600, Summer::australia},
    {"australia/perth", 480},
    {"australia/sydney", 600, Summer::australia},
    {"europe/amsterdam", 60, Summer::eu},
    {"europe/athens", 120, Summer::eu},
    {"europe/belgrade", 60, Summer::eu},
    {"europe/berlin", 60, Summer::eu},
    {"europe/bratislava", 60, Summer::eu},
    {"europe/brussels", 60, Summer::eu},
    {"europe/bucharest", 120, Summer::eu},
    {"europe/budapest", 60, Summer::eu},
    {"europe/copenhagen", 60, Summer::eu},
    {"europe/dublin", 0, Summer::eu},
    {"europe/helsinki", 120, Summer::eu},
    {"europe/istanbul", 180},
    {"europe/kiev", 120, Summer::eu},
    {"europe/kyiv", 120, Summer::eu},
    {"europe/lisbon", 0, Summer::eu},
    {"europe/ljubljana", 60, Summer::eu},
    {"europe/london", 0, Summer::eu},
    {"europe/luxembourg", 60, Summer::eu},
    {"europe/madrid", 60, Summer::eu},
    {"europe/minsk", 180},
    {"europe/moscow", 180},
    {"europe/oslo", 60, Summer::eu},
    {"europe/paris", 60, Summer::eu},
    {"europe/prague", 60, Summer::eu},
    {"europe/riga", 120, Summer::eu},
    {"europe/rome", 60, Summer::eu},
    {"europe/sofia", 120, Summer::eu},
    {"europe/stockholm", 60, Summer::eu},
    {"europe/tallinn", 120, Summer::eu},
    {"europe/vienna", 60, Summer::eu},
    {"europe/vilnius", 120, Summer::eu},
    {"europe/warsaw", 60, Summer::eu},
    {"europe/zagreb", 60, Summer::eu},
    {"europe/zurich", 60, Summer::eu},
    {"pacific/auckland", 720, Summer::new_zealand},
    {"pacific/honolulu", -600},
    {"us/central", -360, Summer::us},
    {"us/eastern", -300, Summer::us},
    {"us/mountain", -420, Summer::us},
    {"us/pacific", -480, Summer::us},
};

/// Summer time between two moments of local standard time; begin > end in the southern hemisphere,
/// and begin = end where there is none.
struct Season {
  local_seconds begin, end;
};

Season summer_season(const Place& place, year y) {
  const auto first = [y](unsigned m, unsigned nth) {
    return local_days(y / month(m) / Sunday[nth]);
  };
  const auto last = [y](unsigned m) {
    return local_days(y / month(m) / Sunday[std::chrono::last]);
  };
  const minutes offset(place.minutes);
  switch (place.summer) {
    case Summer::eu:
      return {last(3) + hours(1) + offset, last(10) + hours(1) + offset};
    case Summer::us:
      if (y < year(2007)) return {first(4, 1) + hours(2), last(10) + hours(1)};
      return {first(3, 2) + hours(2), first(11, 1) + hours(1)};
    case Summer::australia:
      return {first(10, 1) + hours(2), first(4, 1) + hours(2)};
    case Summer::new_zealand:
      return {last(9) + hours(2), first(4, 1) + hours(2)};
    case Summer::chile:
      return {first(9, 1) + hours(0), first(4, 1) + hours(-1)};
    case Summer::egypt:
      if (y < year(2023)) return {};
      return {local_days(y / month(4) / Friday[std::chrono::last]),
              local_days(y / month(10) / Thursday[std::chrono::last]) + hours(23)};
    case Summer::none:
      break;
  }
  return {};
}

minutes place_offset(const Place& place, local_seconds local) {
  const minutes standard(place.minutes);
  const year y = std::chrono::year_month_day(std::chrono::floor<days>(local)).year();
  const Season season = summer_season(place, y);
  if (season.begin == season.end) return standard;
  // `local` is on the clock of its season; of the hour that the end repeats the first is meant.
  const bool begun = local >= season.begin;
  const bool ended = local - hours(1) >= season.end;
  const bool summer = season.begin < season.end ? begun && !ended : begun || !ended;
  return summer ? standard + hours(1) : standard;
}

// "+08:00" (RFC 3339 5.6).
std::optional<minutes> numeric_offset(std::string_view zone) {
  constexpr std::string_view kShape = "+00:00";
  constexpr int kMaxHours = 14;
  if (zone.size() != kShape.size() || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':')
    return std::nullopt;
  int digits[4] = {};
  for (std::size_t i = 0; i < 4; ++i) {
    const char c = zone[i < 2 ? i + 1 : i + 2];
    if (c < '0' || c > '9') return std::nullopt;
    digits[i] = c - '0';
  }
  const int whole_hours = digits[0] * 10 + digits[1], rest = digits[2] * 10 + digits[3];
  if (whole_hours > kMaxHours || rest > 59) return std::nullopt;
  const minutes offset = hours(whole_hours) + minutes(rest);
  return zone[0] == '-' ? -offset : offset;
}

}  // namespace

std::optional<minutes> zone_offset(std::string_view name, local_seconds local) {
  for (const Abbreviation& abbreviation : kAbbreviations)
    if (abbreviation.name == name) return minutes(abbreviation.minutes);
  for (const Place& place : kPlaces)
    if (place.name == name) return place_offset(place, local);
  return std::nullopt;
}

std::optional<minutes> configured_offset(std::string_view zone, local_seconds local) {
  if (zone.empty()) return minutes(0);
  if (const auto offset = numeric_offset(zone)) return offset;
  std::string name(zone);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return zone_offset(name, local);
}

}  // namespace feedwire
