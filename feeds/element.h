// An XML element as the format parsers see it: its namespace, its local name, and what it inherits.

#pragma once

#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/namespaces.h"
#include "feeds/parsed_feed.h"

namespace feedwire::feeds {

/// What is in force at an element: namespace prefixes, xml:base, xml:lang. Scopes form a chain on
/// the stack, so they are neither copied nor moved. Used by one thread.
class Scope {
 public:
  /// The root's. `base` is the document's URL. Names without prefix are in `own` where the root
  /// declares no namespace that is known, or any with `force`.
  Scope(pugi::xml_node root, std::string_view base, Namespace own, bool force);
  Scope(const Scope& parent, pugi::xml_node element);
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  Namespace resolve(std::string_view prefix) const;
  /// The first prefix of an element below the root that nobody declared, "" if there is none.
  std::string_view undeclared() const { return undeclared_; }
  /// Whether an attribute of this very element declares `ns`.
  bool declares(Namespace ns) const;
  std::string_view base() const { return base_; }
  std::string_view language() const { return language_; }  // as written, "" where none

 private:
  struct Binding {
    std::string_view prefix;
    Namespace ns;
  };
  void read_attributes(pugi::xml_node element);
  const Binding* find(std::string_view prefix) const;

  const Scope* parent_;
  std::vector<Binding> bindings_;     // of the element's attributes; sorted by prefix where many
  std::optional<Namespace> implied_;  // of names without prefix, whatever the attributes say
  std::string own_base_;
  std::string_view base_, language_;
  mutable std::string_view undeclared_;  // of the root alone: found by resolve(), which is const
};

struct Element {
  Element(pugi::xml_node element, const Scope& in_force);

  pugi::xml_node node;
  const Scope& scope;
  Namespace ns;
  std::string_view name;  // local, as written
};

/// Calls `read` with each child element, in document order.
template <typename Read>
void for_each_child(const Element& parent, Read read) {
  // The library's iterators cost several times as much.
  for (auto child = parent.node.first_child(); child; child = child.next_sibling()) {
    if (child.type() != pugi::node_element) continue;
    const Scope scope(parent.scope, child);
    read(Element(child, scope));
  }
}

/// The value of the attribute whose local name is `lower` in any case, "" if absent. One without a
/// prefix comes first.
std::string_view attribute(pugi::xml_node node, std::string_view lower);

/// The text directly below, trimmed; without that of child elements.
std::string text_of(const Element& element);

/// What stands between the tags. Text alone is given as it is: in RSS it is HTML by custom. Beside
/// child elements it is XHTML: those are serialised, without prefixes, their relative URLs resolved
/// where they have an xml:base of their own.
std::string markup_of(const Element& element);

/// markup_of() with the base for its URLs.
RichText html_of(const Element& element);

/// html_of() where the text beside child elements is HTML too, escaped: what says type="html".
RichText escaped_html_of(const Element& element);

/// P-1: markup_of() as plain text on one line.
std::string plain_text_of(const Element& element);

/// As markup_of(), but the text is XHTML also where there are no child elements. A single `div`
/// that wraps it all is no part of it (RFC 4287 3.1.1.3).
RichText xhtml_of(const Element& element);

}  // namespace feedwire::feeds
