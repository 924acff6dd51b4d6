#include "storage/schema.h"

#include <algorithm>

#include "base/bytes.h"
#include "storage/row_codec.h"

namespace feedwire::storage {
namespace {

// Bits of a byte.
constexpr std::uint8_t kGone = 1, kReplaced = 2;              // EntryRow
constexpr std::uint8_t kSealed = 1, kRemoved = 2, kLost = 4;  // SegmentRow

// Format 1 of a MetaRow knows of no crash.
constexpr std::uint8_t kMetaFormat = 2;

}  // namespace

std::string encode(const MetaRow& row) {
  std::string out(1, static_cast<char>(kMetaFormat));
  put_u32(out, row.schema);
  out += row.log_uuid.view();
  put_u32(out, row.epoch);
  put_varint(out, row.next);
  put_varint(out, row.active_segment);
  put_varint(out, row.active_end);
  put_varint(out, row.synced);
  put_varint(out, row.outbox);
  put_time(out, row.last_commit);
  put_u8(out, row.clean ? 1 : 0);
  put_time(out, row.last_crash.last_commit);
  put_time(out, row.last_crash.noticed);
  return out;
}

bool decode(std::string_view bytes, MetaRow& row) {
  ByteReader in(bytes);
  const std::uint8_t format = in.u8();
  if (format < kFormat || format > kMetaFormat) return false;
  row.schema = in.u32();
  row.log_uuid = get_hash(in);
  row.epoch = in.u32();
  row.next = in.varint();
  row.active_segment = in.varint();
  row.active_end = in.varint();
  row.synced = in.varint();
  row.outbox = in.varint();
  row.last_commit = get_time(in);
  row.clean = in.u8() != 0;
  if (format == kFormat) return complete(in);
  row.last_crash = {get_time(in), get_time(in)};
  return complete(in);
}

std::string encode(const LogRow& row) {
  return encode_head(row).append(row.line).append(row.whole);
}

std::string encode_head(const LogRow& row) {
  std::string out = begin_row();
  put_varint(out, row.segment);
  put_varint(out, row.offset);
  out += row.entry.view();
  put_u64(out, row.feed);
  put_varint(out, row.after_at);
  put_varint(out, row.after_size);
  put_varint(out, row.line.size());
  return out;
}

bool decode(std::string_view bytes, LogRow& row) {
  ByteReader in(bytes);
  if (!known_format(in)) return false;
  row.segment = in.varint();
  row.offset = in.varint();
  row.entry = get_hash(in);
  row.feed = in.u64();
  row.after_at = static_cast<std::uint32_t>(in.varint());
  row.after_size = static_cast<std::uint32_t>(in.varint());
  row.line = in.string();
  row.whole = in.rest();
  return in.ok() && row.after_at <= row.line.size();
}

std::string encode(const EntryRow& row) {
  std::string out = begin_row();
  put_varint(out, row.rev);
  put_varint(out, row.content);
  for (const Hash128& revision : row.revisions) out += revision.view();
  put_u64(out, row.link);
  put_time(out, row.first_seen);
  put_time(out, row.last_seen);
  put_u64(out, row.owner);
  put_u8(out, row.owner_at_home ? 1 : 0);
  put_u8(out,
         static_cast<std::uint8_t>((row.gone ? kGone : 0) | (row.replaced_by ? kReplaced : 0)));
  put_u8(out, row.flaps);
  put_time(out, row.first_flap);
  put_time(out, row.updated);
  put_numbers(out, row.sighted_by);
  if (row.replaced_by) out += row.replaced_by.view();
  return out;
}

bool decode(std::string_view bytes, EntryRow& row) {
  ByteReader in(bytes);
  if (!known_format(in)) return false;
  row.rev = in.varint();
  row.content = in.varint();
  for (Hash128& revision : row.revisions) revision = get_hash(in);
  row.link = in.u64();
  row.first_seen = get_time(in);
  row.last_seen = get_time(in);
  row.owner = in.u64();
  row.owner_at_home = in.u8() != 0;
  const std::uint8_t flags = in.u8();
  row.gone = (flags & kGone) != 0;
  row.flaps = in.u8();
  row.first_flap = get_time(in);
  row.updated = get_time(in);
  row.sighted_by = get_numbers(in);
  if ((flags & kReplaced) != 0) row.replaced_by = get_hash(in);
  return complete(in);
}

std::string encode(const SegmentRow& row) {
  std::string out = begin_row();
  put_u32(out, row.name.epoch);
  put_varint(out, row.name.first);
  put_time(out, row.opened);
  put_u8(out, static_cast<std::uint8_t>((row.sealed ? kSealed : 0) | (row.removed ? kRemoved : 0) |
                                        (row.lost ? kLost : 0)));
  put_varint(out, row.end);
  put_varint(out, row.hashed);
  put_string(out, row.sha256);
  return out;
}

bool decode(std::string_view bytes, SegmentRow& row) {
  ByteReader in(bytes);
  if (!known_format(in)) return false;
  row.name.epoch = in.u32();
  row.name.first = in.varint();
  row.opened = get_time(in);
  const std::uint8_t flags = in.u8();
  row.sealed = (flags & kSealed) != 0;
  row.removed = (flags & kRemoved) != 0;
  row.lost = (flags & kLost) != 0;
  row.end = in.varint();
  row.hashed = in.varint();
  row.sha256 = in.string();
  return complete(in);
}

std::string encode(const CursorRow& row) {
  std::string out = begin_row();
  put_varint(out, row.acked);
  put_u8(out, row.hold ? 1 : 0);
  put_time(out, row.updated);
  return out;
}

bool decode(std::string_view bytes, CursorRow& row) {
  ByteReader in(bytes);
  if (!known_format(in)) return false;
  row.acked = in.varint();
  row.hold = in.u8() != 0;
  row.updated = get_time(in);
  return complete(in);
}

std::string encode(const KeyRow& row) {
  std::string out = begin_row();
  put_u64(out, row.entry);
  return out;
}

bool decode(std::string_view bytes, KeyRow& row) {
  ByteReader in(bytes);
  if (!known_format(in)) return false;
  row.entry = in.u64();
  return complete(in);
}

bool carries(const EntryRow& row, FeedKey feed) {
  return row.owner == feed ||
         std::find(row.sighted_by.begin(), row.sighted_by.end(), feed) != row.sighted_by.end();
}

// S19: names never become paths, and are safe to print.
bool is_cursor_name(std::string_view name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  return !name.empty() && name.size() <= 64 && kLetters.find(name[0]) != kLetters.npos &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return kLetters.find(c) != kLetters.npos || c == '.' || c == '_' || c == '-';
         });
}

std::string number_key(std::uint64_t number) {
  std::string key;
  put_u64(key, number);
  return key;
}

Hash128 sighting_key(FeedKey feed, const Hash128& entry) {
  return sha256_128({"feedwire sighting 1", number_key(feed), entry.view()});
}

Hash128 recreated_key(const Hash128& expired, Sequence next) {
  return sha256_128({"feedwire again 1", expired.view(), number_key(next)});
}

}  // namespace feedwire::storage
