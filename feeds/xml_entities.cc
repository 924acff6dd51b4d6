#include "feeds/xml_entities.h"

#include <algorithm>
#include <unordered_map>

#include "feeds/ascii.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kMaxEntityBytes = 64 * 1024;
constexpr std::size_t kMaxGrowth = 1024 * 1024;
constexpr std::size_t kMaxEntities = 1000;
constexpr int kMaxNesting = 16;  // of entities in entities

std::size_t find_behind(std::string_view text, std::string_view end, std::size_t from) {
  const std::size_t at = text.find(end, from);
  return at == text.npos ? text.size() : at + end.size();
}

// Where a declaration that begins at `at` ends: behind the first of `ends` that is not quoted.
std::size_t skip_quoted(std::string_view text, std::size_t at, std::string_view ends) {
  for (char quote = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (ends.find(c) != ends.npos) {
      return at + 1;
    }
  }
  return at;
}

// The start of the internal subset, behind "["; npos if there is none.
std::size_t find_subset(std::string_view text) {
  for (std::size_t at = 0;;) {
    at = text.find_first_not_of(kHtmlSpaces, at);
    if (at == text.npos) return at;
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("<!--")) {
      at = find_behind(text, "-->", at);
    } else if (rest.starts_with("<?")) {
      at = find_behind(text, "?>", at);
    } else if (istarts_with_ascii(rest, "<!doctype")) {
      const std::size_t end = skip_quoted(text, at, "[>");
      return text[end - 1] == '[' ? end : text.npos;
    } else {
      return text.npos;
    }
  }
}

// What stands between white space or delimiters at `at`, which moves behind it.
std::string_view next_word(std::string_view text, std::size_t& at) {
  at = std::min(text.find_first_not_of(kHtmlSpaces, at), text.size());
  const std::size_t end = std::min(text.find_first_of(" \t\r\n\f\"'<>", at), text.size());
  const std::string_view word = text.substr(at, end - at);
  at = end;
  return word;
}

// The name of the reference at the start of `text`, "" if it is none.
std::string_view reference_name(std::string_view text) {
  const std::size_t end = text.find_first_of("; \t\r\n<&\"'", 1);
  if (end == text.npos || text[end] != ';' || end < 2 || text[1] == '#') return "";
  return text.substr(1, end - 1);
}

class EntityTable {
 public:
  // Reads the declarations of a subset that begins at `at`; returns where it ends.
  std::size_t read_subset(std::string_view text, std::size_t at) {
    while (at < text.size() && text[at] != ']') {
      const std::string_view rest = text.substr(at);
      if (rest.starts_with("<!--")) {
        at = find_behind(text, "-->", at);
      } else if (rest.starts_with("<?")) {
        at = find_behind(text, "?>", at);
      } else if (rest.starts_with("<!")) {
        const std::size_t end = skip_quoted(text, at, ">");
        read_declaration(text.substr(at, end - at));
        at = end;
      } else {
        ++at;
      }
    }
    return at;
  }

  bool empty() const { return entities_.empty(); }
  bool has(std::string_view name) const { return entities_.contains(name); }

  // What `name` stands for, if that is not too much.
  const std::string* expand(std::string_view name, int depth = 0) {
    Entity& entity = entities_.at(name);
    if (entity.state == State::raw) {
      entity.state = State::refused;  // until it is done: it may stand for itself
      if (depth < kMaxNesting && expand_value(entity, depth)) {
        entity.state = State::done;
      } else {
        entity.expanded = {};
      }
    }
    return entity.state == State::done ? &entity.expanded : nullptr;
  }

 private:
  enum class State { raw, refused, done };
  struct Entity {
    std::string_view value;
    State state = State::raw;
    std::string expanded;
  };

  // "<!ENTITY name 'value'>"; others say nothing to us.
  void read_declaration(std::string_view declaration) {
    std::size_t at = 0;
    if (next_word(declaration, ++at) != "!ENTITY") return;
    const std::string_view name = next_word(declaration, at);
    at = declaration.find_first_not_of(kHtmlSpaces, at);
    if (name.empty() || name == "%" || at == declaration.npos) return;
    const char quote = declaration[at];
    const std::size_t end = declaration.find(quote, at + 1);
    if ((quote != '"' && quote != '\'') || end == declaration.npos) return;
    for (const std::string_view predefined : {"amp", "lt", "gt", "quot", "apos"})
      if (name == predefined) return;
    if (entities_.size() == kMaxEntities) return;
    const auto [entity, added] = entities_.try_emplace(name);
    if (added) entity->second.value = declaration.substr(at + 1, end - at - 1);
  }

