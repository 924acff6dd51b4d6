#pragma once

#include <string>

#include "base/result.h"
#include "cli/store_view.h"
#include "config/config.h"

namespace feedwire::cli {

/// The key of the entry that an operator means: 32 hex digits, "e-" and those, or the entry's URL.
/// A URL is looked up as a key, which finds entries that go by their link, and else among the
/// entries that changed last. Errors: not_found, and those of StoreView.
Result<std::string> find_entry_key(const StoreView& store, const config::Config& config,
                                   const std::string& id);

}  // namespace feedwire::cli
