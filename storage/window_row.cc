// How the window of a feed is written as a row (storage/schema.h).

#include <algorithm>

#include "base/bytes.h"
#include "storage/row_codec.h"
#include "storage/schema.h"

namespace feedwire::storage {
namespace {

// Rows of format 1 end before `zone`, those of format 2 never have prints of guids; up to format 3
// an item has room for what it does not have.
constexpr std::uint8_t kWithoutZone = 1, kWithoutGuids = 2, kWithRoom = 3, kWindowFormat = 4;

// Bits of the byte that holds an item's age, and the smallest size of an item: of most kinds it has
// no print, and of a window many are read for each that is used.
constexpr std::uint8_t kInPart = 0x80, kMissing = 0x40, kDated = 0x20, kAgeBits = 0x1f;
constexpr std::size_t kItemBytes = 16 + 8 + 1 + 1;
static_assert(kWindowKinds.size() <= 8);  // bits of the byte that says which prints follow

void put_item(std::string& out, const WindowItem& item) {
  out += item.entry.view();
  put_u64(out, item.raw_hash);
  const bool missing = item.missing_since != WallTime{};
  const bool dated = item.published != 0;
  put_u8(out, static_cast<std::uint8_t>(item.age | (item.in_part ? kInPart : 0) |
                                        (missing ? kMissing : 0) | (dated ? kDated : 0)));
  std::uint8_t kinds = 0;
  for (std::size_t kind = 0; kind < item.prints.size(); ++kind)
    if (item.prints[kind] != 0) kinds |= static_cast<std::uint8_t>(1u << kind);
  put_u8(out, kinds);
  if (dated) put_u64(out, static_cast<std::uint64_t>(item.published));
  if (missing) put_time(out, item.missing_since);
  for (const std::uint64_t print : item.prints)
    if (print != 0) put_u64(out, print);
}

WindowItem get_item(ByteReader& in) {
  WindowItem item;
  item.entry = get_hash(in);
  item.raw_hash = in.u64();
  const std::uint8_t age = in.u8(), kinds = in.u8();
  item.age = age & kAgeBits;
  item.in_part = (age & kInPart) != 0;
  if ((age & kDated) != 0) item.published = static_cast<std::int64_t>(in.u64());
  if ((age & kMissing) != 0) item.missing_since = get_time(in);
  for (std::size_t kind = 0; kind < item.prints.size(); ++kind)
    if ((kinds >> kind & 1) != 0) item.prints[kind] = in.u64();
  return item;
}

// --- items up to kWithRoom

constexpr std::size_t kRoomyItemBytes = 16 + 8 + 1 + 8 + 8 + 8 * kGuidPrint;

WindowItem get_roomy_item(ByteReader& in, bool guids) {
  WindowItem item;
  item.entry = get_hash(in);
  item.raw_hash = in.u64();
  const std::uint8_t age = in.u8();
  item.age = age & (kInPart - 1);
  item.in_part = (age & kInPart) != 0;
  item.published = static_cast<std::int64_t>(in.u64());
  item.missing_since = get_time(in);
  const std::size_t prints = guids ? kWindowKinds.size() : kGuidPrint;
  for (std::size_t kind = 0; kind < prints; ++kind) item.prints[kind] = in.u64();
  return item;
}

void get_items(ByteReader& in, std::uint8_t format, std::vector<WindowItem>& items) {
  if (format > kWithRoom) {
    items.resize(get_count(in, kItemBytes));
    for (WindowItem& item : items) item = get_item(in);
    return;
  }
  const bool guids = format > kWithoutGuids && in.u8() != 0;
  items.resize(get_count(in, kRoomyItemBytes));
  for (WindowItem& item : items) item = get_roomy_item(in, guids);
}

// ---

constexpr std::size_t kQualityBytes = 1 + 4 * kPrimaryKinds.size();

void put_quality(std::string& out, const DocumentQuality& quality) {
  put_varint(out, quality.entries);
  for (const DocumentQuality::Kind& kind : quality.kinds)
    for (const std::uint32_t count : {kind.missing, kind.repeated, kind.met, kind.kept})
      put_varint(out, count);
}

DocumentQuality get_quality(ByteReader& in) {
  DocumentQuality quality;
  quality.entries = static_cast<std::uint32_t>(in.varint());
  for (DocumentQuality::Kind& kind : quality.kinds)
    for (std::uint32_t* count : {&kind.missing, &kind.repeated, &kind.met, &kind.kept})
      *count = static_cast<std::uint32_t>(in.varint());
  return quality;
}

constexpr std::size_t kHeldBytes = 3 * 16 + 8 + 8 + 8 + 2;

void put_held(std::string& out, const HeldUpdate& held) {
  for (const Hash128& hash : {held.entry, held.revision, held.story_key}) out += hash.view();
  put_time(out, held.due);
  put_u64(out, held.link);
  put_u64(out, static_cast<std::uint64_t>(held.published));
  put_string(out, held.canonical_url);
  put_string(out, held.json);
}

HeldUpdate get_held(ByteReader& in) {
  HeldUpdate held;
  for (Hash128* hash : {&held.entry, &held.revision, &held.story_key}) *hash = get_hash(in);
  held.due = get_time(in);
  held.link = in.u64();
  held.published = static_cast<std::int64_t>(in.u64());
  held.canonical_url = in.string();
  held.json = in.string();
  return held;
}

void put_clue(std::string& out, const ZoneClue& clue) {
  put_u32(out, clue.entries);
  put_u32(out, static_cast<std::uint32_t>(clue.least));
  put_u32(out, static_cast<std::uint32_t>(clue.most));
  put_u8(out, clue.told ? 1 : 0);
}

ZoneClue get_clue(ByteReader& in) {
  ZoneClue clue;
  clue.entries = in.u32();
  clue.least = static_cast<std::int32_t>(in.u32());
  clue.most = static_cast<std::int32_t>(in.u32());
  clue.told = in.u8() != 0;
  return clue;
}

}  // namespace

std::string encode(const WindowRow& row) {
  std::string out(1, static_cast<char>(kWindowFormat));
  constexpr std::size_t kUsualParts = 6 * 8;  // of an item: a date and five prints
  out.reserve(64 + row.items.size() * (kItemBytes + kUsualParts) +
              row.quality.size() * 2 * kQualityBytes);
  put_time(out, row.refreshed);
  put_varint(out, row.items.size());
  for (const WindowItem& item : row.items) put_item(out, item);
  put_varint(out, row.quality.size());
  for (const DocumentQuality& quality : row.quality) put_quality(out, quality);
  put_varint(out, row.held.size());
  for (const HeldUpdate& held : row.held) put_held(out, held);
  put_clue(out, row.zone);
  return out;
}

bool decode(std::string_view bytes, WindowRow& row) {
  ByteReader in(bytes);
  const std::uint8_t format = in.u8();
  if (format < kWithoutZone || format > kWindowFormat) return false;
  row.refreshed = get_time(in);
  get_items(in, format, row.items);
  row.quality.resize(get_count(in, kQualityBytes));
  for (DocumentQuality& quality : row.quality) quality = get_quality(in);
  row.held.resize(get_count(in, kHeldBytes));
  for (HeldUpdate& held : row.held) held = get_held(in);
  if (format > kWithoutZone) row.zone = get_clue(in);
  return complete(in);
}

}  // namespace feedwire::storage
