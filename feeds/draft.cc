#include "feeds/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/hash.h"
#include "base/time_zones.h"
#include "feeds/ascii.h"
#include "feeds/date.h"
#include "feeds/html.h"
#include "feeds/language.h"
#include "feeds/parse.h"
#include "feeds/url.h"
#include "feeds/xml_walk.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kUsualEntries = 32;  // most documents have no more
constexpr std::size_t kQuotedChars = 120;  // of a publisher's value in a problem's message

// Those of the best source that knows a name, else of the best that knows anything. An address
// that only another source knows is added, as RSS `author` and dc:creator share the work.
std::vector<Person> choose_people(std::vector<RankedPerson> offers) {
  const auto has_name = [](const RankedPerson& offer) { return !offer.person.name.empty(); };
  const bool named = std::any_of(offers.begin(), offers.end(), has_name);
  Rank best = Rank::nothing;
  std::string spare_email;
  for (const RankedPerson& offer : offers) {
    if (!named || has_name(offer)) best = std::min(best, offer.rank);
    if (!has_name(offer) && spare_email.empty()) spare_email = offer.person.email;
  }
  std::vector<Person> people;
  for (RankedPerson& offer : offers)
    if (offer.rank == best && (!named || has_name(offer)))
      people.push_back(std::move(offer.person));
  if (named && people.size() == 1 && people[0].email.empty()) people[0].email = spare_email;
  return people;
}

// Lists up to this size are free of repeats at any time: each newcomer is compared with all. Longer
// ones are rid of them at the end, so that the cost stays linear.
constexpr std::size_t kShortList = 16;

void add_unique(std::vector<std::string>& list, std::string value) {
  if (value.empty()) return;
  if (list.size() <= kShortList && std::find(list.begin(), list.end(), value) != list.end()) return;
  list.push_back(std::move(value));
}

void drop_repeats(std::vector<std::string>& list) {
  if (list.size() <= kShortList) return;
  std::unordered_set<std::string> seen;
  std::erase_if(list, [&](const std::string& value) { return !seen.insert(value).second; });
}

template <typename T>
void fill(T& field, const T& value) {
  if (field == T{}) field = value;
}

void fill_gaps(Attachment& attachment, const Attachment& other) {
  fill(attachment.mime_type, other.mime_type);
  fill(attachment.title, other.title);
  fill(attachment.size_in_bytes, other.size_in_bytes);
  fill(attachment.duration_in_seconds, other.duration_in_seconds);
}

void merge_repeats(std::vector<Attachment>& attachments) {
  if (attachments.size() <= kShortList) return;
  std::unordered_map<std::string, std::size_t> numbers;  // in `merged`, by URL
  std::vector<Attachment> merged;
  for (Attachment& attachment : attachments) {
    const auto [known, is_new] = numbers.try_emplace(attachment.url, merged.size());
    if (is_new)
      merged.push_back(std::move(attachment));
    else
      fill_gaps(merged[known->second], attachment);
  }
  attachments = std::move(merged);
}

// `time`, which was read as UTC, read as the clock of `zone`. The first hours of 1970 and the last
// of 2200 stay what they are, or the date would be one that no feed can have.
std::chrono::sys_seconds in_zone(std::chrono::sys_seconds time, std::string_view zone) {
  const std::chrono::local_seconds local(time.time_since_epoch());
  const std::chrono::sys_seconds moved =
      time - configured_offset(zone, local).value_or(std::chrono::minutes(0));
  return is_feed_date(moved) ? moved : time;
}

}  // namespace

void ReadContext::problem(std::string_view code, std::string message, pugi::xml_node where) {
  const auto same = std::count_if(feed.problems.begin(), feed.problems.end(),
                                  [&](const Problem& problem) { return problem.code == code; });
  if (feed.problems.size() >= kMaxProblems || same >= static_cast<int>(kMaxOfOneCode)) return;
  const std::uint32_t line = xml != nullptr && where ? xml->line_of(where) : 0;
  feed.problems.push_back({std::string(code), std::move(message), line});
}

std::string ReadContext::url(std::string_view base, std::string_view reference,
                             pugi::xml_node where) {
  reference = trim(reference);
  if (reference.empty()) return "";
  if (resolved_bytes > kMaxResolvedBytes) base = {};
  std::string absolute = resolve_url(base, reference);
  if (absolute.size() > reference.size()) resolved_bytes += absolute.size();
  if (absolute.empty()) {
    const bool relative = split_url(reference).scheme.empty();
    problem(relative ? "relative-url" : "bad-url",
            fmt::format("{}: {}", relative ? "nothing to resolve it with" : "not an http(s) URL",
                        truncate_text(reference, kQuotedChars)),
            where);
  }
  return absolute;
}

