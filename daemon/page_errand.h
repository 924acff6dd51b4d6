// What the poll stage has to do with the older page of a feed that is asked for next.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "daemon/transport.h"
#include "feeds/feed.h"
#include "feeds/keys.h"
#include "storage/backfill.h"

namespace feedwire::daemon {

struct PageErrand {
  enum class Phase : std::uint8_t {
    planned,  // the scheduler says when
    asking,
    waiting,  // for a place at the parsers
    parsing,
    done,  // `document`, or else `backfill`, is to be committed
  };
  Phase phase = Phase::planned;
  feeds::FeedKey feed = 0;
  std::string host;            // of the page
  storage::Backfill backfill;  // what was asked for; once that failed, what came of it

  MonoTime asked_at{};
  Now answered{};
  HttpResponse response;  // until its body is parsed
  std::optional<feeds::Feed> document;
  WallTime patience{};  // until then the host wants to be left alone; epoch = it said nothing
};

}  // namespace feedwire::daemon
