// How a FeedRow is written (storage/schema.h).

#include "base/bytes.h"
#include "storage/row_codec.h"
#include "storage/schema.h"

namespace feedwire::storage {
namespace {

// Those of format 1 end before `refreshed`, those of format 2 before the operator's choice, those
// of format 3 before what is decided at run time, those of format 4 before `interval`; those of
// format 5 know nothing of `paged`.
constexpr std::uint8_t kFeedFormat = 6, kFeedFormatTimed = 5, kFeedFormatDecided = 4,
                       kFeedFormatChosen = 3, kFeedFormatLearnt = 2;

constexpr std::uint8_t kAdded = 1, kPaused = 2, kConfigured = 4, kPaged = 8;  // bits of a byte

// 0 = there is none.
std::uint8_t kind_number(std::optional<feeds::KeyKind> kind) {
  return kind ? static_cast<std::uint8_t>(primary_index(*kind) + 1) : 0;
}

// False if there is no such kind.
bool get_kind(ByteReader& in, std::optional<feeds::KeyKind>& kind) {
  const std::size_t number = in.u8();
  if (number > kPrimaryKinds.size()) return false;
  if (number > 0) kind = kPrimaryKinds[number - 1];
  return true;
}

}  // namespace

std::string encode(const FeedRow& row) {
  std::string out(1, static_cast<char>(kFeedFormat));
  put_u64(out, row.ref.key);
  put_string(out, row.ref.url);
  put_string(out, row.ref.name);
  put_string(out, row.ref.title);
  put_varint(out, row.ref.tags.size());
  for (const std::string& tag : row.ref.tags) put_string(out, tag);
  put_varint(out, row.rev);
  put_u8(out, row.subscribed ? 1 : 0);
  put_u8(out, row.distrust_guids ? 1 : 0);
  put_numbers(out, row.repeated_guids);
  put_u8(out, static_cast<std::uint8_t>(row.primary));
  put_u8(out, row.flapping ? 1 : 0);
  put_time(out, row.review);
  put_time(out, row.refreshed);
  put_u8(out, kind_number(row.ref.identity));
  put_u8(out, row.earlier_kinds);
  put_u8(out, row.doubt_told ? 1 : 0);
  put_u8(out, static_cast<std::uint8_t>((row.added ? kAdded : 0) | (row.ref.paused ? kPaused : 0) |
                                        (row.configured ? kConfigured : 0) |
                                        (row.ref.paged ? kPaged : 0)));
  put_seconds(out, row.told_interval);
  put_seconds(out, row.ref.interval);
  return out;
}

bool decode(std::string_view bytes, FeedRow& row) {
  ByteReader in(bytes);
  const std::uint8_t format = in.u8();
  if (format < kFormat || format > kFeedFormat) return false;
  row.ref.key = in.u64();
  row.ref.url = in.string();
  row.ref.name = in.string();
  row.ref.title = in.string();
  row.ref.tags.resize(get_count(in, 1));
  for (std::string& tag : row.ref.tags) tag = in.string();
  row.rev = in.varint();
  row.subscribed = in.u8() != 0;
  row.distrust_guids = in.u8() != 0;
  row.repeated_guids = get_numbers(in);
  const std::uint8_t primary = in.u8();
  row.primary = static_cast<feeds::KeyKind>(primary);
  row.flapping = in.u8() != 0;
  row.review = get_time(in);
  if (format >= kFeedFormatLearnt) row.refreshed = get_time(in);
  row.configured = row.subscribed;  // nothing else did, before format 4
  if (format < kFeedFormatChosen) {
    if (row.primary != feeds::KeyKind::guid) row.earlier_kinds = kind_bit(feeds::KeyKind::guid);
    return complete(in) && primary < feeds::kKeyKinds;
  }
  const bool is_kind = get_kind(in, row.ref.identity);
  row.earlier_kinds = in.u8();
  row.doubt_told = in.u8() != 0;
  if (format >= kFeedFormatDecided) {
    const std::uint8_t flags = in.u8();
    row.added = (flags & kAdded) != 0;
    row.ref.paused = (flags & kPaused) != 0;
    row.configured = (flags & kConfigured) != 0;
    row.ref.paged = (flags & kPaged) != 0;
    row.told_interval = get_seconds(in);
  }
  if (format >= kFeedFormatTimed) row.ref.interval = get_seconds(in);
  return is_kind && complete(in) && primary < feeds::kKeyKinds;
}

}  // namespace feedwire::storage
