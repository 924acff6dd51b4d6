#include "fuzz/document.h"

#include <rapidjson/document.h>

#include "base/utf8.h"
#include "feeds/feed.h"
#include "feeds/html.h"
#include "feeds/read_feed.h"
#include "fuzz/harness.h"
#include "tests/support/safe_html.h"

namespace feedwire::fuzz {
namespace {

Result<std::string> read(std::string_view bytes, const feeds::ReadRequest& request) {
  return within_limits(bytes.size(), [&] { return feeds::read_feed(bytes, request); });
}

feeds::Feed check(std::string flat) {
  const std::size_t size = flat.size();
  Result<feeds::Feed> feed =
      within_limits(size, [&] { return feeds::Feed::check(std::move(flat)); });
  require(static_cast<bool>(feed), "a Feed that does not pass its check",
          feed ? "" : feed.error().message);
  return std::move(*feed);
}

std::string_view text_of(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd()) return {};
  require(member->value.IsString() && member->value.GetStringLength() > 0, "no text", name);
  return {member->value.GetString(), member->value.GetStringLength()};
}

rapidjson::Document parse_json(std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag>(
      json.data(), json.size());
  require(!document.HasParseError() && document.IsObject(), "no JSON object", json);
  return document;
}

void check_urls(const rapidjson::Value& object, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const std::string_view url = text_of(object, name); !url.empty())
      require(tests::is_safe_url(url), name, url);
}

void check_item(const feeds::EntryView& entry) {
  const rapidjson::Document item = parse_json(entry.json);
  require(!text_of(item, "id").empty(), "an item without id", entry.json);
  check_urls(item, {"url", "external_url", "image", "banner_image"});
  const std::string fault = tests::html_fault(text_of(item, "content_html"));
  require(fault.empty(), fault, text_of(item, "content_html"));
  require(text_of(item, "title") == entry.title, "two titles", entry.json);
}

}  // namespace

void check_document(std::string_view bytes, const feeds::Source& source) {
  feeds::ReadRequest request;
  request.source = source;
  request.subscribed_url = source.url;
  Result<std::string> flat = read(bytes, request);
  if (!flat) {
    require(!flat.error().message.empty(), "an error without a message");
    return;
  }
  const feeds::Feed feed = check(std::move(*flat));
  const rapidjson::Document info = parse_json(feed.info().json);
  check_urls(info, {"home_page_url", "feed_url", "icon", "favicon", "next_url"});
  for (std::size_t i = 0; i < feed.size(); ++i) {
    check_item(feed.entry(i));
    request.known_raw.push_back(feed.entry(i).raw_hash);
  }

  const feeds::Feed again = check(read(bytes, request).value());
  require(again.size() == feed.size(), "another number of entries the second time");
  for (std::size_t i = 0; i < again.size(); ++i)
    require(again.entry(i).unchanged, "a known entry has changed", feed.entry(i).json);
}

void check_sanitizer(std::string_view html, std::string_view base) {
  std::string image;
  const std::string once =
      within_limits(html.size(), [&] { return feeds::sanitize_html(html, base, &image); });
  const std::string fault = tests::html_fault(once);
  require(fault.empty(), fault, once);
  require(feeds::sanitize_html(once, base) == once, "sanitising again differs", once);
  require(image.empty() || tests::is_safe_url(image), "the first image", image);
  require(is_valid_utf8(once), "bad UTF-8", once);
}

void check_text(std::string_view html) {
  const Meter meter(html.size());
  for (const bool one_line : {false, true}) {
    const std::string text = feeds::html_to_text(html, one_line);
    require(is_valid_utf8(text), "text in bad UTF-8", text);
    require(is_valid_utf8(feeds::truncate_text(text, 20)), "cut text", text);
    if (one_line) require(text.find('\n') == text.npos, "more than one line", text);
  }
  for (const std::string& url : feeds::discover_feeds(html, "https://pages.example/dir/page"))
    require(tests::is_safe_url(url), "a page's feed", url);
}

}  // namespace feedwire::fuzz
