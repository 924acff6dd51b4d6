// Whether a document found elsewhere is the feed that we know (http.md H-66): they have an entry in
// common.

#pragma once

#include "feeds/feed.h"
#include "storage/schema.h"

namespace feedwire::storage {

/// Whether an entry of the document has a key of an entry of the window.
bool shares_entry(const WindowRow& window, const feeds::Feed& document);

}  // namespace feedwire::storage
