// Documents out of nothing, for stores that are larger than anything one would parse.

#pragma once

#include <cstdint>
#include <span>

#include "base/hash.h"
#include "feeds/feed.h"

namespace feedwire::bench {

/// One entry. The rest of it follows from `seed`.
struct MadeEntry {
  std::uint64_t seed = 0;
  Hash128 url;         // U: the key of the entry in the store
  Hash128 guid;        // G: what its feed knows it by
  bool known = false;  // the feed's window has it, as the parser was told
};

/// One that no store has.
MadeEntry make_new_entry(std::uint64_t seed);

/// Of 1.5 KB each as an event, if they are not known.
feeds::Entry make_entry(const MadeEntry& made);
feeds::Feed make_document(std::span<const MadeEntry> entries);

/// 128 bits that nobody else gets for these two numbers.
Hash128 made_hash(std::uint64_t seed, std::uint64_t salt);

}  // namespace feedwire::bench
