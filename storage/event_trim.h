// Making an entry's event fit: by the configured content, and by the longest line that the
// operator's shippers can take (events 1.3).

#pragma once

#include <string>
#include <string_view>

#include "storage/event.h"

namespace feedwire::storage {

/// Appends `data` as it is, and returns where the value of `after` is in `out`.
Span append_entry_data(std::string& out, const EntryData& data);

}  // namespace feedwire::storage
