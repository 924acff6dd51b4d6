#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/rng.h"
#include "bench/store_figures.h"
#include "storage/event.h"

namespace feedwire::bench {
namespace {

constexpr std::size_t kEvents = 2000, kRounds = 21;
constexpr std::size_t kSubjectBytes = 34;  // "e-" and the key
constexpr std::string_view kWords[] = {
    "人工智能", "公司", "技术", "市场", "数据", "云计算", "芯片",    "用户",
    "，",       "。",   "AI ",  "the ", "<p>",  "</p>\n", "growth ", "\"quoted\" "};

std::string make_text(Rng& rng, std::size_t size_bytes) {
  std::string text;
  while (text.size() < size_bytes) text += kWords[rng.next() % std::size(kWords)];
  return text;
}

/// What an event about a new entry says, before it is JSON.
struct Sample {
  std::string id, entry_key, source, time, title, url, html, author, category;
  storage::Sequence sequence = 0;
  std::string feed_object, feed_id, feed_url;
  Hash128 entry;
};

std::vector<Sample> make_samples() {
  SeededRng rng(1);
  storage::FeedRef feed;
  feed.url = "http://m.s000123.example.com/feed";
  feed.key = feeds::feed_key(feed.url);
  std::vector<Sample> samples(kEvents);
  for (Sample& sample : samples) {
    sample.sequence = rng.next() >> 20;
    sample.entry = xxh3_128(std::to_string(rng.next()));
    sample.entry_key = sample.entry.hex();
    sample.id = "e-" + sample.entry_key + "-1-c";
    sample.source = "urn:uuid:5ddb4a0e-3c2b-4f0a-9d2e-0b8d1f0c7a11";
    sample.time = format_time(WallTime{std::chrono::hours{24 * 365 * 56}});
    sample.title = make_text(rng, 75);
    sample.url = "https://m.s000123.example.com/category/" + hex64(rng.next()) + ".html";
    sample.html = make_text(rng, 860);
    sample.author = "王晓明";
    sample.category = "行业云";
    sample.feed_object = storage::feed_object(feed);
    sample.feed_id = storage::feed_id(feed.key);
    sample.feed_url = feed.url;
  }
  return samples;
}

// As the parse worker writes an item and the store makes an event of it.
void render_ours(const Sample& sample, std::string& item, std::string& line) {
  item.clear();
  JsonWriter json(item);
  json.begin_object().field("id", sample.url).field("url", sample.url);
  json.field("title", sample.title).field("content_html", sample.html);
  json.field("date_published", sample.time).key("authors").begin_array();
  json.begin_object().field("name", sample.author).end_object().end_array();
  json.key("tags").begin_array().string(sample.category).end_array();
  json.key("_feedwire").begin_object().end_object().end_object();

  storage::StoreFacts facts;
  facts.first_seen = facts.observed = WallTime{std::chrono::hours{24 * 365 * 56}};
  const std::string whole = storage::add_store_facts(item, facts);
  storage::Envelope envelope;
  envelope.source = sample.source;
  envelope.id = sample.id;
  envelope.type = "entry.created";
  envelope.sequence = sample.sequence;
  envelope.subject = std::string_view(sample.id).substr(0, kSubjectBytes);
  envelope.partition_key = sample.entry_key;
  envelope.time = envelope.recorded = sample.time;
  storage::EntryData data;
  data.feed = sample.feed_object;
  data.fetch = "x-1";
  data.entry = sample.entry;
  data.canonical_url = sample.url;
  data.after = whole;
  line.clear();
  storage::append_line_start(line, envelope);
  storage::fit_entry_data(line, data, storage::Options::Content::full, 1 << 20);
  line += storage::kLineEnd;
}

using Buffer = rapidjson::StringBuffer;

/// RapidJSON's Writer, with texts that may hold any byte.
class Peer {
 public:
  explicit Peer(Buffer& buffer) : json_(buffer) {}

