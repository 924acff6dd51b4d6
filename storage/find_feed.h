#pragma once

#include <string_view>

#include "base/result.h"
#include "storage/store.h"

namespace feedwire::storage {

/// The feed that an operator means: by its key ("f-2c26…" or "2c26…"), its name, or the URL it is
/// subscribed under, in this order. Errors: not_found, and those of the store.
Result<StoredFeed> find_feed(const StoreReader& store, std::string_view id);

}  // namespace feedwire::storage