  bool expand_value(Entity& entity, int depth) {
    const std::string_view value = entity.value;
    std::string& out = entity.expanded;
    for (std::size_t at = 0; at < value.size(); ++at) {
      const std::string_view rest = value.substr(at);
      const std::string_view name = value[at] == '&' ? reference_name(rest) : "";
      if (!name.empty() && has(name)) {
        const std::string* const inner = expand(name, depth + 1);
        if (inner == nullptr) return false;
        out += *inner;
        at += name.size() + 1;
      } else if (rest.starts_with("&#38;")) {  // decoded where it is declared (XML 1.0 4.4)
        out += '&';
        at += 4;
      } else {
        out += is_html_space(value[at]) ? ' ' : value[at];
      }
      if (out.size() > kMaxEntityBytes) return false;
    }
    spent_ += out.size();
    return spent_ <= kMaxGrowth;
  }

  std::unordered_map<std::string_view, Entity> entities_;
  std::size_t spent_ = 0;  // bytes of all that were expanded
};

// Text that cannot end the attribute that it is put into.
std::string for_attribute(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&apos;";
    } else {
      out += c;
    }
  }
  return out;
}

// Copies a document and puts entities in place of their references.
class Expander {
 public:
  Expander(EntityTable& entities, ExpandedXml& out) : entities_(entities), out_(out) {}

  void run(std::string_view text, std::size_t at) {
    out_.text.assign(text, 0, at);
    while (at < text.size()) {
      const std::size_t end = text[at] == '&' ? expand_at(text, at) : pass(text, at);
      at = end;
    }
  }

 private:
  // Copies what is no reference; returns where that ends.
  std::size_t pass(std::string_view text, std::size_t at) {
    const std::string_view rest = text.substr(at);
    std::size_t end = at + 1;
    if (!in_tag_ && rest.starts_with("<![CDATA[")) {
      end = find_behind(text, "]]>", at);
    } else if (!in_tag_ && rest.starts_with("<!--")) {
      end = find_behind(text, "-->", at);
    } else if (!in_tag_ && text[at] != '<') {
      end = std::min(text.find_first_of("<&", at), text.size());
    } else {
      follow_tag(text[at]);
    }
    out_.text.append(text, at, end - at);
    return end;
  }

  void follow_tag(char c) {
    if (quote_ != 0) {
      if (c == quote_) quote_ = 0;
    } else if (c == '<') {
      in_tag_ = true;
    } else if (c == '>') {
      in_tag_ = false;
    } else if (c == '"' || c == '\'') {
      quote_ = c;
    }
  }

  std::size_t expand_at(std::string_view text, std::size_t at) {
    const std::string_view name = reference_name(text.substr(at));
    if (name.empty() || !entities_.has(name)) {
      out_.text += '&';
      return at + 1;
    }
    const std::string* const value = entities_.expand(name);
    if (value == nullptr || growth_ + value->size() > kMaxGrowth) {
      out_.limited = true;
    } else {
      growth_ += value->size();
      out_.text += in_tag_ ? for_attribute(*value) : *value;
    }
    return at + name.size() + 2;
  }

  EntityTable& entities_;
  ExpandedXml& out_;
  std::size_t growth_ = 0;
  bool in_tag_ = false;
  char quote_ = 0;
};

}  // namespace

std::optional<ExpandedXml> expand_entities(std::string_view text) {
  const std::size_t subset = find_subset(text);
  if (subset == text.npos) return std::nullopt;
  EntityTable entities;
  const std::size_t end = entities.read_subset(text, subset);
  if (entities.empty()) return std::nullopt;
  ExpandedXml expanded;
  Expander(entities, expanded).run(text, std::min(end + 1, text.size()));
  return expanded;
}

}  // namespace feedwire::feeds
