#include "bench/sample_corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/fs.h"
#include "base/rng.h"

namespace feedwire::bench {
namespace {

constexpr std::size_t kMaxDocumentBytes = 64 << 20;

[[noreturn]] void fail(const std::string& message) {
  fmt::print(stderr, "bench: {}\n", message);
  std::exit(1);
}

/// Words of one language, and how it writes them down.
struct Language {
  const char* code;
  const char* between;
  const char* stop;
  std::array<const char*, 24> words;
};

constexpr Language kChinese{
    "zh-CN", "", "。", {"云计算", "市场",     "公司", "今年", "增长", "客户", "技术", "发布",
                        "模型",   "数据",     "投资", "产品", "行业", "团队", "用户", "芯片",
                        "服务",   "「自研」", "成本", "海外", "AI",   "平台", "报告", "超过 30%"}};
constexpr Language kEnglish{"en", " ", ". ", {"market",    "the",
                                              "company",   "growth",
                                              "of",        "customers",
                                              "released",  "model",
                                              "data",      "and",
                                              "research",  "users",
                                              "with",      "<em>quarterly</em>",
                                              "figures",   "&amp;",
                                              "engineers", "said",
                                              "a",         "platform",
                                              "costs",     "abroad",
                                              "report",    "&#8220;faster&#8221;"}};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

struct Entry {
  std::uint64_t id = 0;
  std::string title, category, html;
  unsigned hour = 0, minute = 0;

  std::string link() const { return fmt::format("//news.example/{0:016x}/{0:016x}.html", id); }
};

std::string rss_entry(const Entry& entry) {
  return fmt::format(
      "<item>\n<title><![CDATA[{}]]></title>\n<link>{}</link>\n"
      "<guid isPermaLink=\"false\">{:016x}</guid>\n<category>{}</category>\n"
      "<pubDate>Mon, 03 Feb 2025 {:02}:{:02}:26 +0800</pubDate>\n"
      "<description><![CDATA[{}]]></description>\n</item>\n",
      entry.title, entry.link(), entry.id, entry.category, entry.hour, entry.minute, entry.html);
}

std::string atom_entry(const Entry& entry) {
  return fmt::format(
      "<entry>\n<title type=\"html\"><![CDATA[{}]]></title>\n"
      "<link rel=\"alternate\" type=\"text/html\" href=\"https:{}\"/>\n"
      "<id>tag:news.example,2025:{:016x}</id>\n<author><name>Ann</name></author>\n"
      "<published>2025-02-03T{:02}:{:02}:26+08:00</published>\n<category term=\"{}\"/>\n"
      "<content type=\"html\">{}</content>\n</entry>\n",
      entry.title, entry.link(), entry.id, entry.hour, entry.minute, entry.category,
      escaped(entry.html));
}

std::string rdf_entry(const Entry& entry) {
  return fmt::format(
      "<item rdf:about=\"http:{0}\">\n<title><![CDATA[{1}]]></title>\n<link>http:{0}</link>\n"
      "<dc:subject>{2}</dc:subject>\n<dc:date>2025-02-03T{3:02}:{4:02}:26+08:00</dc:date>\n"
      "<content:encoded><![CDATA[{5}]]></content:encoded>\n</item>\n",
      entry.link(), entry.title, entry.category, entry.hour, entry.minute, entry.html);
}

/// How one format writes a feed down; `head` takes title, host and language.
struct Dialect {
  const char* head;
  std::string (*entry)(const Entry& entry);
  const char* tail;
};

constexpr Dialect kRss{
    R"(<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0">
<channel>
<title>{0}</title>
<link>//{1}</link>
<language>{2}</language>
)",
    rss_entry, "</channel>\n</rss>\n"};
constexpr Dialect kAtom{
    R"(<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{2}">
<title>{0}</title>
<link href="https://{1}/"/>
<id>tag:{1},2025:feed</id>
)",
    atom_entry, "</feed>\n"};
constexpr Dialect kRdf{
    R"(<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel rdf:about="http://{1}/">
<title>{0}</title>
<link>http://{1}/</link>
<dc:language>{2}</dc:language>
</channel>
)",
    rdf_entry, "</rdf:RDF>\n"};

class Writer {
 public:
  explicit Writer(std::uint64_t seed) : rng_(seed) {}

