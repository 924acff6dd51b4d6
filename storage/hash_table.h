// Tables whose keys are hashes or fingerprints, made for one document and thrown away. Deciding a
// document takes several; the nodes of std::unordered_set were a third of the time for it.

#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "base/hash.h"

namespace feedwire::storage {

/// `Key` is Hash128 or a 64-bit fingerprint; zero is no key, as everywhere. Probed in a line: who
/// makes keys meet on purpose slows down the decision on his own document, by milliseconds.
template <typename Key, typename Value>
class HashTable {
 public:
  /// For up to `keys` keys; more must not be added.
  explicit HashTable(std::size_t keys)
      : slots_(std::bit_ceil(2 * keys + 2)), shift_(64 - std::countr_zero(slots_.size())) {}

  /// Gives the key a value, if it has none yet. Returns its value, and whether that is the new one.
  std::pair<Value*, bool> add(const Key& key, const Value& value = {}) {
    assert(key != Key{});
    Slot& slot = slots_[place(key)];
    const bool is_new = slot.key == Key{};
    if (is_new) slot = {key, value};
    return {&slot.value, is_new};
  }

  /// The key's value, or nullptr.
  const Value* find(const Key& key) const {
    const Slot& slot = slots_[place(key)];
    return slot.key == Key{} ? nullptr : &slot.value;
  }
  bool contains(const Key& key) const { return find(key) != nullptr; }

 private:
  struct Slot {
    Key key{};
    [[no_unique_address]] Value value{};
  };

  static std::uint64_t word(const Hash128& key) { return key.words().first; }
  static std::uint64_t word(std::uint64_t key) { return key; }

  // Where the key is, or would be.
  std::size_t place(const Key& key) const {
    auto at = static_cast<std::size_t>((word(key) * 0x9e3779b97f4a7c15) >> shift_);
    while (slots_[at].key != key && slots_[at].key != Key{}) at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  std::vector<Slot> slots_;  // a power of two of them, at least half of them empty
  int shift_;
};

template <typename Key>
using HashSet = HashTable<Key, std::monostate>;

}  // namespace feedwire::storage
