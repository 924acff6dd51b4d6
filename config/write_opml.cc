#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "config/opml.h"

namespace feedwire::config {
namespace {

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out.append(" ").append(name).append("=\"");
  for (const char c : value) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  out += '"';
}

void indent(std::string& out, std::size_t folders) { out.append(4 + 2 * folders, ' '); }

/// The folders that are open, from one feed to the next.
class Folders {
 public:
  explicit Folders(std::string& out) : out_(out) {}

  void go_to(const std::vector<std::string>& tags) {
    const auto same = std::mismatch(open_.begin(), open_.end(), tags.begin(), tags.end()).first;
    for (auto left = open_.end() - same; left > 0; --left) {
      open_.pop_back();
      indent(out_, open_.size());
      out_ += "</outline>\n";
    }
    for (std::size_t i = open_.size(); i < tags.size(); ++i) {
      indent(out_, i);
      out_ += "<outline";
      append_attribute(out_, "text", tags[i]);
      out_ += ">\n";
      open_.push_back(tags[i]);
    }
  }

 private:
  std::string& out_;
  std::vector<std::string> open_;
};

}  // namespace

std::string write_opml(std::vector<FeedConfig> feeds) {
  std::stable_sort(feeds.begin(), feeds.end(),
                   [](const FeedConfig& a, const FeedConfig& b) { return a.tags < b.tags; });
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n"
      "  <head>\n    <title>feedwire</title>\n  </head>\n  <body>\n";
  Folders folders(out);
  for (const FeedConfig& feed : feeds) {
    folders.go_to(feed.tags);
    indent(out, feed.tags.size());
    out += "<outline type=\"rss\"";
    append_attribute(out, "text", feed.title.empty() ? feed.url : feed.title);
    append_attribute(out, "xmlUrl", feed.url);
    out += "/>\n";
  }
  folders.go_to({});
  return out + "  </body>\n</opml>\n";
}

}  // namespace feedwire::config
