#include "tests/sim/publisher.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace feedwire::sim {
namespace {

using std::chrono::sys_seconds;

constexpr std::size_t kKept = 60;  // articles a publisher remembers beyond what it shows

constexpr const char* kWords[] = {"harbour", "ledger", "新闻",  "signal", "orchard", "winter",
                                  "granite", "mirror", "étude", "canal",  "velvet",  "summit"};

std::string rfc822(sys_seconds time) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} +0000", fmt::gmtime(time));
}

std::string rfc3339(sys_seconds time) { return format_time(time); }

/// How one document shows one article.
struct Rendering {
  const Article& article;
  std::string id, link, text;
  bool dated;
};

std::string rss_item(const Rendering& show) {
  std::string item = "<item><title>" + show.article.title + "</title><link>" + show.link +
                     "</link><description>" + show.text + "</description>";
  if (!show.id.empty()) item += "<guid isPermaLink=\"false\">" + show.id + "</guid>";
  if (show.dated) item += "<pubDate>" + rfc822(show.article.date) + "</pubDate>";
  return item + "</item>";
}

std::string atom_entry(const Rendering& show) {
  return "<entry><id>" + show.id + "</id><title>" + show.article.title + "</title><link href=\"" +
         show.link + "\"/><published>" + rfc3339(show.article.date) + "</published><updated>" +
         rfc3339(show.article.date) + "</updated><content type=\"html\">" + show.text +
         "</content></entry>";
}

std::string json_item(const Rendering& show) {
  return fmt::format(
      R"({{"id":"{}","url":"{}","title":"{}","content_html":"{}","date_published":"{}"}})", show.id,
      show.link, show.article.title, show.text, rfc3339(show.article.date));
}

std::string rss(const std::string& name, bool complete, const std::string& noise,
                const std::vector<Rendering>& all) {
  std::string body = "<rss version=\"2.0\"><channel><title>" + name + "</title><link>http://" +
                     name + ".example/</link>" + noise;
  if (complete) body += R"(<fh:complete xmlns:fh="http://purl.org/syndication/history/1.0"/>)";
  for (const Rendering& show : all) body += rss_item(show);
  return body + "</channel></rss>";
}

std::string atom(const std::string& name, const std::string& noise,
                 const std::vector<Rendering>& all) {
  std::string body = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:" + name +
                     "</id><title>" + name + "</title>" + noise;
  for (const Rendering& show : all) body += atom_entry(show);
  return body + "</feed>";
}

std::string json(const std::string& name, const std::string& noise,
                 const std::vector<Rendering>& all) {
  std::string items;
  for (const Rendering& show : all) items += (items.empty() ? "" : ",") + json_item(show);
  return R"({"version":"https://jsonfeed.org/version/1.1","title":")" + name +
         R"(","description":")" + noise + R"(","items":[)" + items + "]}";
}

}  // namespace

Publisher::Publisher(std::string name, std::string host, Style style, Rng& rng)
    : name_(std::move(name)),
      host_(std::move(host)),
      style_(style),
      rng_(rng),
      window_(4 + rng.next() % 20) {
  noisy_ = rng.next() % 4 == 0;
  dated_ = style != Style::rss_link || rng.next() % 2 == 0;
  ordered_ = dated_ && style != Style::planet && rng.next() % 3 != 0;
}

std::size_t Publisher::shown_count() const { return std::min(window_, articles_.size()); }

void Publisher::post(sys_seconds now) {
  ++posted_;
  Article article;
  article.name = fmt::format("{}/{}", name_, posted_);
  article.link = fmt::format("{}/{}/{}", host_, name_, posted_);
  article.title = fmt::format("Story {} of {}", posted_, name_);
  // A document of several posts is sorted: no two dates are equal.
  article.date = articles_.empty() || !ordered_
                     ? now
                     : std::max(now, articles_.front().date + std::chrono::seconds{1});
  edit(article);
  article.version = 1;
  articles_.insert(articles_.begin(), std::move(article));
  if (articles_.size() > window_ + kKept) articles_.pop_back();
}

void Publisher::edit(Article& article) {
  ++article.version;
  if (rng_.next() % 3 != 0) return;  // the text changes with each version
  article.title.append(" ").append(kWords[rng_.next() % std::size(kWords)]);
}

void Publisher::shuffle() {
  for (std::size_t i = shown_count(); i > 1; --i)
    std::swap(articles_[i - 1], articles_[rng_.next() % i]);
}

void Publisher::change(sys_seconds now) {
  if (style_ == Style::planet) return;
  const std::uint64_t what = rng_.next() % 20;
  if (articles_.size() < 3 || what < 11) {
    // Now and then more at once than a document shows: a gap.
    const std::uint64_t burst = rng_.next() % 30 == 0 ? window_ + 2 : 1 + rng_.next() % 3;
    for (std::uint64_t i = 0; i < burst; ++i) post(now);
    return;
  }
  const std::size_t index = rng_.next() % shown_count();
  const auto place = articles_.begin() + static_cast<std::ptrdiff_t>(index);
  if (what < 15) {
    edit(*place);
  } else if (what == 15) {
    articles_.erase(place);
  } else if (what == 16 && !ordered_) {
    shuffle();
  } else if (what == 17 && !ordered_) {
    place->date = now;  // the date alone: nothing to tell
  } else if (what == 18 && !ordered_ && articles_.size() > window_) {
    // An old one is edited and comes back to the top.
    const auto old = articles_.begin() + static_cast<std::ptrdiff_t>(
                                             window_ + rng_.next() % (articles_.size() - window_));
    edit(*old);
    std::rotate(articles_.begin(), old, old + 1);
  } else if (what == 19 && style_ == Style::migrating) {
    migrated_ = true;
  }
}

void Publisher::gather(const std::vector<Publisher>& others) {
  articles_.clear();
  for (const Publisher& other : others)
    for (std::size_t i = 0; i < std::min<std::size_t>(3, other.shown_count()); ++i)
      if (other.style_ != Style::planet) articles_.push_back(other.articles_[i]);
  window_ = articles_.size();
}

Document Publisher::document(sys_seconds now) const {
  Document document;
  std::vector<Rendering> all;
  for (std::size_t i = 0; i < shown_count(); ++i) {
    const Article& article = articles_[i];
    Rendering show{article, "", (migrated_ ? "https://" : "http://") + article.link, "", dated_};
    if (style_ == Style::migrating)
      show.id = fmt::format("{}?id={}", show.link, article.name.substr(name_.size() + 1));
    else if (style_ != Style::rss_link)
      show.id = fmt::format("tag:{}.example,2026:{}", name_, article.name);
    show.text = fmt::format("What {} has to say of it, at some length. [{} v{}]", name_,
                            article.name, article.version);
    // A planet shows the words of others: only then is it the same revision.
    if (style_ == Style::planet)
      show.text = fmt::format("What {} has to say of it, at some length. [{} v{}]",
                              article.name.substr(0, article.name.find('/')), article.name,
                              article.version);
    document.shown.push_back({article.name, article.version});
    all.push_back(std::move(show));
  }
  const std::string stamp = noisy_ ? rfc822(now) : "";
  const std::string element = noisy_ ? "<lastBuildDate>" + stamp + "</lastBuildDate>" : "";
  document.content_type = style_ == Style::json ? "application/feed+json" : "application/xml";
  document.body = style_ == Style::json   ? json(name_, stamp, all)
                  : style_ == Style::atom ? atom(name_, noisy_ ? "<!--" + stamp + "-->" : "", all)
                                          : rss(name_, style_ == Style::complete, element, all);
  return document;
}

}  // namespace feedwire::sim