  Document feed(std::size_t number) {
    const Language& language = below(3) == 0 ? kEnglish : kChinese;
    const std::size_t kind = below(10);
    const Dialect& dialect = kind < 7 ? kRss : kind < 9 ? kAtom : kRdf;
    const bool summaries = below(10) < 7;
    const std::size_t entries = summaries ? 10 : below(10) == 0 ? 50 : 30;
    Document document = head(number, dialect, language);
    for (std::size_t i = 0; i < entries; ++i)
      document.bytes += dialect.entry(entry(language, summaries));
    document.bytes += dialect.tail;
    return document;
  }

  Document feed_of_size(std::size_t number, std::size_t size_bytes) {
    const Language& language = below(3) == 0 ? kEnglish : kChinese;
    Document document = head(number, kRss, language);
    while (document.bytes.size() < size_bytes)
      document.bytes += kRss.entry(entry(language, below(2) == 0));
    document.bytes += kRss.tail;
    return document;
  }

 private:
  Document head(std::size_t number, const Dialect& dialect, const Language& language) {
    const std::string host = fmt::format("feed{}.example", number);
    return {fmt::format("http://{}/rss", host),
            fmt::format(fmt::runtime(dialect.head), text(language, 3), host, language.code)};
  }

  std::size_t below(std::size_t limit) { return rng_.next() % limit; }

  std::string text(const Language& language, std::size_t words) {
    std::string out;
    for (std::size_t i = 0; i < words; ++i) {
      if (i > 0) out += language.between;
      out += language.words[below(language.words.size())];
    }
    return out;
  }

  std::string paragraph(const Language& language) {
    std::string out = "<p>";
    for (std::size_t i = 0; i < 5; ++i) out += text(language, 14) + language.stop;
    return out + "</p>";
  }

  Entry entry(const Language& language, bool summary) {
    Entry made;
    made.id = rng_.next();
    made.title = text(language, 6);
    made.category = language.words[below(2)];
    made.hour = static_cast<unsigned>(below(24));
    made.minute = static_cast<unsigned>(below(60));
    const std::size_t paragraphs = summary ? 1 : 4 + below(8);
    for (std::size_t i = 0; i < paragraphs; ++i) {
      made.html += paragraph(language);
      if (!summary && i % 3 == 0)
        made.html += fmt::format("<p><img src=\"/images/{:x}.jpg\" alt=\"\"></p>", rng_.next());
    }
    return made;
  }

  SeededRng rng_;
};

Corpus described(std::string_view what, std::vector<Document> documents) {
  Corpus corpus;
  for (const Document& document : documents) corpus.total_bytes += document.bytes.size();
  corpus.description = fmt::format("{}: {} documents, {:.1f} MB", what, documents.size(),
                                   static_cast<double>(corpus.total_bytes) / 1e6);
  corpus.documents = std::move(documents);
  return corpus;
}

}  // namespace

Corpus load_corpus(const std::filesystem::path& dir) {
  std::vector<std::filesystem::path> paths;
  std::error_code failed;
  for (const auto& file : std::filesystem::directory_iterator(dir, failed))
    if (file.path().extension() == ".xml") paths.push_back(file.path());
  if (paths.empty()) fail(fmt::format("there are no feeds in {}", dir.native()));
  std::sort(paths.begin(), paths.end());

  std::vector<Document> documents;
  for (const std::filesystem::path& path : paths) {
    Result<std::string> bytes = read_file(path, kMaxDocumentBytes);
    if (!bytes) fail(bytes.error().message);
    documents.push_back(
        {fmt::format("http://{}.example/rss", path.stem().native()), std::move(bytes).value()});
  }
  return described(dir.native(), std::move(documents));
}

Corpus generate_corpus(std::uint64_t seed, std::size_t documents) {
  Writer writer(seed);
  std::vector<Document> made;
  for (std::size_t i = 0; i < documents; ++i) made.push_back(writer.feed(i));
  return described("generated look-alikes", std::move(made));
}

Corpus generate_corpus_of_size(std::uint64_t seed, std::size_t documents, std::size_t size_bytes) {
  Writer writer(seed);
  std::vector<Document> made;
  for (std::size_t i = 0; i < documents; ++i) made.push_back(writer.feed_of_size(i, size_bytes));
  return described(fmt::format("generated, of {:.0f} KB", static_cast<double>(size_bytes) / 1e3),
                   std::move(made));
}

}  // namespace feedwire::bench