  Peer& key(const char* name) { return json_.Key(name), *this; }
  Peer& text(std::string_view value) {
    json_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    return *this;
  }
  Peer& field(const char* name, std::string_view value) { return key(name).text(value); }
  Peer& begin() { return json_.StartObject(), *this; }
  Peer& end() { return json_.EndObject(), *this; }
  Peer& begin_array() { return json_.StartArray(), *this; }
  Peer& end_array() { return json_.EndArray(), *this; }
  Peer& number(std::int64_t value) { return json_.Int64(value), *this; }
  Peer& null() { return json_.Null(), *this; }

 private:
  rapidjson::Writer<Buffer> json_;
};

void render_peer_item(const Sample& sample, Peer& json) {
  json.begin().field("id", sample.url).field("url", sample.url);
  json.field("title", sample.title).field("content_html", sample.html);
  json.field("date_published", sample.time).key("authors").begin_array();
  json.begin().field("name", sample.author).end().end_array();
  json.key("tags").begin_array().text(sample.category).end_array();
  json.key("_feedwire").begin().field("first_seen", sample.time);
  json.field("effective_at", sample.time).key("bracket").begin_array();
  json.null().text(sample.time).end_array().end().end();
}

// The same text, member by member.
void render_peer(const Sample& sample, Buffer& buffer) {
  buffer.Clear();
  Peer json(buffer);
  json.begin().field("specversion", "1.0").field("id", sample.id);
  json.field("source", sample.source).field("type", "feedwire.entry.created");
  json.field("sequence", fmt::format("{:020}", sample.sequence));
  json.field("subject", std::string_view(sample.id).substr(0, kSubjectBytes));
  json.field("partitionkey", sample.entry_key).field("time", sample.time);
  json.field("recordedtime", sample.time).field("datacontenttype", "application/json");
  json.field("dataschema", "urn:feedwire:schema:entry.created:1").key("data").begin();
  json.field("op", "c").key("rev").number(1);
  json.key("feed").begin().field("feed_id", sample.feed_id).field("url", sample.feed_url).end();
  json.field("fetch_id", "x-1").key("key").begin().field("entry_key", sample.entry_key);
  json.field("canonical_url", sample.url).end().key("after");
  render_peer_item(sample, json);
  json.end().end();
  buffer.Put('\n');
}

template <typename Render>
double megabytes_per_second(const std::vector<Sample>& samples, const Render& render) {
  const double began = cpu_seconds();
  std::size_t bytes = 0;
  for (const Sample& sample : samples) bytes += render(sample);
  return static_cast<double>(bytes) * 1e-6 / (cpu_seconds() - began);
}

}  // namespace

Figure event_figure() {
  const std::vector<Sample> samples = make_samples();
  std::string item, line;
  Buffer buffer;
  const auto ours = [&](const Sample& sample) {
    render_ours(sample, item, line);
    return line.size();
  };
  const auto peer = [&](const Sample& sample) {
    render_peer(sample, buffer);
    return buffer.GetSize();
  };
  for (const Sample& sample : samples) {
    ours(sample);
    peer(sample);
    if (line == std::string_view(buffer.GetString(), buffer.GetSize())) continue;
    fmt::print(stderr, "store_bench: the events differ:\n{}{}\n", line, buffer.GetString());
    std::exit(1);
  }
  std::vector<Run> runs;
  for (std::size_t round = 0; round < kRounds; ++round)
    runs.push_back(
        {.ours = megabytes_per_second(samples, ours), .peer = megabytes_per_second(samples, peer)});
  const Comparison result = compare(runs);
  return {.name = "store.event",
          .value = result.ours,
          .unit = "MB/s CPU",
          .against = fmt::format("RapidJSON Writer, {:.0f}", result.peer),
          .ratio = result.ratio,
          .must = 1.0,
          .aim = 1.8};
}

}  // namespace feedwire::bench
