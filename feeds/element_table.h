// From an element's namespace and name to what reads it. A new element is a new row.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "feeds/ascii.h"
#include "feeds/element.h"

namespace feedwire::feeds {

template <typename Draft>
struct ElementRow {
  Namespace ns;
  std::string_view name;  // in lower case; documents may write it in any
  void (*read)(Draft&, const Element&);
};

/// A hash table over rows that live as long as the program. Built once, then read by any thread.
template <typename Draft>
class ElementTable {
 public:
  using Rows = std::span<const ElementRow<Draft>>;

  /// Of two rows for one element the earlier counts.
  ElementTable(std::initializer_list<Rows> parts) {
    std::size_t count = 0;
    for (const Rows rows : parts) count += rows.size();
    std::size_t slots = 16;
    while (slots < count * 3) slots *= 2;
    slots_.resize(slots);
    for (const Rows rows : parts)
      for (const ElementRow<Draft>& row : rows)
        if (std::size_t slot = find(row.ns, row.name); slots_[slot] == nullptr) slots_[slot] = &row;
  }

  /// Reads `element` into `draft`; one without a row is passed over.
  void read(Draft& draft, const Element& element) const {
    const ElementRow<Draft>* const row = slots_[find(element.ns, element.name)];
    if (row != nullptr) row->read(draft, element);
  }

 private:
  // The slot where the row is or would be. At most a third of them are taken, so it ends.
  std::size_t find(Namespace ns, std::string_view name) const {
    std::size_t hash = 2166136261u ^ static_cast<std::size_t>(ns);
    for (const char c : name)
      hash = (hash ^ static_cast<std::uint8_t>(to_lower_ascii(c))) * 16777619u;
    for (std::size_t slot = hash % slots_.size();; slot = (slot + 1) % slots_.size()) {
      const ElementRow<Draft>* const row = slots_[slot];
      if (row == nullptr || (row->ns == ns && iequals_ascii(name, row->name))) return slot;
    }
  }

  std::vector<const ElementRow<Draft>*> slots_;
};

}  // namespace feedwire::feeds
