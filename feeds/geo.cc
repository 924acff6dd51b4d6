// Where an entry is: GeoRSS simple and GML (georss.org), W3C basic geo.

#include <cmath>
#include <optional>

#include "feeds/ascii.h"
#include "feeds/extensions.h"
#include "feeds/values.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kMaxCoordinates = 10'000;

// How a text writes positions.
struct Axes {
  bool latitude_first = true;
  std::size_t dimensions = 2;
};

// Positions by white space or commas, turned into lon, lat; a height is left out. Nothing for a
// position that lacks a number, for what is no number, or for a place that is not on earth.
std::optional<std::vector<double>> parse_positions(std::string_view text, Axes axes) {
  std::vector<double> numbers;
  constexpr std::string_view kSeparators = " \t\r\n,";
  for (std::size_t at = text.find_first_not_of(kSeparators); at != text.npos;) {
    const std::size_t end = std::min(text.find_first_of(kSeparators, at), text.size());
    const std::optional<double> number = parse_number<double>(text.substr(at, end - at));
    if (!number || numbers.size() == kMaxCoordinates) return std::nullopt;
    numbers.push_back(*number);
    at = text.find_first_not_of(kSeparators, end);
  }
  if (numbers.empty() || numbers.size() % axes.dimensions != 0) return std::nullopt;
  std::vector<double> coordinates;
  for (std::size_t i = 0; i < numbers.size(); i += axes.dimensions) {
    double longitude = numbers[i], latitude = numbers[i + 1];
    if (axes.latitude_first) std::swap(longitude, latitude);
    if (!(std::abs(longitude) <= 180) || !(std::abs(latitude) <= 90)) return std::nullopt;
    coordinates.insert(coordinates.end(), {longitude, latitude});
  }
  return coordinates;
}

void offer_shape(EntryDraft& draft, std::string_view type, std::size_t min_numbers,
                 std::string_view text, Axes axes = {}) {
  if (draft.entry.geo) return;
  std::optional<std::vector<double>> coordinates = parse_positions(text, axes);
  if (!coordinates || coordinates->size() < min_numbers) return;
  if (type == "Point") coordinates->resize(2);
  draft.entry.geo = Geo{std::string(type), *std::move(coordinates)};
}

void read_point(EntryDraft& d, const Element& e) { offer_shape(d, "Point", 2, text_of(e)); }
void read_line(EntryDraft& d, const Element& e) { offer_shape(d, "LineString", 4, text_of(e)); }
void read_polygon(EntryDraft& d, const Element& e) { offer_shape(d, "Polygon", 8, text_of(e)); }
void read_box(EntryDraft& d, const Element& e) { offer_shape(d, "Box", 4, text_of(e)); }

pugi::xml_node first_element(pugi::xml_node node) {
  node = node.first_child();
  while (node && node.type() != pugi::node_element) node = node.next_sibling();
  return node;
}

// GML says them beside the shape or the positions. EPSG's systems of 4001 to 4999 are geographic,
// with the latitude first; in others east comes before north.
void read_axes(pugi::xml_node element, Axes& axes) {
  const std::string_view system = attribute(element, "srsname");
  const std::optional<std::uint32_t> code =
      parse_number<std::uint32_t>(system.substr(system.rfind(':') + 1));
  if (code && to_lower_ascii(system).find("epsg") != std::string::npos)
    axes.latitude_first = *code > 4000 && *code < 5000;
  if (trim(attribute(element, "srsdimension")) == "3") axes.dimensions = 3;
}

// GML: the shape's name is that of an element around the one that holds the positions.
void read_where(EntryDraft& draft, const Element& where) {
  for (const pugi::xml_node shape : where.node.children()) {
    if (shape.type() != pugi::node_element) continue;
    Axes axes;
    read_axes(shape, axes);
    pugi::xml_node positions = shape;
    while (const pugi::xml_node inner = first_element(positions)) {
      positions = inner;
      read_axes(positions, axes);
    }
    std::string_view name = shape.name();
    name = name.substr(name.find(':') + 1);
    const std::string_view text = positions.text().get();
    if (iequals_ascii(name, "point")) offer_shape(draft, "Point", 2, text, axes);
    if (iequals_ascii(name, "linestring")) offer_shape(draft, "LineString", 4, text, axes);
    if (iequals_ascii(name, "polygon")) offer_shape(draft, "Polygon", 8, text, axes);
    if (iequals_ascii(name, "envelope")) offer_shape(draft, "Box", 4, text, axes);
  }
}

// Latitude and longitude are elements of their own, in either order; the point is there with the
// second of them.
void read_geo_point(EntryDraft& draft, const Element& place) {
  std::string latitude, longitude;
  for_each_child(place, [&](const Element& child) {
    if (child.ns != Namespace::geo) return;
    if (iequals_ascii(child.name, "lat")) latitude = text_of(child);
    if (iequals_ascii(child.name, "long") || iequals_ascii(child.name, "lon"))
      longitude = text_of(child);
  });
  if (!latitude.empty() && !longitude.empty())
    offer_shape(draft, "Point", 2, latitude + ' ' + longitude);
}

void read_coordinate(EntryDraft& draft, const Element& element) {
  if (draft.entry.geo) return;
  const Element entry(element.node.parent(), element.scope);
  read_geo_point(draft, entry);
}

constexpr ElementRow<EntryDraft> kRows[] = {
    {Namespace::georss, "point", read_point},     {Namespace::georss, "line", read_line},
    {Namespace::georss, "polygon", read_polygon}, {Namespace::georss, "box", read_box},
    {Namespace::georss, "where", read_where},     {Namespace::gml, "where", read_where},
    {Namespace::geo, "point", read_geo_point},    {Namespace::geo, "lat", read_coordinate},
};

}  // namespace

std::span<const ElementRow<EntryDraft>> geo_entry_rows() { return kRows; }

}  // namespace feedwire::feeds
