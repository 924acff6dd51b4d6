// How what is remembered of a feed between polls is written as a row (storage/schema.h).

#include <algorithm>
#include <bit>
#include <cmath>
#include <initializer_list>

#include "base/bytes.h"
#include "storage/row_codec.h"
#include "storage/schema.h"

namespace feedwire::storage {
namespace {

// Those of format 1 end before `hints`, of format 2 before `answers_304`, of format 3 before
// `expected`, of format 4 before `title_print`, of format 5 before the hub, of format 6 before the
// back-fill, of format 7 before what few feeds have.
constexpr std::uint8_t kPollFormat = 8, kPollFormatFilled = 7, kPollFormatPushed = 6,
                       kPollFormatLived = 5, kPollFormatBounded = 4, kPollFormatLearnt = 3,
                       kPollFormatWithoutHabit = 2;

// Bits of a byte. Most feeds have an uneventful life, and then nothing but that byte.
constexpr std::uint8_t kEventful = 1, kFailing = 2, kGone = 4, kLinked = 8;

// Likewise, of what follows the hub.
constexpr std::uint8_t kIdPrint = 1, kHubOffer = 2, kServerNotes = 4, kAllExtras = 7;

// A feed that is gone is tried again so long after its last poll, however often operators ask.
constexpr std::chrono::hours kRenewedPause{1};

void put_float(std::string& out, float value) { put_u32(out, std::bit_cast<std::uint32_t>(value)); }

// A number that is no count at all would spoil every sum it gets into.
bool get_counts(ByteReader& in, std::initializer_list<float*> counts) {
  bool sound = true;
  for (float* count : counts) {
    *count = std::bit_cast<float>(in.u32());
    sound = sound && std::isfinite(*count) && *count >= 0;
  }
  return sound;
}

void put_habit(std::string& out, const Habit& habit) {
  put_time(out, habit.as_of);
  put_time(out, habit.newest);
  for (const float count : {habit.days, habit.lasting, habit.recent, habit.lasting_close,
                            habit.recent_close, habit.bins_day})
    put_float(out, count);
  put_varint(out, habit.window);
  for (const std::uint16_t bin : habit.bins) put_varint(out, bin);
}

bool get_habit(ByteReader& in, Habit& habit) {
  habit.as_of = get_time(in);
  habit.newest = get_time(in);
  const bool sound = get_counts(in, {&habit.days, &habit.lasting, &habit.recent,
                                     &habit.lasting_close, &habit.recent_close, &habit.bins_day});
  habit.window = static_cast<std::uint32_t>(in.varint());
  for (std::uint16_t& bin : habit.bins) bin = static_cast<std::uint16_t>(in.varint());
  return sound;
}

void put_life(std::string& out, const FeedLife& life) {
  if (life == FeedLife{}) return put_u8(out, 0);
  put_u8(out, static_cast<std::uint8_t>(kEventful | (life.failing ? kFailing : 0) |
                                        (life.gone ? kGone : 0) | (life.linked ? kLinked : 0)));
  put_time(out, life.gone_since);
  put_time(out, life.renewed);
  put_string(out, life.moved_to);
  put_string(out, life.candidate.to);
  put_time(out, life.candidate.since);
  put_varint(out, life.candidate.polls);
}

// False if it is of a later format.
bool get_life(ByteReader& in, FeedLife& life) {
  const std::uint8_t flags = in.u8();
  if ((flags & kEventful) == 0) return flags == 0;
  life.failing = (flags & kFailing) != 0;
  life.gone = (flags & kGone) != 0;
  life.linked = (flags & kLinked) != 0;
  life.gone_since = get_time(in);
  life.renewed = get_time(in);
  life.moved_to = in.string();
  life.candidate.to = in.string();
  life.candidate.since = get_time(in);
  life.candidate.polls = static_cast<std::uint32_t>(in.varint());
  return true;
}

// 0 = there is none; else the state and 1.
void put_hub(std::string& out, const Rare<HubSubscription>& hub) {
  if (!hub) return put_u8(out, 0);
  put_u8(out, static_cast<std::uint8_t>(static_cast<std::uint8_t>(hub->state) + 1));
  put_string(out, hub->hub);
  put_string(out, hub->topic);
  put_string(out, hub->callback);
  out += hub->token.view();
  put_string(out, hub->secret);
  put_varint(out, hub->asks);
  for (const WallTime time : {hub->next_ask, hub->confirmed, hub->lease_until, hub->last_push})
    put_time(out, time);
  put_u8(out, hub->awaits_poll ? 1 : 0);
  put_varint(out, hub->pushes);
  put_varint(out, hub->bad_pushes);
  put_varint(out, hub->judged);
  put_varint(out, hub->missed);
}

// False if it is of a later format.
bool get_hub(ByteReader& in, Rare<HubSubscription>& hub) {
  const std::uint8_t state = in.u8();
  if (state == 0 || state > kHubStates) return state == 0;
  hub = HubSubscription{};
  hub->state = static_cast<HubSubscription::State>(state - 1);
  hub->hub = in.string();
  hub->topic = in.string();
  hub->callback = in.string();
  hub->token = get_hash(in);
  hub->secret = in.string();
  hub->asks = static_cast<std::uint32_t>(in.varint());
  for (WallTime* time : {&hub->next_ask, &hub->confirmed, &hub->lease_until, &hub->last_push})
    *time = get_time(in);
  hub->awaits_poll = in.u8() != 0;
  hub->pushes = in.varint();
  hub->bad_pushes = in.varint();
  hub->judged = static_cast<std::uint32_t>(in.varint());
  hub->missed = static_cast<std::uint32_t>(in.varint());
  return true;
}

// 0 = there is none; else how it goes on and 1.
void put_backfill(std::string& out, const Rare<Backfill>& backfill) {
  if (!backfill) return put_u8(out, 0);
  put_u8(out, static_cast<std::uint8_t>(static_cast<std::uint8_t>(backfill->by) + 1));
  put_u8(out, static_cast<std::uint8_t>(backfill->end));
  put_string(out, backfill->page);
  for (const WallTime time : {backfill->from, backfill->to, backfill->last_ask, backfill->next_ask})
    put_time(out, time);
  put_varint(out, backfill->pages);
  put_varint(out, backfill->entries);
  put_varint(out, backfill->failures);
  put_numbers(out, backfill->asked);
  put_numbers(out, backfill->before);
}

// False if it is of a later format.
bool get_backfill(ByteReader& in, Rare<Backfill>& backfill) {
  const std::uint8_t by = in.u8();
  if (by == 0 || by > kBackfillBys) return by == 0;
  const std::uint8_t end = in.u8();
  if (end >= kBackfillEnds) return false;
  backfill = Backfill{};
  backfill->by = static_cast<Backfill::By>(by - 1);
  backfill->end = static_cast<Backfill::End>(end);
  backfill->page = in.string();
  for (WallTime* time : {&backfill->from, &backfill->to, &backfill->last_ask, &backfill->next_ask})
    *time = get_time(in);
  backfill->pages = static_cast<std::uint32_t>(in.varint());
  backfill->entries = in.varint();
  backfill->failures = static_cast<std::uint32_t>(in.varint());
  backfill->asked = get_numbers(in);
  backfill->before = get_numbers(in);
  return true;
}

// What few feeds have.
void put_extras(std::string& out, const PollRow& row) {
  put_u8(out, static_cast<std::uint8_t>((row.id_print != 0 ? kIdPrint : 0) |
                                        (row.hub_offer ? kHubOffer : 0) |
                                        (row.server ? kServerNotes : 0)));
  if (row.id_print != 0) put_u64(out, row.id_print);
  if (row.hub_offer) {
    put_string(out, row.hub_offer->hub);
    put_string(out, row.hub_offer->topic);
  }
  if (!row.server) return;
  const ServerNotes& notes = *row.server;
  put_u8(out, static_cast<std::uint8_t>(notes.doubt));
  for (const WallTime time : {notes.last_whole, notes.http1_since, notes.gap_since})
    put_time(out, time);
  put_varint(out, static_cast<std::uint64_t>(notes.host_gap.count()));
}

// False if they are of a later format.
bool get_extras(ByteReader& in, PollRow& row) {
  const std::uint8_t extras = in.u8();
  if ((extras & ~kAllExtras) != 0) return false;
  if ((extras & kIdPrint) != 0) row.id_print = in.u64();
  if ((extras & kHubOffer) != 0) {
    row.hub_offer = HubOffer{};
    row.hub_offer->hub = in.string();
    row.hub_offer->topic = in.string();
  }
  if ((extras & kServerNotes) == 0) return true;
  ServerNotes notes;
  const std::uint8_t doubt = in.u8();
  notes.doubt = static_cast<ServerNotes::Doubt>(doubt);
  for (WallTime* time : {&notes.last_whole, &notes.http1_since, &notes.gap_since})
    *time = get_time(in);
  notes.host_gap = std::chrono::microseconds(static_cast<std::int64_t>(in.varint()));
  row.server = notes;
  return doubt < kDoubts && notes.host_gap.count() >= 0;
}

}  // namespace

std::string encode(const PollRow& row) {
  std::string out(1, static_cast<char>(kPollFormat));
  put_varint(out, row.polls);
  put_time(out, row.next_poll);
  put_time(out, row.last_poll);
  put_time(out, row.last_success);
  put_varint(out, row.failures);
  put_varint(out, row.last_status);
  put_string(out, row.last_error);
  put_string(out, row.etag);
  put_string(out, row.last_modified);
  put_string(out, row.validators_url);
  out += row.body_hash.view();
  put_u8(out, row.had_document ? 1 : 0);
  for (const std::uint32_t hint :
       {row.hints.ttl_minutes, row.hints.update_minutes, row.hints.skip_hours, row.hints.skip_days})
    put_varint(out, hint);
  put_u8(out, static_cast<std::uint8_t>(row.rule));
  put_varint(out, row.repeats);
  put_varint(out, row.repeated_bytes);
  put_seconds(out, row.strain);
  put_time(out, row.strain_since);
  put_u8(out, row.answers_304 ? 1 : 0);
  put_seconds(out, row.interval);
  put_time(out, row.failing_since);
  put_habit(out, row.habit);
  put_float(out, row.expected);
  put_seconds(out, row.floor);
  put_u8(out, row.own_interval ? 1 : 0);
  put_seconds(out,
              row.fresh_for ? *row.fresh_for + std::chrono::seconds{1} : std::chrono::seconds{});
  put_seconds(out, row.retry_after);
  put_u64(out, row.title_print);
  put_life(out, row.life);
  put_hub(out, row.hub);
  put_backfill(out, row.backfill);
  put_extras(out, row);
  return out;
}

bool decode(std::string_view bytes, PollRow& row) {
  ByteReader in(bytes);
  const std::uint8_t format = in.u8();
  if (format < kFormat || format > kPollFormat) return false;
  row.polls = in.varint();
  row.next_poll = get_time(in);
  row.last_poll = get_time(in);
  row.last_success = get_time(in);
  row.failures = static_cast<std::uint32_t>(in.varint());
  row.last_status = static_cast<std::uint32_t>(in.varint());
  row.last_error = in.string();
  row.etag = in.string();
  row.last_modified = in.string();
  row.validators_url = in.string();
  row.body_hash = get_hash(in);
  row.had_document = in.u8() != 0;
  if (format == kFormat) return complete(in);
  for (std::uint32_t* hint : {&row.hints.ttl_minutes, &row.hints.update_minutes,
                              &row.hints.skip_hours, &row.hints.skip_days})
    *hint = static_cast<std::uint32_t>(in.varint());
  const std::uint8_t rule = in.u8();
  row.rule = static_cast<PollRule>(rule);
  row.repeats = static_cast<std::uint32_t>(in.varint());
  row.repeated_bytes = in.varint();
  row.strain = get_seconds(in);
  row.strain_since = get_time(in);
  if (rule >= kPollRules) return false;
  if (format == kPollFormatWithoutHabit) return complete(in);
  row.answers_304 = in.u8() != 0;
  row.interval = get_seconds(in);
  row.failing_since = get_time(in);
  if (!get_habit(in, row.habit)) return false;
  if (format == kPollFormatLearnt) return complete(in);
  const bool is_rate = get_counts(in, {&row.expected});
  row.floor = get_seconds(in);
  row.own_interval = in.u8() != 0;
  if (const std::chrono::seconds fresh = get_seconds(in); fresh.count() > 0)
    row.fresh_for = fresh - std::chrono::seconds{1};
  row.retry_after = get_seconds(in);
  if (!is_rate) return false;
  if (format == kPollFormatBounded) return complete(in);
  row.title_print = in.u64();
  if (!get_life(in, row.life)) return false;
  if (format == kPollFormatLived) return complete(in);
  if (!get_hub(in, row.hub)) return false;
  if (format == kPollFormatPushed) return complete(in);
  if (!get_backfill(in, row.backfill)) return false;
  if (format == kPollFormatFilled) return complete(in);
  return get_extras(in, row) && complete(in);
}

bool is_scheduled(const PollRow& row) {
  return row.rule != PollRule::gone && row.rule != PollRule::same_url;
}

bool renew(PollRow& row, bool added, WallTime now) {
  FeedLife& life = row.life;
  const bool moved = !life.moved_to.empty() || !life.candidate.to.empty();
  const bool has_past = moved || life.gone_since != WallTime{} || row.hub || row.backfill;
  if (!life.gone && !(added && has_past)) return false;
  if (added) {
    if (row.hub) row.hub_offer = HubOffer{row.hub->hub, row.hub->topic};
    row.hub.reset();  // it was left when the feed was removed
    row.backfill.reset();
  }
  if (life.gone) {
    row.failures = 0;
    row.failing_since = {};
    row.last_error.clear();
  }
  if (!is_scheduled(row)) {
    row.rule = PollRule::none;
    row.next_poll = std::max(now, row.last_poll + kRenewedPause);
  }
  const FeedLife before = life;
  life = {};
  life.failing = before.failing && !before.gone;
  life.linked = before.linked;
  if (!added) {
    life.moved_to = before.moved_to;
    life.candidate = before.candidate;
  }
  life.renewed = now;
  return true;
}

}  // namespace feedwire::storage
