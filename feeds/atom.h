// Atom 1.0 (RFC 4287) and 0.3, and Atom's elements in other feeds.

#pragma once

#include <span>
#include <string_view>

#include "feeds/draft.h"
#include "feeds/element_table.h"

namespace feedwire::feeds {

bool is_atom_root(std::string_view name);

/// Reads a feed, or an entry document (RFC 4287 2), into `context.feed`. False if the root is in
/// some other namespace.
bool read_atom(ReadContext& context, pugi::xml_node root, std::string_view base);

std::span<const ElementRow<EntryDraft>> atom_entry_rows();
/// Without `entry`.
std::span<const ElementRow<FeedDraft>> atom_feed_rows();

/// A Person construct (RFC 4287 3.2); text instead of elements is taken apart.
Person atom_person(const Element& element);

}  // namespace feedwire::feeds
