// By what a feed's entries are recognised first, and when that has proved to be wrong (identity
// rules I-1, I-2, I-5).

#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "feeds/feed.h"
#include "storage/identity.h"
#include "storage/schema.h"

namespace feedwire::storage {

/// Counts for each kind what is missing, repeats, and stayed the same since `window`, of which
/// `matches` are the entries of `document`. `primary` is the kind they were matched by.
DocumentQuality measure_quality(const feeds::Feed& document, const std::vector<Match>& matches,
                                const WindowRow& window, feeds::KeyKind primary);

/// The first kind from `current` on that is missing in at most 5 % of the entries, repeats in at
/// most 5 % or one a document, and was kept by 90 % where at least three documents can tell and not
/// by one of them alone. Less than three say nothing against `current`, but where `first_document`
/// is set one decides.
feeds::KeyKind choose_primary(std::span<const DocumentQuality> history, feeds::KeyKind current,
                              bool first_document);

/// Why a kind does not tell a feed's entries apart, and what would.
struct Doubt {
  std::string_view flaw;  // "missing", "repeated" or "unstable": as choose_primary() judges
  feeds::KeyKind better;
};

/// What speaks against the operator's choice, if another kind is better.
std::optional<Doubt> doubt_in(std::span<const DocumentQuality> history, feeds::KeyKind configured,
                              bool first_document);

/// "guid", "link", "enclosure", "title_date", "title_content".
std::string_view primary_kind_name(feeds::KeyKind kind);
std::optional<feeds::KeyKind> find_primary_kind(std::string_view name);

}  // namespace feedwire::storage
