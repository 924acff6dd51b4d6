#include "daemon/server_care.h"

#include <charconv>
#include <optional>

#include "feeds/date.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;
using storage::PollRow;
using storage::ServerNotes;
using Doubt = ServerNotes::Doubt;

constexpr std::chrono::hours kFutureTolerance{24};
constexpr int kDistantYear = 2038, kLastYear = 9999;
// A gap of a minute has been halved to next to nothing then.
constexpr std::chrono::hours kGapTime{10 * 24};

ServerNotes& notes_of(PollRow& row) {
  if (!row.server) row.server = ServerNotes{};
  return *row.server;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Whether four digits of their own say so: dates that far ahead are often none that could be read.
// Digits between letters are no year: some servers send a hash for a date.
bool names_distant_year(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    int number = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), number);
    const auto after = static_cast<std::size_t>(end - text.data());
    const bool is_word =
        (at == 0 || !is_letter(text[at - 1])) && (after == text.size() || !is_letter(text[after]));
    if (error == std::errc{} && is_word && after - at == 4 && number >= kDistantYear &&
        number <= kLastYear)
      return true;
    at = after;
  }
  return false;
}

// By its date alone (H-20 b and c).
Doubt doubt_about(std::string_view last_modified, WallTime now) {
  const std::optional<feeds::ParsedDate> date = feeds::parse_date(last_modified);
  if (date && date->time <= now) return Doubt::none;  // also where now is that far ahead itself
  if (names_distant_year(last_modified)) return Doubt::distant_date;
  return date && date->time > now + kFutureTolerance ? Doubt::future_date : Doubt::none;
}

// H-20 a: a body that is new settles it, others say nothing of an ETag that stays.
bool repeats_etag(const PollRow& row, const PollRow& before, bool new_body) {
  if (row.etag.empty() || row.etag != before.etag) return false;
  if (new_body) return before.had_document && row.validators_url == before.validators_url;
  return before.server && before.server->doubt == Doubt::same_etag;
}

}  // namespace

bool doubts_validators(const PollRow& row, WallTime now) {
  if (!row.server || row.server->doubt == Doubt::none) return false;
  // A clock that was set back must not keep a feed from being seen for long.
  return now - row.server->last_whole >= kDoubtPause || row.server->last_whole > now + kDoubtPause;
}

void note_validators(PollRow& row, const PollRow& before, const HttpResponse& response,
                     bool new_body, WallTime now) {
  Doubt doubt = doubt_about(row.last_modified, now);
  if (doubt == Doubt::none && repeats_etag(row, before, new_body)) doubt = Doubt::same_etag;
  if (doubt == Doubt::none) {
    if (row.server) row.server->doubt = Doubt::none;
    return;
  }
  ServerNotes& notes = notes_of(row);
  const bool is_whole = response.status != 304;
  if (notes.doubt == Doubt::none || is_whole) notes.last_whole = now;
  notes.doubt = doubt;
}

void note_plain_request(PollRow& row, const HttpResponse& response, WallTime now) {
  if (row.server && row.server->doubt != Doubt::none && !response.sent_validators)
    row.server->last_whole = now;
}

bool avoids_http2(const PollRow& row, WallTime now) {
  return row.server && row.server->http1_since != WallTime{} &&
         now - row.server->http1_since < kHttp1Time;
}

void note_http2_breach(PollRow& row, WallTime now) { notes_of(row).http1_since = now; }

void note_host_gap(PollRow& row, std::chrono::microseconds gap, WallTime now) {
  ServerNotes& notes = notes_of(row);
  notes.host_gap = gap;
  notes.gap_since = now;
}

void forget_server_notes(PollRow& row, WallTime now) {
  if (!row.server) return;
  ServerNotes& notes = *row.server;
  if (now - notes.http1_since >= kHttp1Time) notes.http1_since = {};
  if (now - notes.gap_since >= kGapTime) {
    notes.host_gap = {};
    notes.gap_since = {};
  }
  if (notes.doubt == Doubt::none) notes.last_whole = {};
  if (notes == ServerNotes{}) row.server.reset();
}

}  // namespace feedwire::daemon
