// Making an entry's event fit: by the configured content, and by the longest line that the
// operator's shippers can take (events 1.3).

#pragma once

#include <string>
#include <string_view>

#include "storage/event.h"

namespace feedwire::storage {

/// `data` as it is.
RenderedData render_entry_data(const EntryData& data);

}  // namespace feedwire::storage
