#include "storage/lower_bounds.h"

#include <algorithm>

namespace feedwire::storage {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kMaxRepeats = 5;  // H-21
constexpr std::uint64_t kLargeBodyBytes = 256 << 10;

}  // namespace

std::vector<PollBound> standing_bounds(PollBound floor, const PollRow& row) {
  std::vector<PollBound> bounds = {floor};
  const auto add = [&bounds](std::chrono::seconds wait, PollRule rule) {
    if (wait > 0s) bounds.push_back({wait, rule});
  };
  add(row.strain, PollRule::strain);
  add(std::chrono::minutes{row.hints.ttl_minutes}, PollRule::ttl);
  add(std::chrono::minutes{row.hints.update_minutes}, PollRule::update_period);
  return bounds;
}

std::vector<PollBound> lower_bounds(const PollRow& row) {
  if (row.polls == 0) return {};
  std::vector<PollBound> bounds =
      standing_bounds({row.floor, row.own_interval ? PollRule::interval : PollRule::floor}, row);
  // Who sends everything each time is asked less often, unless it names a time itself.
  if (row.failures == 0 && row.repeats >= kMaxRepeats && !row.fresh_for)
    bounds.push_back({row.repeated_bytes > kLargeBodyBytes ? 4h : 1h, PollRule::no_conditional});
  if (row.fresh_for) bounds.push_back({*row.fresh_for, PollRule::freshness});
  if (row.failures > 0 && row.rule == PollRule::failure)
    bounds.push_back(
        {std::chrono::floor<std::chrono::seconds>(row.next_poll - row.last_poll), row.rule});
  if (row.retry_after > 0s) bounds.push_back({row.retry_after, PollRule::retry_after});
  return bounds;
}

PollBound longest(const std::vector<PollBound>& bounds) {
  return *std::max_element(bounds.begin(), bounds.end(),
                           [](const PollBound& a, const PollBound& b) { return a.wait < b.wait; });
}

}  // namespace feedwire::storage
