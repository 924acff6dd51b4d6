#include "feeds/json_feed_reader.h"

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/hash.h"
#include "base/utf8.h"
#include "feeds/ascii.h"
#include "feeds/parse.h"
#include "feeds/values.h"

namespace feedwire::feeds {
namespace {

using Value = rapidjson::Value;

std::string_view view_of(const Value& value) {
  return value.IsString() ? std::string_view(value.GetString(), value.GetStringLength())
                          : std::string_view{};
}

// Escapes can make what is no UTF-8. Ids are written as numbers now and then.
std::string string_of(const Value& value) {
  if (value.IsUint64()) return std::to_string(value.GetUint64());
  if (value.IsInt64()) return std::to_string(value.GetInt64());
  const std::string_view text = view_of(value);
  if (text.find('\0') == text.npos && is_valid_utf8(text)) return std::string(text);
  return repair_utf8(text);
}

// Plain text by the specification; what publishers write has entities and tags nevertheless.
std::string plain_of(const Value& value) { return plain_text(string_of(value)); }

std::optional<std::uint64_t> number_of(const Value& value) {
  if (value.IsUint64()) return value.GetUint64();
  if (value.IsDouble() && value.GetDouble() >= 0 && value.GetDouble() < 1e15)
    return static_cast<std::uint64_t>(value.GetDouble());
  return parse_number<std::uint64_t>(view_of(value));
}

// Calls `read` with each name and value of an object; none for anything else.
template <typename Read>
void for_each_member(const Value& object, Read read) {
  if (!object.IsObject()) return;
  for (const auto& member : object.GetObject()) read(view_of(member.name), member.value);
}

template <typename Read>
void for_each_element(const Value& array, Read read) {
  if (!array.IsArray()) return;
  for (const Value& element : array.GetArray()) read(element);
}

// What both levels share: the context and what URLs are relative to.
struct Reader {
  ReadContext& context;
  std::string_view base;

  std::string url(const Value& value) const { return context.url(base, string_of(value)); }
  Instant date(const Value& value) const { return context.date(string_of(value)); }

  Person person(const Value& value) const {
    if (value.IsString()) return parse_person(string_of(value));
    Person person;
    for_each_member(value, [&](std::string_view name, const Value& field) {
      if (name == "name") person.name = plain_of(field);
      if (name == "url") person.url = url(field);
      if (name == "avatar") person.avatar = url(field);
    });
    return person;
  }

  // 1.1 has "authors", 1.0 had "author"; both are written.
  void add_people(std::vector<RankedPerson>& people, Rank rank, const Value& value) const {
    const auto add = [&](const Value& one) {
      if (Person person = this->person(one); !person.name.empty() || !person.url.empty())
        people.push_back({rank, std::move(person)});
    };
    if (value.IsArray()) {
      for_each_element(value, add);
    } else {
      add(value);
    }
  }

