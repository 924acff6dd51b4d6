#include "storage/feed_problems.h"

#include <fmt/format.h>

#include <algorithm>

#include "storage/event.h"
#include "storage/lower_bounds.h"

namespace feedwire::storage {
namespace {

constexpr int kHoursADay = 24, kHoursAWeek = 7 * kHoursADay;

bool is_skipped(const PollHints& hints, int hour_of_week) {
  const int day = hour_of_week / kHoursADay % 7, hour = hour_of_week % kHoursADay;
  return (hints.skip_hours >> hour & 1) != 0 || (hints.skip_days >> day & 1) != 0;
}

// The most hours in a row that are excluded, at any time of the week; of a whole week, if all are.
int longest_skip(const PollHints& hints) {
  int longest = 0, run = 0;
  for (int hour = 0; hour < 2 * kHoursAWeek; ++hour) {  // Saturday's goes on into Sunday
    run = is_skipped(hints, hour) ? run + 1 : 0;
    longest = std::max(longest, std::min(run, kHoursAWeek));
  }
  return longest;
}

std::string_view doubt_text(ServerNotes::Doubt doubt) {
  switch (doubt) {
    case ServerNotes::Doubt::same_etag:
      return "another document came with the same ETag";
    case ServerNotes::Doubt::future_date:
      return "its Last-Modified lies in the future";
    case ServerNotes::Doubt::distant_date:
      return "its Last-Modified lies in 2038 or later";
    case ServerNotes::Doubt::none:
      break;
  }
  return "";
}

}  // namespace

std::vector<FeedProblem> feed_problems(const PollRow& row) {
  std::vector<FeedProblem> problems;
  const int skip = longest_skip(row.hints);
  if (skip == kHoursAWeek)
    problems.push_back({"skip-hints", "skipHours and skipDays leave no time: they are ignored"});
  else if (skip > kHoursADay)
    problems.push_back(
        {"skip-hints", fmt::format("skipHours and skipDays exclude {} hours at a stretch: polls "
                                   "that would wait for more than 24 hours do not",
                                   skip)});
  if (row.server && row.server->doubt != ServerNotes::Doubt::none)
    problems.push_back(
        {"validator-suspect", fmt::format("{}: once a week it is asked without validators",
                                          doubt_text(row.server->doubt))});
  const std::vector<PollBound> bounds = lower_bounds(row);
  if (std::any_of(bounds.begin(), bounds.end(),
                  [](const PollBound& bound) { return bound.rule == PollRule::no_conditional; }))
    problems.push_back(
        {"no-conditional", "its server sends the same document again to who has it already"});
  if (row.server && row.server->http1_since != WallTime{})
    problems.push_back({"http2", fmt::format("its server broke HTTP/2 at {}, and is asked in "
                                             "HTTP/1.1 for a week",
                                             format_time(row.server->http1_since))});
  return problems;
}

}  // namespace feedwire::storage
