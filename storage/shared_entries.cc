#include "storage/shared_entries.h"

#include <unordered_set>

namespace feedwire::storage {
namespace {

// What the entries of a window are known by. Hashes of different kinds do not meet by chance.
std::unordered_set<std::uint64_t> prints_of(const WindowRow& window) {
  std::unordered_set<std::uint64_t> prints;
  for (const WindowItem& item : window.items) {
    prints.insert(item.entry.prefix());  // made of the guid, where there is no link
    for (const std::uint64_t print : item.prints)
      if (print != 0) prints.insert(print);
  }
  return prints;
}

}  // namespace

bool shares_entry(const WindowRow& window, const feeds::Feed& document) {
  const std::unordered_set<std::uint64_t> prints = prints_of(window);
  for (std::size_t i = 0; i < document.size(); ++i) {
    const feeds::EntryView entry = document.entry(i);
    if (entry.unchanged) return true;  // the parser was told what the window knows
    for (const Hash128& key : entry.keys.hashes)
      if (key && prints.contains(key.prefix())) return true;
  }
  return false;
}

}  // namespace feedwire::storage