  Attachment attachment(const Value& value) const {
    Attachment attachment;
    for_each_member(value, [&](std::string_view name, const Value& field) {
      if (name == "url") attachment.url = url(field);
      if (name == "mime_type") attachment.mime_type = plain_of(field);
      if (name == "title") attachment.title = plain_of(field);
      if (name == "size_in_bytes") attachment.size_in_bytes = number_of(field);
      if (name == "duration_in_seconds") attachment.duration_in_seconds = number_of(field);
    });
    return attachment;
  }
};

RichText rich_text(RichText::Kind kind, const Value& value, std::string_view base) {
  return {kind, string_of(value), std::string(base)};
}

void read_attachments(EntryDraft& draft, const Reader& reader, const Value& list) {
  for_each_element(list, [&](const Value& one) {
    Attachment attachment = reader.attachment(one);
    if (istarts_with_ascii(attachment.mime_type, "image/"))
      draft.offer_image(ImageRank::enclosure, attachment.url);
    draft.add_attachment(std::move(attachment));
  });
}

struct ItemField {
  std::string_view name;
  void (*read)(EntryDraft&, const Reader&, const Value&);
};

constexpr ItemField kItemFields[] = {
    {"id", [](EntryDraft& d, const Reader&,
              const Value& v) { d.guid.offer(Rank::own, std::string(trim(string_of(v)))); }},
    {"url",
     [](EntryDraft& d, const Reader& r, const Value& v) { d.url.offer(Rank::own, r.url(v)); }},
    {"external_url",
     [](EntryDraft& d, const Reader& r, const Value& v) { d.entry.external_url = r.url(v); }},
    {"title",
     [](EntryDraft& d, const Reader&, const Value& v) { d.title.offer(Rank::own, plain_of(v)); }},
    {"content_html",
     [](EntryDraft& d, const Reader& r, const Value& v) {
       d.offer_content(Rank::own, rich_text(RichText::Kind::html, v, r.base));
     }},
    {"content_text",
     [](EntryDraft& d, const Reader&, const Value& v) { d.entry.content_text = string_of(v); }},
    {"summary",
     [](EntryDraft& d, const Reader& r, const Value& v) {
       d.offer_abstract(Rank::own, rich_text(RichText::Kind::plain, v, r.base));
     }},
    {"image", [](EntryDraft& d, const Reader& r,
                 const Value& v) { d.offer_image(ImageRank::own, r.url(v)); }},
    {"banner_image",
     [](EntryDraft& d, const Reader& r, const Value& v) { d.entry.banner_image = r.url(v); }},
    {"date_published", [](EntryDraft& d, const Reader& r,
                          const Value& v) { d.published.offer(Rank::own, r.date(v)); }},
    {"date_modified", [](EntryDraft& d, const Reader& r,
                         const Value& v) { d.modified.offer(Rank::own, r.date(v)); }},
    {"authors",
     [](EntryDraft& d, const Reader& r, const Value& v) { r.add_people(d.authors, Rank::own, v); }},
    {"author", [](EntryDraft& d, const Reader& r,
                  const Value& v) { r.add_people(d.authors, Rank::own_other, v); }},
    {"tags",
     [](EntryDraft& d, const Reader&, const Value& v) {
       for_each_element(v, [&](const Value& tag) { d.add_tag(plain_of(tag)); });
     }},
    {"language", [](EntryDraft& d, const Reader&,
                    const Value& v) { d.language.offer(Rank::own, string_of(v)); }},
    {"attachments", read_attachments},
};

struct FeedField {
  std::string_view name;
  void (*read)(FeedDraft&, const Reader&, const Value&);
};

void read_hubs(FeedDraft& draft, const Reader& reader, const Value& list) {
  for_each_element(list, [&](const Value& hub) {
    Link link;
    for_each_member(hub, [&](std::string_view name, const Value& field) {
      if (name == "type") link.type = plain_of(field);
      if (name == "url") link.url = reader.url(field);
    });
    if (!link.url.empty()) draft.feed.hubs.push_back(std::move(link));
  });
}

constexpr FeedField kFeedFields[] = {
    {"title",
     [](FeedDraft& d, const Reader&, const Value& v) { d.title.offer(Rank::own, plain_of(v)); }},
    {"home_page_url", [](FeedDraft& d, const Reader& r,
                         const Value& v) { d.home_page_url.offer(Rank::own, r.url(v)); }},
    {"feed_url",
     [](FeedDraft& d, const Reader& r, const Value& v) { d.feed_url.offer(Rank::own, r.url(v)); }},
    {"description", [](FeedDraft& d, const Reader&,
                       const Value& v) { d.description.offer(Rank::own, plain_of(v)); }},
    {"next_url", [](FeedDraft& d, const Reader& r, const Value& v) { d.feed.next_url = r.url(v); }},
    {"icon",
     [](FeedDraft& d, const Reader& r, const Value& v) { d.icon.offer(Rank::own, r.url(v)); }},
    {"favicon", [](FeedDraft& d, const Reader& r, const Value& v) { d.feed.favicon = r.url(v); }},
    {"authors",
     [](FeedDraft& d, const Reader& r, const Value& v) { r.add_people(d.authors, Rank::own, v); }},
    {"author", [](FeedDraft& d, const Reader& r,
                  const Value& v) { r.add_people(d.authors, Rank::own_other, v); }},
    {"language", [](FeedDraft& d, const Reader&,
                    const Value& v) { d.language.offer(Rank::own, string_of(v)); }},
    {"hubs", read_hubs},
};

// No more than a dozen names: comparing lengths first makes a scan cheap.
template <typename Draft, typename Fields>
void read_members(Draft& draft, const Reader& reader, const Value& object, const Fields& fields) {
  for_each_member(object, [&](std::string_view name, const Value& value) {
    if (value.IsNull()) return;
    for (const auto& field : fields)
      if (field.name == name) return field.read(draft, reader, value);
  });
}

std::uint64_t hash_value(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);  // recursive, but no deeper than kMaxJsonDepth
  return xxh3_64({buffer.GetString(), buffer.GetSize()});
}

void read_item(FeedDraft& feed, const Reader& reader, const Value& item) {
  if (!item.IsObject()) return;
  EntryDraft draft(feed.context);
  read_members(draft, reader, item, kItemFields);
  // Both may be given; the text is the content only where it is alone.
  if (!draft.entry.content)
    draft.offer_content(Rank::own,
                        {RichText::Kind::plain, std::exchange(draft.entry.content_text, {}), ""});
  feed.add_entry(std::move(draft), hash_value(item), reader.base);
}

// Before any memory is spent: how deep arrays and objects nest, and how many values there are.
Result<void> check_limits(std::string_view text) {
  std::size_t depth = 0, values = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    switch (text[at]) {
      case '"':
        while (++at < text.size() && text[at] != '"')
          if (text[at] == '\\') ++at;
        break;
      case '{':
      case '[':
        if (++depth > kMaxJsonDepth)
          return Error{ErrorCode::too_large, fmt::format("JSON deeper than {}", kMaxJsonDepth)};
        ++values;
        break;
      case '}':
      case ']':
        if (depth > 0) --depth;
        break;
      case ',':
        if (++values > kMaxNodes)
          return Error{ErrorCode::too_large, fmt::format("JSON of more than {} values", kMaxNodes)};
        break;
      default:
        break;
    }
  }
  return {};
}

