#include "storage/event_check.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/utf8.h"
#include "storage/json_members.h"

namespace feedwire::storage {
namespace {

constexpr std::string_view kTypePrefix = "feedwire.";
constexpr std::uint64_t kLargestInteger = std::uint64_t{1} << 53;

// In this order; "subject" and "partitionkey" alone may be absent.
constexpr std::array<std::string_view, 12> kEnvelope = {
    "specversion", "id",           "source", "type",         "sequence",
    "subject",     "partitionkey", "time",   "recordedtime", "datacontenttype",
    "dataschema",  "data"};

constexpr std::array<std::string_view, 17> kData = {
    "op",           "rev",     "prev_rev",   "feed",           "fetch_id", "key",    "changed",
    "significance", "cause",   "confidence", "replay_suspect", "initial",  "before", "after",
    "seen",         "omitted", "full"};

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_hex(std::string_view text, std::size_t size) {
  return text.size() == size && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// `pattern`: 0 stands for a digit, x for a hex digit, anything else for itself.
bool has_form(std::string_view text, std::string_view pattern) {
  return text.size() == pattern.size() &&
         std::equal(text.begin(), text.end(), pattern.begin(), [](char c, char form) {
           if (form == '0') return is_digits({&c, 1});
           return form == 'x' ? is_hex({&c, 1}, 1) : c == form;
         });
}

bool is_object(std::string_view json) { return json.starts_with('{'); }

// The text of a string without escapes.
std::optional<std::string_view> plain_text(std::string_view json) {
  if (json.size() < 2 || json[0] != '"' || json.find('\\') != json.npos) return std::nullopt;
  return json.substr(1, json.size() - 2);
}

// Accepts every document but integers that readers with doubles would misread.
struct IntegerCheck : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, IntegerCheck> {
  bool RawNumber(const char* digits, rapidjson::SizeType size, bool) {
    std::string_view number(digits, size);
    if (number.starts_with('-')) number.remove_prefix(1);
    if (!is_digits(number)) return true;
    const auto value = plain_number(number);
    return value && *value <= kLargestInteger;
  }
};

class EventCheck {
 public:
  EventCheck(std::string_view line, EventFacts& facts) : line_(line), facts_(facts) {}

  std::optional<EventFault> run() {
    if (is_safe() && is_json() && has_envelope() && has_subject()) check_data();
    return std::move(fault_);
  }

 private:
  bool fail(std::string_view code, std::string text) {
    fault_ = EventFault{code, std::move(text)};
    return false;
  }

  // EV-3.
  bool is_safe() {
    if (!is_valid_utf8(line_)) return fail("text", "it is not UTF-8");
    if (is_safe_text(line_)) return true;
    std::size_t at = 0;
    char32_t c = 0;
    while (at < line_.size() && !is_unsafe_char(c = decode_utf8(line_, at))) continue;
    return fail("text", fmt::format("U+{:04X} stands in it unescaped, before byte {}",
                                    static_cast<std::uint32_t>(c), at));
  }

  bool is_json() {
    constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |  // nesting costs no stack
                                rapidjson::kParseNumbersAsStringsFlag;
    rapidjson::MemoryStream in(line_.data(), line_.size());
    rapidjson::Reader reader;
    IntegerCheck handler;
    const rapidjson::ParseResult parsed = reader.Parse<kFlags>(in, handler);
    if (parsed.IsError() && parsed.Code() == rapidjson::kParseErrorTermination)
      return fail("json", fmt::format("an integer before byte {} is beyond 2^53", parsed.Offset()));
    if (parsed.IsError())
      return fail("json", fmt::format("it is not JSON: byte {}: {}", parsed.Offset() + 1,
                                      rapidjson::GetParseError_En(parsed.Code())));
    return is_object(line_) || fail("json", "it is JSON, but no object");
  }

  bool has_envelope() {
    const std::vector<Member> members = split_object(line_);
    auto next = members.begin();
    for (const std::string_view name : kEnvelope) {
      if (next != members.end() && next->name == name) {
        if (!take(*next++))
          return fail("envelope", fmt::format("\"{}\" is not as it must be", name));
      } else if (name != "subject" && name != "partitionkey") {
        return fail("envelope", fmt::format("\"{}\" is missing or not in its place", name));
      }
    }
    if (next != members.end())
      return fail("envelope", fmt::format("\"{}\" does not belong there", next->name));
    if (facts_.recorded < facts_.time)
      return fail("time", fmt::format("it was recorded at {}, before it happened at {}",
                                      facts_.recorded, facts_.time));
    return true;
  }

  bool take(const Member& member) {
    if (member.name == "data") {
      facts_.data = member.value;
      return is_object(member.value);
    }
    const auto text = plain_text(member.value);
    if (!text) return false;
    if (member.name == "specversion") return *text == "1.0";
    if (member.name == "id") return !(facts_.id = *text).empty();
    if (member.name == "source")
      return has_form(facts_.source = *text, "urn:uuid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    if (member.name == "type") return take_type(*text);
    if (member.name == "sequence") {
      facts_.sequence = plain_number(*text).value_or(0);
      return has_form(*text, "00000000000000000000");
    }
    if (member.name == "subject") return !(facts_.subject = *text).empty();
    if (member.name == "partitionkey") return !(facts_.partition_key = *text).empty();
    if (member.name == "time") return has_form(facts_.time = *text, "0000-00-00T00:00:00.000000Z");
    if (member.name == "recordedtime")
      return has_form(facts_.recorded = *text, "0000-00-00T00:00:00.000000Z");
    if (member.name == "datacontenttype") return *text == "application/json";
    const std::string schema = fmt::format("urn:feedwire:schema:{}:", facts_.type);
    return text->starts_with(schema) && is_digits(text->substr(schema.size()));
  }

  bool take_type(std::string_view text) {
    if (!text.starts_with(kTypePrefix)) return false;
    facts_.type = text.substr(kTypePrefix.size());
    return facts_.type.find('.') != facts_.type.npos;
  }

  bool has_subject() {
    const std::string_view key = facts_.partition_key;
    if (facts_.type.starts_with("log."))
      return (facts_.subject.empty() && key.empty()) ||
             fail("envelope", "an event of the log itself has no \"subject\"");
    const bool entry = facts_.type.starts_with("entry.");
    if (!entry && !facts_.type.starts_with("feed.")) return true;
    if (!is_hex(key, entry ? 32 : 16) ||
        facts_.subject != fmt::format("{}-{}", entry ? 'e' : 'f', key))
      return fail("envelope", "\"subject\" and \"partitionkey\" do not fit its type");
    if (entry)
      facts_.entry = Hash128::from_hex(key).value();
    else
      facts_.feed = parse_hex64(key).value();
    return true;
  }

  bool check_data() {
    if (facts_.type.starts_with("log.")) return check_log_id();
    if (facts_.type.starts_with("entry.")) return check_entry();
    if (facts_.type.starts_with("feed.")) return check_feed();
    return true;
  }

  // Those of a segment's first and last line depend on its name and are checked with that.
  bool check_log_id() {
    const auto epoch = plain_number(find_member(facts_.data, "epoch").value_or(""));
    if (facts_.type == "log.epoch_started" &&
        (!epoch || facts_.id != fmt::format("s-{}-start", *epoch)))
      return fail("id", "its id does not fit what it tells");
    return facts_.id.starts_with("s-") || fail("id", "its id does not fit its type");
  }

  bool check_entry() {
    static constexpr std::array<std::pair<std::string_view, char>, 6> kOps = {
        {{"entry.created", 'c'},
         {"entry.restored", 'c'},
         {"entry.updated", 'u'},
         {"entry.deleted", 'd'},
         {"entry.sighted", 's'},
         {"entry.snapshot", 'r'}}};
    const auto known = std::find_if(kOps.begin(), kOps.end(),
                                    [&](const auto& op) { return op.first == facts_.type; });
    if (known == kOps.end()) return true;
    if (!take_data() || !has_feed() || !has_key()) return false;
    if (facts_.op != known->second || facts_.rev == 0)
      return fail("data", "\"op\" or \"rev\" does not fit its type");
    const std::string_view key = facts_.partition_key;
    const std::string id = facts_.op == 's' ? fmt::format("g-{}-{}", key, hex64(facts_.feed))
                                            : fmt::format("e-{}-{}-{}", key, facts_.rev, facts_.op);
    if (facts_.id != id) return fail("id", fmt::format("its id is {}, not {}", facts_.id, id));
    return has_content();
  }

  bool check_feed() {
    if (!take_data()) return false;
    const std::string_view verb = facts_.type.substr(std::string_view("feed.").size());
    const bool subscription = verb == "added" || verb == "changed" || verb == "removed";
    if (!subscription && facts_.rev == 0) return true;
    const feeds::FeedKey subject = facts_.feed;
    if (!has_feed()) return false;
    if (facts_.feed != subject) return fail("data", "\"feed\" is not its subject");
    const char op = verb == "added" ? 'c' : verb == "changed" ? 'u' : 'd';
    if (subscription && (facts_.op != op || facts_.rev == 0))
      return fail("data", "\"op\" or \"rev\" does not fit its type");
    const std::string id = fmt::format("f-{}-{}-{}", facts_.partition_key, facts_.rev, verb);
    return facts_.id == id || fail("id", fmt::format("its id is {}, not {}", facts_.id, id));
  }

  // The order of those members that are known; op and rev.
  bool take_data() {
    data_ = split_object(facts_.data);
    auto last = kData.begin();
    for (const Member& member : data_) {
      const auto place = std::find(kData.begin(), kData.end(), member.name);
      if (place == kData.end()) continue;
      if (place < last)
        return fail("data", fmt::format("\"{}\" is not in its place in \"data\"", member.name));
      last = place;
    }
    if (const auto op = plain_text(value("op")); op && op->size() == 1) facts_.op = (*op)[0];
    facts_.rev = plain_number(value("rev")).value_or(0);
    const std::string_view prev = value("prev_rev");
    if (!prev.empty() && plain_number(prev).value_or(0) + 1 != facts_.rev)
      return fail("data", "\"prev_rev\" is not the revision before \"rev\"");
    return true;
  }

  bool has_feed() {
    const std::string_view feed = value("feed");
    const auto id = plain_text(find_member(feed, "feed_id").value_or(""));
    if (!id || !id->starts_with("f-") || !is_hex(id->substr(2), 16) || !find_member(feed, "url"))
      return fail("data", "\"feed\" does not name a feed");
    facts_.feed = parse_hex64(id->substr(2)).value();
    return true;
  }

  bool has_key() {
    const auto key = plain_text(find_member(value("key"), "entry_key").value_or(""));
    return (key && *key == facts_.partition_key) ||
           fail("data", "\"entry_key\" is not its partition key");
  }

  bool has_content() {
    if (facts_.op == 's') return is_object(value("seen")) || fail("data", "\"seen\" is missing");
    if (facts_.op == 'd') return value("after") == "null" || fail("data", "\"after\" is not null");
    if (!is_object(value("after"))) return fail("data", "\"after\" is missing");
    if (facts_.op == 'u' && !is_sorted_list(value("changed")))
      return fail("data", "\"changed\" is no sorted list of names");
    if (value("omitted").empty() != value("full").empty())
      return fail("data", "\"omitted\" and \"full\" go together");
    return true;
  }

  static bool is_sorted_list(std::string_view json) {
    const std::vector<std::string_view> names = split_array(json);
    return !names.empty() && std::is_sorted(names.begin(), names.end());
  }

  // Empty if there is no such member.
  std::string_view value(std::string_view name) const {
    for (const Member& member : data_)
      if (member.name == name) return member.value;
    return {};
  }

  const std::string_view line_;
  EventFacts& facts_;
  std::vector<Member> data_;
  std::optional<EventFault> fault_;
};

}  // namespace

std::optional<EventFault> check_event(std::string_view line, EventFacts& facts) {
  facts = {};
  return EventCheck(line, facts).run();
}

std::string_view head_member(std::string_view line, std::string_view name) {
  const std::string start = fmt::format("\"{}\":\"", name);
  const std::size_t found = line.find(start);
  if (found == line.npos) return {};
  const std::size_t begin = found + start.size();
  const std::size_t end = line.find('"', begin);
  return end == line.npos ? std::string_view() : line.substr(begin, end - begin);
}

std::optional<std::uint64_t> plain_number(std::string_view json) {
  std::uint64_t value = 0;
  const char* const end = json.data() + json.size();
  const auto [stop, error] = std::from_chars(json.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace feedwire::storage
