#include "feeds/xml_walk.h"

#define XXH_INLINE_ALL  // most texts are a few bytes
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "feeds/ascii.h"
#include "feeds/html_attributes.h"
#include "feeds/html_image.h"
#include "feeds/url.h"

namespace feedwire::feeds {
namespace {

// Calls `visitor` on the way down and on the way up for each node below `top`.
template <typename Visitor>
void walk(pugi::xml_node top, Visitor& visitor) {
  pugi::xml_node node = top.first_child();
  while (node) {
    visitor.enter(node);
    if (node.first_child()) {
      node = node.first_child();
      continue;
    }
    visitor.leave(node);
    while (!node.next_sibling()) {
      node = node.parent();
      if (node == top) return;
      visitor.leave(node);
    }
    node = node.next_sibling();
  }
}

class Hasher {
 public:
  void enter(pugi::xml_node node) {
    add(node.name());
    for (auto attribute = node.first_attribute(); attribute;
         attribute = attribute.next_attribute()) {
      add(attribute.name());
      add(attribute.value());
    }
    add(node.value());
  }
  void leave(pugi::xml_node) { add(""); }
  std::uint64_t digest() const { return hash_; }

 private:
  // Mixed in order, so that ("ab", "c") and ("a", "bc") differ.
  void add(const char* text) {
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
    hash_ = (std::rotl(hash_, 27) ^ XXH3_64bits(text, std::strlen(text))) * kOdd;
  }

  std::uint64_t hash_ = 0;
};

std::string_view without_prefix(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view candidate) { return iequals_ascii(name, candidate); });
}

bool is_void_element(std::string_view name) {
  return is_one_of(name, {"area", "base", "br", "col", "embed", "hr", "img", "input", "link",
                          "meta", "param", "source", "track", "wbr"});
}

bool holds_url(std::string_view attribute) {
  return is_one_of(attribute, {"action", "background", "cite", "data", "href", "longdesc", "poster",
                               "src", "usemap"});
}

class HtmlWriter {
 public:
  HtmlWriter(std::string& out, std::string_view base, Text text)
      : out_(out, kExpectedBytes), outer_base_(base), text_(text) {}

  void enter(pugi::xml_node node) {
    switch (node.type()) {
      case pugi::node_element:
        open(node);
        break;
      case pugi::node_cdata:
      case pugi::node_pcdata:
        add_text(node.value(), node.type() == pugi::node_cdata);
        break;
      default:
        break;
    }
  }

  void leave(pugi::xml_node node) {
    if (node.type() != pugi::node_element) return;
    if (!bases_.empty() && bases_.back().element == node) bases_.pop_back();
    const std::string_view name = without_prefix(node.name());
    if (!is_void_element(name)) ((out_ += "</") += name) += '>';
  }

 private:
  static constexpr std::size_t kExpectedBytes = 1024;

  struct Base {
    pugi::xml_node element;
    std::string url;
  };

  void add_text(std::string_view text, bool cdata) {
    if (text_ == Text::markup || (cdata && text_ == Text::markup_in_cdata)) {
      out_ += text;
    } else {
      append_escaped(out_, text);
    }
  }

  void open(pugi::xml_node node) {
    if (const pugi::xml_attribute base = node.attribute("xml:base"))
      bases_.push_back(
          {node, join_base(bases_.empty() ? outer_base_ : bases_.back().url, base.value())});
    (out_ += '<') += without_prefix(node.name());
    for (auto attribute = node.first_attribute(); attribute;
         attribute = attribute.next_attribute()) {
      const std::string_view name = attribute.name();
      if (name.starts_with("xml")) continue;
      ((out_ += ' ') += name) += "=\"";
      if (bases_.empty()) {
        append_escaped(out_, attribute.value());
      } else {
        append_escaped(out_, resolve(attribute));
      }
      out_ += '"';
    }
    out_ += '>';
  }

  // The value below an element with an xml:base of its own.
  std::string resolve(pugi::xml_attribute attribute) {
    const std::string& base = bases_.back().url;
    const bool is_srcset = iequals_ascii(attribute.name(), "srcset");
    if (!is_srcset && !holds_url(attribute.name())) return attribute.value();
    if (resolved_ > max_resolved_size(0, out_.size() - resolved_)) return {};
    std::string first;
    std::string value = is_srcset ? clean_srcset(attribute.value(), base, first)
                                  : join_url(base, attribute.value());
    resolved_ += value.size();
    return value;
  }

  Appender out_;
  std::string_view outer_base_;
  Text text_;
  std::vector<Base> bases_;
  std::size_t resolved_ = 0;  // bytes of what resolve() gave
};

}  // namespace

std::uint64_t hash_tree(pugi::xml_node element) {
  Hasher hasher;
  hasher.enter(element);
  walk(element, hasher);
  return hasher.digest();
}

std::string serialize_children(pugi::xml_node element, std::string_view base, Text text) {
  std::string out;
  {
    HtmlWriter writer(out, base, text);
    walk(element, writer);
  }
  return out;
}

}  // namespace feedwire::feeds