/// The code unit of an escape "\\uXXXX" at `at`; 0 if there is none.
std::uint32_t escaped_unit(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) != "\\u" || text.size() < at + 6) return 0;
  std::uint32_t unit = 0;
  for (const char c : text.substr(at + 2, 4)) {
    if (hex_digit(c) < 0) return 0;
    unit = unit * 16 + static_cast<std::uint32_t>(hex_digit(c));
  }
  return unit;
}

bool is_high_surrogate(std::uint32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low_surrogate(std::uint32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

/// Replaces the escape at `at` by U+FFFD if it is half of a pair. Returns where to go on.
std::size_t repair_escape(std::string& json, std::size_t at) {
  const std::uint32_t unit = escaped_unit(json, at);
  if (is_high_surrogate(unit) && is_low_surrogate(escaped_unit(json, at + 6))) return at + 12;
  if (is_high_surrogate(unit) || is_low_surrogate(unit)) json.replace(at, 6, "\\ufffd");
  return at + 2;
}

/// Replaces the number at `at` by null if it is beyond a double. Returns where to go on.
std::size_t repair_number(std::string& json, std::size_t at) {
  constexpr std::string_view kNull = "null";  // no longer than the shortest such number
  const std::size_t end = std::min(json.find_first_not_of("0123456789.eE+-", at), json.size());
  double value = 0;
  const auto result = std::from_chars(json.data() + at, json.data() + end, value);
  if (result.ec == std::errc::result_out_of_range) {
    std::fill(json.begin() + static_cast<std::ptrdiff_t>(at),
              json.begin() + static_cast<std::ptrdiff_t>(end), ' ');
    json.replace(at, kNull.size(), kNull);
  }
  return end;
}

/// `json` without what RapidJSON refuses although it can be understood: texts that were cut between
/// the halves of a surrogate pair, and numbers beyond a double. What stands where stays there.
std::string repair_json(std::string_view json) {
  std::string out(json);
  bool in_string = false;
  for (std::size_t at = 0; at < out.size();) {
    const char c = out[at];
    if (c == '"') in_string = !in_string;
    if (in_string && c == '\\') {
      at = repair_escape(out, at);
    } else if (!in_string && (is_ascii_digit(c) || c == '-')) {
      at = repair_number(out, at);
    } else {
      ++at;
    }
  }
  return out;
}

/// Reads nearly all documents once, those that must be repaired twice.
void parse_json(rapidjson::Document& document, std::string_view text, ReadContext& context) {
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  const rapidjson::ParseErrorCode error = document.GetParseError();
  const bool half_pair = error == rapidjson::kParseErrorStringUnicodeSurrogateInvalid;
  if (!half_pair && error != rapidjson::kParseErrorNumberTooBig) return;
  if (half_pair) context.problem("bad-bytes", "halves of surrogate pairs were replaced");
  const std::string repaired = repair_json(text);
  document.Parse<rapidjson::kParseIterativeFlag>(repaired.data(), repaired.size());
}

std::string format_of(std::string_view version) {
  constexpr std::string_view kStart = "jsonfeed.org/version/";
  const std::size_t at = version.find(kStart);
  if (at == version.npos) return "json-feed";
  version = version_number(version.substr(at + kStart.size()));
  if (version.empty()) return "json-feed";
  return "json-feed-" + std::string(version == "1" ? "1.0" : version);
}

}  // namespace

Result<void> read_json_feed(ReadContext& context, std::string_view text, std::string_view base) {
  if (Result<void> within = check_limits(text); !within) return std::move(within).error();
  rapidjson::Document document;
  parse_json(document, text, context);
  if (document.HasParseError()) {
    const std::string_view before = text.substr(0, document.GetErrorOffset());
    return Error{ErrorCode::malformed,
                 fmt::format("broken JSON at line {}: {}",
                             1 + std::count(before.begin(), before.end(), '\n'),
                             rapidjson::GetParseError_En(document.GetParseError()))};
  }
  const bool is_feed =
      document.IsObject() && (document.HasMember("items") || document.HasMember("version"));
  if (!is_feed) return Error{ErrorCode::malformed, "not a feed: JSON that is no JSON Feed"};

  const Reader reader{context, base};
  FeedDraft draft(context);
  draft.entries_inherit_authors = true;
  context.feed.format =
      format_of(document.HasMember("version") ? view_of(document["version"]) : std::string_view{});
  read_members(draft, reader, document, kFeedFields);
  if (document.HasMember("items"))
    for_each_element(document["items"], [&](const Value& item) { read_item(draft, reader, item); });
  draft.finish();
  return {};
}

}  // namespace feedwire::feeds