Instant ReadContext::date(std::string_view text, pugi::xml_node where) {
  text = trim(text);
  if (text.empty()) return std::nullopt;
  const std::optional<ParsedDate> parsed = parse_date(text);
  if (!parsed) {
    problem("bad-date", fmt::format("not a date: {}", truncate_text(text, kQuotedChars)), where);
    return std::nullopt;
  }
  if (parsed->zone_given) return parsed->time;
  feed.has_zoneless_dates |= zone.empty();
  problem("zone-less-date",
          fmt::format("taken as {}: {}", zone.empty() ? "UTC" : zone,
                      truncate_text(text, kQuotedChars)),
          where);
  return in_zone(parsed->time, zone);
}

std::uint64_t ReadContext::hash_of(pugi::xml_node element) const {
  const std::string_view source = xml->source_of(element);
  return source.empty() ? hash_tree(element) : xxh3_64(source);
}

void EntryDraft::offer_content(Rank rank, RichText text) {
  if (rank >= content_rank || trim(text.body).empty()) return;
  entry.content = std::move(text);
  content_rank = rank;
}

void EntryDraft::offer_abstract(Rank rank, RichText text) {
  if (rank >= abstract_rank || trim(text.body).empty()) return;
  entry.abstract = std::move(text);
  abstract_rank = rank;
}

void EntryDraft::add_tag(std::string tag) { add_unique(entry.tags, std::move(tag)); }

void EntryDraft::add_attachment(Attachment attachment) {
  if (attachment.url.empty()) return;
  const auto last = entry.attachments.end();
  const auto known = entry.attachments.size() > kShortList
                         ? last
                         : std::find_if(entry.attachments.begin(), last, [&](const Attachment& a) {
                             return a.url == attachment.url;
                           });
  if (known == last)
    entry.attachments.push_back(std::move(attachment));
  else
    fill_gaps(*known, attachment);
}

void EntryDraft::finish() {
  if (description) {
    if (!entry.content) {
      entry.content = std::move(description);
    } else if (abstract_rank >= Rank::own) {
      entry.abstract = std::move(description);
    }
  }
  entry.guid = std::move(guid.value);
  entry.url = std::move(url.value);
  entry.title = std::move(title.value);
  entry.rights = std::move(rights.value);
  entry.license = std::move(license.value);
  entry.comments_url = std::move(comments_url.value);
  entry.comments_feed_url = std::move(comments_feed_url.value);
  entry.language = normalize_language(language.value);
  entry.published = published.value;
  entry.modified = modified.value;
  entry.created = created.value;
  entry.authors = choose_people(std::move(authors));
  for (std::string& image : images) fill(entry.image, image);
  drop_repeats(entry.tags);
  merge_repeats(entry.attachments);
}

void FeedDraft::add_category(std::string category) {
  add_unique(feed.categories, std::move(category));
}

void FeedDraft::add_entry(EntryDraft&& draft, std::uint64_t hash, std::string_view base) {
  if (feed.entries.size() >= kMaxEntries) {
    context.problem("too-many-entries", fmt::format("only the first {} were read", kMaxEntries));
    return;
  }
  // An entry is large: from the second on, most documents need not move the first ones.
  if (feed.entries.size() == 1) feed.entries.reserve(kUsualEntries);
  draft.finish();
  feed.entries.push_back(std::move(draft.entry));
  feed.entries.back().raw_hash = xxh3_64(base, hash);
}

void FeedDraft::finish() {
  feed.title = std::move(title.value);
  feed.description = std::move(description.value);
  feed.home_page_url = std::move(home_page_url.value);
  feed.feed_url = std::move(feed_url.value);
  feed.language = normalize_language(language.value);
  feed.rights = std::move(rights.value);
  feed.icon = std::move(icon.value);
  feed.published = published.value;
  feed.updated = updated.value;
  feed.authors = choose_people(std::move(authors));
  drop_repeats(feed.categories);
  fill(feed.publisher.name, feed.itunes_owner.name);
  fill(feed.publisher.email, feed.itunes_owner.email);

  std::string inherited = feed.language;
  if (entries_inherit_authors) {
    for (const Person& author : feed.authors)
      for (const std::string* part : {&author.name, &author.url, &author.email, &author.avatar})
        inherited.append(*part).append(1, '\0');
  }
  for (ParsedEntry& entry : feed.entries) {
    entry.raw_hash = xxh3_64(inherited, entry.raw_hash);
    if (entry.language.empty()) entry.language = feed.language;
    if (entry.authors.empty() && entries_inherit_authors) entry.authors = feed.authors;
  }
}

void note_undeclared_prefix(ReadContext& context, const Scope& root) {
  if (root.undeclared().empty()) return;
  context.problem("undeclared-prefix",
                  fmt::format("\"{}:\" is not declared; taken for what it usually stands for",
                              truncate_text(root.undeclared(), kQuotedChars)));
}

}  // namespace feedwire::feeds
