#include "tests/support/sample_feeds.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <utility>

#include "base/json_writer.h"

namespace feedwire::tests {
namespace {

using std::chrono::sys_seconds;

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// A feed's entries and where they point to, as the writers below need them.
struct Document {
  const SamplePublisher& publisher;
  const std::deque<SampleEntry>& entries;
  const std::string& site;
  sys_seconds updated;

  std::string self() const { return site + publisher.path; }
  std::string link(const SampleEntry& entry) const {
    return fmt::format("{}/stories/{}", site, entry.number);
  }
};

std::string rss(const Document& doc) {
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\">\n<channel>\n"
      "<title>{}</title>\n<link>{}/</link>\n<description>{}</description>\n"
      "<language>{}</language>\n<lastBuildDate>{}</lastBuildDate>\n",
      escape(doc.publisher.title), doc.site, escape(doc.publisher.motto), doc.publisher.language,
      http_date(doc.updated));
  for (const SampleEntry& entry : doc.entries)
    out += fmt::format(
        "<item>\n<title>{}</title>\n<link>{}</link>\n<guid isPermaLink=\"true\">{}</guid>\n"
        "<pubDate>{}</pubDate>\n<description><![CDATA[{}]]></description>\n</item>\n",
        escape(entry.title), doc.link(entry), doc.link(entry), http_date(entry.published),
        entry.html);
  return out + "</channel>\n</rss>\n";
}

std::string atom(const Document& doc) {
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
      "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n<title>{}</title>\n"
      "<subtitle>{}</subtitle>\n<link rel=\"self\" href=\"{}\"/>\n<link href=\"{}/\"/>\n"
      "<id>{}</id>\n<updated>{}</updated>\n",
      doc.publisher.language, escape(doc.publisher.title), escape(doc.publisher.motto), doc.self(),
      doc.site, doc.self(), format_time(doc.updated));
  for (const SampleEntry& entry : doc.entries)
    out += fmt::format(
        "<entry>\n<title>{}</title>\n<link href=\"{}\"/>\n<id>{}</id>\n"
        "<published>{}</published>\n<updated>{}</updated>\n<author><name>The "
        "keeper</name></author>\n"
        "<content type=\"html\">{}</content>\n</entry>\n",
        escape(entry.title), doc.link(entry), doc.link(entry), format_time(entry.published),
        format_time(entry.updated), escape(entry.html));
  return out + "</feed>\n";
}

std::string rdf(const Document& doc) {
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
      "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"\n"
      "         xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n"
      "<channel rdf:about=\"{}\">\n<title>{}</title>\n<link>{}/</link>\n"
      "<description>{}</description>\n<items><rdf:Seq>\n",
      doc.self(), escape(doc.publisher.title), doc.site, escape(doc.publisher.motto));
  for (const SampleEntry& entry : doc.entries)
    out += fmt::format("<rdf:li rdf:resource=\"{}\"/>\n", doc.link(entry));
  out += "</rdf:Seq></items>\n</channel>\n";
  for (const SampleEntry& entry : doc.entries)
    out += fmt::format(
        "<item rdf:about=\"{}\">\n<title>{}</title>\n<link>{}</link>\n"
        "<description>{}</description>\n<dc:date>{}</dc:date>\n</item>\n",
        doc.link(entry), escape(entry.title), doc.link(entry), escape(entry.html),
        format_time(entry.published));
  return out + "</rdf:RDF>\n";
}

std::string json(const Document& doc) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().field("version", "https://jsonfeed.org/version/1.1");
  writer.field("title", doc.publisher.title).field("description", doc.publisher.motto);
  writer.field("home_page_url", doc.site + "/").field("feed_url", doc.self());
  writer.field("language", doc.publisher.language).key("items").begin_array();
  for (const SampleEntry& entry : doc.entries) {
    writer.begin_object().field("id", doc.link(entry)).field("url", doc.link(entry));
    writer.field("title", entry.title).field("content_html", entry.html);
    writer.field("date_published", format_time(entry.published));
    writer.field("date_modified", format_time(entry.updated)).end_object();
  }
  writer.end_array().end_object();
  return out + "\n";
}

}  // namespace

std::string http_date(sys_seconds time) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

SampleFeed::SampleFeed(SamplePublisher publisher, std::uint64_t seed, sys_seconds start)
    : publisher_(std::move(publisher)), rng_(seed), updated_(start) {
  static constexpr int kFirstEntries = 5;
  for (int hours_ago = kFirstEntries; hours_ago > 0; --hours_ago)
    gain_entry(start - std::chrono::hours{hours_ago});
}

void SampleFeed::gain_entry(sys_seconds now) {
  SampleEntry entry;
  entry.number = next_number_++;
  entry.title = sentence();
  const std::string text =
      entry.title + publisher_.sentence_end + sentence() + publisher_.sentence_end;
  entry.html = fmt::format("<p>{}</p>", escape(text));
  entry.published = entry.updated = updated_ = now;
  entries_.push_front(std::move(entry));
  if (entries_.size() > kWindow) entries_.pop_back();
}

void SampleFeed::edit_entry(sys_seconds now) {
  SampleEntry& entry = entries_[rng_.next() % entries_.size()];
  ++entry.corrections;
  entry.html += fmt::format("<p>{}</p>", escape(publisher_.correction));
  entry.updated = updated_ = now;
}

std::string SampleFeed::document(const std::string& site) const {
  const Document doc{publisher_, entries_, site, updated_};
  switch (publisher_.format) {
    case SampleFormat::rss:
      return rss(doc);
    case SampleFormat::atom:
      return atom(doc);
    case SampleFormat::rdf:
      return rdf(doc);
    case SampleFormat::json:
      return json(doc);
  }
  return {};
}

const std::string& SampleFeed::any(const std::vector<std::string>& words) {
  return words[rng_.next() % words.size()];
}

std::string SampleFeed::sentence() {
  const char* const space = publisher_.language == "en" ? " " : "";
  const std::string& who = any(publisher_.who);
  const std::string& does = any(publisher_.does);
  return fmt::format("{}{}{}{}{}", who, space, does, space, any(publisher_.what));
}

}  // namespace feedwire::tests
