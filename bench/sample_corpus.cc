#include "bench/sample_corpus.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/fs.h"
#include "base/rng.h"

namespace feedwire::bench {
namespace {

constexpr std::size_t kMaxSeedBytes = 64 << 20;

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

class Writer {
 public:
  explicit Writer(std::uint64_t seed) : rng_(seed) {}

  Document feed(std::size_t number) {
    const Language& language = below(3) == 0 ? kEnglish : kChinese;
    const bool summaries = below(10) < 7;
    const std::size_t entries = summaries ? 10 : below(10) == 0 ? 50 : 30;
    Document document{fmt::format("http://feed{}.example/rss", number), {}};
    std::string& out = document.bytes;
    out = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\">\n<channel>\n"
        "<title>{}</title>\n<link>//feed{}.example</link>\n<language>{}</language>\n",
        text(language, 3), number, language.code);
    for (std::size_t i = 0; i < entries; ++i) entry(out, language, summaries);
    out += "</channel>\n</rss>\n";
    return document;
  }

 private:
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

  void entry(std::string& out, const Language& language, bool summary) {
    const std::uint64_t id = rng_.next();
    out += fmt::format(
        "<item>\n<title><![CDATA[{}]]></title>\n<link>//news.example/{}/{:016x}.html</link>\n"
        "<guid isPermaLink=\"false\">{:016x}</guid>\n<category>{}</category>\n"
        "<pubDate>Mon, 03 Feb 2025 {:02}:{:02}:26 +0800</pubDate>\n<description><![CDATA[",
        text(language, 6), text(kEnglish, 1).size(), id, id, text(language, 1), below(24),
        below(60));
    const std::size_t paragraphs = summary ? 1 : 4 + below(8);
    for (std::size_t i = 0; i < paragraphs; ++i) {
      out += paragraph(language);
      if (!summary && i % 3 == 0)
        out += fmt::format("<p><img src=\"/images/{:x}.jpg\" alt=\"\"></p>", rng_.next());
    }
    out += "]]></description>\n</item>\n";
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

Corpus seed_corpus() {
  const char* shared = std::getenv("FEEDWIRE_SHARED");
  if (shared == nullptr) return generate_corpus(1, 100);
  std::vector<Document> documents;
  for (const char* name : {"leiphone.xml", "niaogebiji.xml", "cls.xml"}) {
    Result<std::string> bytes =
        read_file(std::filesystem::path(shared) / "seeds" / name, kMaxSeedBytes);
    if (!bytes) {
      fmt::print(stderr, "bench: {}\n", bytes.error().message);
      std::exit(1);
    }
    documents.push_back({fmt::format("http://{}/rss", name), std::move(bytes).value()});
  }
  return described("the seed feeds", std::move(documents));
}

Corpus generate_corpus(std::uint64_t seed, std::size_t documents) {
  Writer writer(seed);
  std::vector<Document> made;
  for (std::size_t i = 0; i < documents; ++i) made.push_back(writer.feed(i));
  return described("generated look-alikes", std::move(made));
}

}  // namespace feedwire::bench
