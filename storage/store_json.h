// The JSON of what the store holds, the same from the daemon's socket and from the tool. Unknown
// means absent. Feeds are named as in events ("f-2c26…"), entry keys are hex, sequences 20-digit
// strings, times RFC 3339 in UTC.

#pragma once

#include <string>
#include <string_view>

#include "base/json_writer.h"
#include "storage/store.h"

namespace feedwire::storage {

/// How "url" is told: as everywhere without credentials (OP-13), or as the feed is subscribed to.
enum class UrlText { shown, whole };

/// {"feed_id","url","name","title","tags","origin","state","moved_to","rev","window_entries",
/// "polls","next_poll","next_poll_rule","own_interval","interval","expected_per_day",
/// "bounds":[{"rule","seconds"}],"skip_hours","skip_days","last_poll","last_success","last_status",
/// "failures","failing_since","gone_since","last_error","problems":[{"code","message"}],
/// "hub":{"url","topic","state","confirmed","lease_until","next_ask","last_push","pushes",
/// "bad_pushes","judged","missed"},"paged","backfill":{"state","from","to","page","pages","entries",
/// "failures","last_ask","next_ask"}}. `origin` is "configuration" or "run-time"; `moved_to` is
/// where the feed is polled in place of `url`, by itself or, where `next_poll_rule` is "same-url",
/// as another feed that is there; `own_interval` is the one it was added with; `interval` is
/// planned between two polls that go well, for a feed that is expected to publish
/// `expected_per_day` entries, both are in seconds; `bounds` is storage/lower_bounds.h; hours are
/// of GMT, day 0 is Sunday; `gone_since` is when its server first said so; `problems` is
/// storage/feed_problems.h; of `hub`, storage/hub_subscription.h, nothing is shown that others must
/// not know; `paged` is true where it was added with that; `backfill` is of the last gap for which
/// there were older pages (storage/backfill.h).
void append_feed_json(JsonWriter& json, const StoredFeed& feed, UrlText url = UrlText::shown);

/// {"entry_key","rev","first_seen","last_seen","feed_id","also_in","item"}; item is the JSON Feed
/// 1.1 item as the event log has it.
void append_entry_json(JsonWriter& json, const StoredEntry& entry);

/// {"entry":ENTRY,"canonical_url","key_kind","feeds":[{"feed_id","url","name","owner","subscribed",
/// "flapping","policy","guid_repeats","documents_ago","keys":[{"kind","value","lasts"}]}]}; `lasts`
/// is "entry_key", "key" or "window".
void append_explanation_json(JsonWriter& json, const EntryExplanation& explanation);

/// {"name","acked","hold","updated"}
void append_cursor_json(JsonWriter& json, std::string_view name, const CursorRow& cursor);

/// {"dir","source","last_sequence","files","bytes"}
void append_backup_json(JsonWriter& json, std::string_view dir, const BackupSummary& backup);

/// "paused" by the operator; else "new" before the first poll, "gone" once it is polled no more,
/// "failing" while polls fail, "ok".
std::string_view feed_state(const StoredFeed& feed);

/// 20 digits, so that sequences sort as text.
std::string format_sequence(Sequence sequence);
/// Errors: invalid_argument (anything but 1 to 20 digits of a 64-bit number).
Result<Sequence> parse_sequence(std::string_view text);

}  // namespace feedwire::storage
