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
// Each feed holds a copy of the folders around it, so both are bounded.
constexpr std::size_t kMaxLabelBytes = 256;
constexpr std::size_t kMaxFolders = 8;

// A value of one line, as it is printed in events and tables.
std::string clean(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size() && out.size() < kMaxLabelBytes;) {
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

/// Where offsets lie in a text, if they are asked for in order: in one pass altogether.
class Places {
 public:
  explicit Places(std::string_view text) : text_(text) {}

  // Offsets in a file that is not UTF-8 count bytes of another encoding: the line is then a guess.
  Mistake mistake(const std::string& origin, std::ptrdiff_t offset, std::string message) {
    const std::size_t end = std::min(static_cast<std::size_t>(offset), text_.size());
    for (; at_ < end; ++at_) {
      if (text_[at_] != '\n') continue;
      ++line_;
      line_start_ = at_ + 1;
    }
    const auto column = static_cast<std::uint32_t>(at_ - line_start_ + 1);
    return {origin, line_, column, "", std::move(message), ""};
  }

 private:
  const std::string_view text_;
  std::size_t at_ = 0, line_start_ = 0;
  std::uint32_t line_ = 1;
};

class Walker : public pugi::xml_tree_walker {
 public:
  Walker(OpmlFile& opml, std::string origin, std::string_view text)
      : opml_(opml), origin_(std::move(origin)), places_(text) {}

  // Called in document order; what stands directly in the body has depth() 0.
  bool for_each(pugi::xml_node& node) override {
    if (std::string_view(node.name()) != "outline") return true;
    const auto folders = std::min(static_cast<std::size_t>(depth()), kMaxFolders);
    around_.resize(folders);
    const std::string_view written = node.attribute("xmlUrl").value();
    if (Result<std::string> url = check_feed_url(written)) {
      add_feed(std::move(*url), label(node));
    } else {
      const bool is_folder = written.empty() && node.first_child();
      opml_.ignored += is_folder ? 0 : 1;
      if (!written.empty())
        opml_.refused.push_back(places_.mistake(origin_, node.offset_debug(),
                                                clean(written) + ": " + url.error().message));
    }
    if (folders < kMaxFolders && node.first_child()) around_.push_back(label(node));
    return true;
  }

 private:
  void add_feed(std::string url, std::string title) {
    FeedConfig feed;
    feed.url = std::move(url);
    if (title != feed.url) feed.title = std::move(title);  // of who has no title to write
    feed.origin = origin_;
    for (const std::string& tag : around_)
      if (!tag.empty() && std::find(feed.tags.begin(), feed.tags.end(), tag) == feed.tags.end())
        feed.tags.push_back(tag);
    opml_.feeds.push_back(std::move(feed));
  }

  OpmlFile& opml_;
  const std::string origin_;
  Places places_;
  std::vector<std::string> around_;  // labels of the outlines around the current one, outer first
};

}  // namespace

std::variant<OpmlFile, Mistake> parse_opml(std::string_view text, const std::string& origin) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(text.data(), text.size());
  if (!parsed) return Places(text).mistake(origin, parsed.offset, parsed.description());
  pugi::xml_node body = document.child("opml").child("body");
  if (!body) return Places(text).mistake(origin, 0, "not OPML: there is no <opml> with a <body>");

  OpmlFile opml;
  Walker walker(opml, origin, text);
  body.traverse(walker);
  return opml;
}

std::variant<OpmlFile, Mistake> read_opml(const std::filesystem::path& file) {
  const Result<std::string> text = read_file(file, kMaxFileBytes);
  if (text) return parse_opml(*text, file.native());
  const bool absent = text.error().code == ErrorCode::not_found;
  return Mistake{
      file.native(), 0, 0, "", absent ? "there is no such file" : text.error().message, ""};
}

}  // namespace feedwire::config
