#include "config/opml.h"

#include <algorithm>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/fs.h"
#include "base/utf8.h"
#include "config/feed_url.h"

namespace feedwire::config {
namespace {

constexpr std::size_t kMaxFileBytes = 64 << 20;

// Offsets in a file that is not UTF-8 count bytes of another encoding: the line is then a guess.
Mistake mistake_at(const std::filesystem::path& file, std::string_view text, std::ptrdiff_t offset,
                   std::string message) {
  const std::string_view before =
      text.substr(0, std::min(static_cast<std::size_t>(offset), text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 = 0
  return {file.native(),
          static_cast<std::uint32_t>(line),
          static_cast<std::uint32_t>(before.size() - line_start + 1),
          "",
          std::move(message),
          ""};
}

// A value of one line, as it is printed in events and tables.
std::string clean(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = decode_utf8(text, at);
    if (c == kInvalid)
      append_utf8(out, kReplacement);
    else
      append_utf8(out, is_unsafe_char(c) ? U' ' : c);
  }
  const std::size_t first = std::min(out.find_first_not_of(' '), out.size());
  return out.substr(first, out.find_last_not_of(' ') + 1 - first);
}

std::string label(const pugi::xml_node& outline) {
  const std::string title = clean(outline.attribute("title").value());
  return title.empty() ? clean(outline.attribute("text").value()) : title;
}

class Walker : public pugi::xml_tree_walker {
 public:
  Walker(OpmlFile& opml, std::string origin) : opml_(opml), origin_(std::move(origin)) {}

  bool for_each(pugi::xml_node& node) override {
    if (std::string_view(node.name()) != "outline") return true;
    const std::string_view written = node.attribute("xmlUrl").value();
    Result<std::string> url = check_feed_url(written);
    if (!url) {
      const bool is_folder = written.empty() && node.first_child();
      opml_.ignored += is_folder ? 0 : 1;
      return true;
    }
    FeedConfig feed;
    feed.url = std::move(*url);
    feed.title = label(node);
    feed.tags = folders(node);
    feed.origin = origin_;
    opml_.feeds.push_back(std::move(feed));
    return true;
  }

 private:
  static std::vector<std::string> folders(const pugi::xml_node& outline) {
    std::vector<std::string> tags;
    for (pugi::xml_node above = outline.parent(); std::string_view(above.name()) == "outline";
         above = above.parent()) {
      std::string tag = label(above);
      if (!tag.empty() && std::find(tags.begin(), tags.end(), tag) == tags.end())
        tags.push_back(std::move(tag));
    }
    std::reverse(tags.begin(), tags.end());
    return tags;
  }

  OpmlFile& opml_;
  const std::string origin_;
};

}  // namespace

std::variant<OpmlFile, Mistake> read_opml(const std::filesystem::path& file) {
  const Result<std::string> text = read_file(file, kMaxFileBytes);
  if (!text) {
    const bool absent = text.error().code == ErrorCode::not_found;
    return Mistake{
        file.native(), 0, 0, "", absent ? "there is no such file" : text.error().message, ""};
  }
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(text->data(), text->size());
  if (!parsed) return mistake_at(file, *text, parsed.offset, parsed.description());
  pugi::xml_node body = document.child("opml").child("body");
  if (!body) return mistake_at(file, *text, 0, "not OPML: there is no <opml> with a <body>");

  OpmlFile opml;
  Walker walker(opml, file.native());
  body.traverse(walker);
  return opml;
}

}  // namespace feedwire::config
