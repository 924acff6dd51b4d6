// The model that the daemon's first poll is measured against: one thread that fetches with libcurl,
// parses with pugixml, knows entries by SHA-256 in RocksDB and writes each new one with an event,
// synced in groups of 300. It cleans no HTML, makes no URL canonical, keeps no log and survives
// nothing. Prints how many entries there were.
//
// Usage: poll_model URLS DIR

#include <curl/curl.h>
#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "bench/curl_loop.h"

namespace feedwire::bench {
namespace {

constexpr std::size_t kGroup = 300;  // entries

[[noreturn]] void fail(const std::string& message) {
  fmt::print(stderr, "poll_model: {}\n", message);
  std::exit(1);
}

void check(const rocksdb::Status& status) {
  if (!status.ok()) fail(status.ToString());
}

struct Item {
  std::string_view guid, link, title, date, author, html;
};

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  return name.substr(name.find(':') + 1);  // npos + 1 is 0
}

// The first CDATA section, or the first text.
std::string_view text_of(const pugi::xml_node& node) {
  for (const pugi::xml_node& part : node.children())
    if (part.type() == pugi::node_cdata) return part.value();
  return node.child_value();
}

Item item_of(const pugi::xml_node& node) {
  Item item;
  std::string_view summary;
  for (const pugi::xml_node& field : node.children()) {
    const std::string_view name = local_name(field);
    if (name == "title") item.title = text_of(field);
    if (name == "link")
      item.link = field.attribute("href") ? field.attribute("href").value() : field.child_value();
    if (name == "guid" || name == "id") item.guid = field.child_value();
    if (name == "pubDate" || name == "published" || name == "date") item.date = field.child_value();
    if (name == "creator" || name == "author") item.author = field.child_value();
    if (name == "content" || name == "encoded") item.html = text_of(field);
    if (name == "description" || name == "summary") summary = text_of(field);
  }
  if (item.html.empty()) item.html = summary;
  return item;
}

// What stands between the tags, white space collapsed.
std::string plain_text(std::string_view html) {
  std::string text;
  bool in_tag = false;
  for (const char c : html) {
    if (c == '<') in_tag = true;
    if (!in_tag && (static_cast<unsigned char>(c) > ' ')) text += c;
    if (!in_tag && static_cast<unsigned char>(c) <= ' ' && !text.empty() && text.back() != ' ')
      text += ' ';
    if (c == '>') in_tag = false;
  }
  return text;
}

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

void put(Json& json, const char* name, std::string_view value) {
  json.Key(name);
  json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

class Model {
 public:
  explicit Model(const std::string& dir) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    options.compression = rocksdb::kLZ4Compression;
    rocksdb::BlockBasedTableOptions table;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    const std::vector<rocksdb::ColumnFamilyDescriptor> families = {
        {rocksdb::kDefaultColumnFamilyName, options}, {"keys", options}, {"events", options}};
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    check(rocksdb::DB::Open(options, dir, families, &handles, &opened));
    database_.reset(opened);
    entries_ = handles[0], keys_ = handles[1], events_ = handles[2];
  }
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  ~Model() {
    for (rocksdb::ColumnFamilyHandle* family : {entries_, keys_, events_})
      check(database_->DestroyColumnFamilyHandle(family));
  }

  void take(std::string body) {
    pugi::xml_document document;
    if (!document.load_buffer_inplace(body.data(), body.size())) fail("a feed is not well-formed");
    std::vector<Item> items;
    const pugi::xml_node root = document.document_element();
    const pugi::xml_node list = std::strcmp(root.name(), "rss") == 0 ? root.child("channel") : root;
    for (const pugi::xml_node& node : list.children())
      if (local_name(node) == "item" || local_name(node) == "entry") items.push_back(item_of(node));
    write_new(items);
    seen_ += items.size();
  }

  void commit() {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    check(database_->Write(synced, &batch_));
    batch_.Clear();
    waiting_ = 0;
  }

  std::size_t seen() const { return seen_; }

 private:
  void write_new(const std::vector<Item>& items) {
    std::vector<Hash128> hashes;
    for (const Item& item : items)
      hashes.push_back(sha256_128({item.guid.empty() ? item.link : item.guid}));
    std::vector<rocksdb::Slice> keys;
    for (const Hash128& hash : hashes) keys.emplace_back(hash.view());
    std::vector<rocksdb::PinnableSlice> values(items.size());
    std::vector<rocksdb::Status> found(items.size());
    database_->MultiGet({}, keys_, keys.size(), keys.data(), values.data(), found.data());
    for (std::size_t i = 0; i < items.size(); ++i)
      if (!found[i].ok()) write(keys[i], items[i]);
    if (waiting_ >= kGroup) commit();
  }

  void write(const rocksdb::Slice& key, const Item& item) {
    rapidjson::StringBuffer entry, event;
    Json json(entry);
    json.StartObject();
    put(json, "id", item.guid);
    put(json, "url", item.link);
    put(json, "title", plain_text(item.title));
    put(json, "content_html", item.html);
    put(json, "content_text", plain_text(item.html));
    put(json, "date_published", item.date);
    put(json, "author", item.author);
    json.EndObject();
    Json line(event);
    line.StartObject();
    put(line, "specversion", "1.0");
    put(line, "type", "entry.created");
    put(line, "id", std::to_string(++sequence_));
    line.Key("data");
    line.RawValue(entry.GetString(), entry.GetSize(), rapidjson::kObjectType);
    line.EndObject();
    char number[sizeof sequence_];
    const std::uint64_t big_endian = __builtin_bswap64(sequence_);
    std::memcpy(number, &big_endian, sizeof number);
    const rocksdb::Slice place(number, sizeof number);
    check(batch_.Put(entries_, key, {entry.GetString(), entry.GetSize()}));
    check(batch_.Put(keys_, key, place));
    check(batch_.Put(events_, place, {event.GetString(), event.GetSize()}));
    ++waiting_;
  }

  std::unique_ptr<rocksdb::DB> database_;
  rocksdb::ColumnFamilyHandle *entries_ = nullptr, *keys_ = nullptr, *events_ = nullptr;
  rocksdb::WriteBatch batch_;
  std::size_t waiting_ = 0, seen_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace
}  // namespace feedwire::bench

int main(int argc, char** argv) {
  using namespace feedwire::bench;
  if (argc != 3) fail("usage: poll_model URLS DIR");
  curl_global_init(CURL_GLOBAL_DEFAULT);
  std::vector<Target> targets;
  std::ifstream urls(argv[1]);
  for (std::string url; std::getline(urls, url);) targets.push_back({url, ""});
  Model model(argv[2]);
  LoopOptions options;
  options.take = [&](std::string body) { model.take(std::move(body)); };
  const std::size_t answered = fetch_all(targets, 200, options);
  model.commit();
  if (answered != targets.size()) fail(fmt::format("{} answers of {}", answered, targets.size()));
  fmt::print("{}\n", model.seen());
}
