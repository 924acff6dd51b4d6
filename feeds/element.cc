#include "feeds/element.h"

#include <algorithm>
#include <iterator>

#include "feeds/ascii.h"
#include "feeds/url.h"
#include "feeds/values.h"
#include "feeds/xml_walk.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kFewBindings = 32;  // an element with more has them sorted

std::string_view local_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

std::string_view prefix_of(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == name.npos ? std::string_view{} : name.substr(0, colon);
}

bool is_text(pugi::xml_node node) {
  return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
}

std::string direct_text(pugi::xml_node element) {
  std::string text;
  for (pugi::xml_node child = element.first_child(); child; child = child.next_sibling())
    if (is_text(child)) text += child.value();
  return text;
}

}  // namespace

Scope::Scope(pugi::xml_node root, std::string_view base, Namespace own, bool force)
    : parent_(nullptr), base_(base) {
  read_attributes(root);
  const Namespace declared = resolve("");
  if (force || declared == Namespace::none || declared == Namespace::other) implied_ = own;
}

Scope::Scope(const Scope& parent, pugi::xml_node element)
    : parent_(&parent), base_(parent.base_), language_(parent.language_) {
  read_attributes(element);
}

void Scope::read_attributes(pugi::xml_node element) {
  for (auto attribute = element.first_attribute(); attribute;
       attribute = attribute.next_attribute()) {
    const std::string_view name = attribute.name();
    if (name[0] != 'x') continue;
    if (name == "xmlns") {
      bindings_.push_back({"", namespace_of_uri(attribute.value())});
    } else if (name.starts_with("xmlns:")) {
      bindings_.push_back({name.substr(6), namespace_of_uri(attribute.value())});
    } else if (name == "xml:base") {
      own_base_ = join_base(base_, attribute.value());
      base_ = own_base_;
    } else if (name == "xml:lang") {
      language_ = attribute.value();
    }
  }
  if (bindings_.size() > kFewBindings)
    std::stable_sort(bindings_.begin(), bindings_.end(),
                     [](const Binding& x, const Binding& y) { return x.prefix < y.prefix; });
}

/// The last one counts, should a prefix be bound twice.
const Scope::Binding* Scope::find(std::string_view prefix) const {
  const auto is_it = [prefix](const Binding& binding) { return binding.prefix == prefix; };
  if (bindings_.size() <= kFewBindings) {
    const auto last = std::find_if(bindings_.rbegin(), bindings_.rend(), is_it);
    return last == bindings_.rend() ? nullptr : &*last;
  }
  const auto behind = std::upper_bound(
      bindings_.begin(), bindings_.end(), prefix,
      [](std::string_view wanted, const Binding& binding) { return wanted < binding.prefix; });
  const bool found = behind != bindings_.begin() && is_it(*std::prev(behind));
  return found ? &*std::prev(behind) : nullptr;
}

Namespace Scope::resolve(std::string_view prefix) const {
  const Scope* root = this;
  for (const Scope* scope = this; scope != nullptr; scope = scope->parent_) {
    root = scope;
    if (prefix.empty() && scope->implied_) return *scope->implied_;
    if (const Binding* const binding = scope->find(prefix)) return binding->ns;
  }
  if (prefix.empty()) return Namespace::none;
  if (root->undeclared_.empty() && prefix != "xml") root->undeclared_ = prefix;
  return namespace_of_prefix(prefix);
}

bool Scope::declares(Namespace ns) const {
  return std::any_of(bindings_.begin(), bindings_.end(),
                     [&](const Binding& binding) { return binding.ns == ns; });
}

Element::Element(pugi::xml_node element, const Scope& in_force)
    : node(element),
      scope(in_force),
      ns(in_force.resolve(prefix_of(element.name()))),
      name(local_name(element.name())) {}

std::string_view attribute(pugi::xml_node node, std::string_view lower) {
  std::string_view prefixed;
  for (auto candidate = node.first_attribute(); candidate; candidate = candidate.next_attribute()) {
    const std::string_view name = candidate.name();
    const std::string_view local = local_name(name);
    if (!iequals_ascii(local, lower)) continue;
    if (local.size() == name.size()) return candidate.value();
    if (prefixed.empty() && !name.starts_with("xmlns:")) prefixed = candidate.value();
  }
  return prefixed;
}

std::string text_of(const Element& element) {
  const pugi::xml_node first = element.node.first_child();
  if (is_text(first) && !first.next_sibling()) return std::string(trim(first.value()));
  return std::string(trim(direct_text(element.node)));
}

std::string markup_of(const Element& element) {
  for (auto child = element.node.first_child(); child; child = child.next_sibling())
    if (child.type() == pugi::node_element)
      return serialize_children(element.node, element.scope.base(), Text::markup_in_cdata);
  return direct_text(element.node);
}

RichText html_of(const Element& element) {
  return {RichText::Kind::html, markup_of(element), std::string(element.scope.base())};
}

RichText escaped_html_of(const Element& element) {
  return {RichText::Kind::html,
          serialize_children(element.node, element.scope.base(), Text::markup),
          std::string(element.scope.base())};
}

std::string plain_text_of(const Element& element) {
  const pugi::xml_node first = element.node.first_child();
  if (is_text(first) && !first.next_sibling()) return plain_text(first.value());
  return plain_text(markup_of(element));
}

RichText xhtml_of(const Element& element) {
  const auto serialize = [](const Element& e) {
    return RichText{RichText::Kind::html, serialize_children(e.node, e.scope.base(), Text::text),
                    std::string(e.scope.base())};
  };
  pugi::xml_node wrapper;
  for (const pugi::xml_node child : element.node.children()) {
    const bool blank = is_text(child) && trim(child.value()).empty();
    if (blank || child.type() == pugi::node_comment) continue;
    if (wrapper || !iequals_ascii(local_name(child.name()), "div")) return serialize(element);
    wrapper = child;
  }
  if (!wrapper) return serialize(element);
  const Scope scope(element.scope, wrapper);
  return serialize(Element(wrapper, scope));
}

}  // namespace feedwire::feeds
