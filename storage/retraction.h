// Entries that a publisher took back without a word (identity rule I-17 b and c). What falls off
// the end of a feed is not taken back.

#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "storage/schema.h"

namespace feedwire::storage {

/// So long an entry must be missing before it counts as taken back.
inline constexpr std::chrono::hours kVanishedAfter{1};

/// Marks the items of `window`, which is the one before the document, that are missing in it
/// between two that stayed, by place and by date; takes the mark from those that came back, or of
/// which nothing can be said any more because the document ends before them. `document` holds
/// its items.
void mark_missing(WindowRow& window, std::span<const WindowItem> document, WallTime now);

/// Takes out of `window` the items that are missing for kVanishedAfter, and returns their entries.
std::vector<Hash128> take_vanished(WindowRow& window, WallTime now);

/// Takes out of `window`, the one before the document, those of its latest items that the document
/// of a complete feed (RFC 5005 section 2) lacks. An empty document is not believed.
std::vector<Hash128> take_removed(WindowRow& window, std::span<const WindowItem> document);

/// When take_vanished() may find something; epoch = never.
WallTime next_vanishing(const WindowRow& window);

}  // namespace feedwire::storage
