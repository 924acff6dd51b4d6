#include "storage/event_trim.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/json_writer.h"
#include "base/utf8.h"
#include "storage/json_members.h"

namespace feedwire::storage {
namespace {

constexpr std::size_t kLongBytes = 256;      // of a member of `before`
constexpr std::size_t kSummaryBytes = 1000;  // what is left of a long summary
constexpr std::size_t kAttachments = 20;
constexpr std::size_t kKeyFieldBytes = 1024;  // of a member that names the entry

/// Drops members of `after`, or replaces them, and notes that in `omitted`.
class Trimmer {
 public:
  explicit Trimmer(EntryData& data) : data_(data) {}

  void drop_long_before() {
    if (data_.before.empty()) return;
    std::vector<Member> kept;
    for (const Member& member : split_object(data_.before)) {
      if (member.value.size() <= kLongBytes)
        kept.push_back(member);
      else
        note("before." + std::string(member.name));
    }
    data_.before = join_object(kept);
  }

  void drop(std::string_view name) { replace(name, {}); }

  void cut_summary() {
    const auto summary = find_member(data_.after, "summary");
    if (!summary || summary->size() <= kSummaryBytes) return;
    std::string cut;
    append_json_string(cut, first_utf8_bytes(string_value(*summary), kSummaryBytes));
    replace("summary", cut);
  }

  void cut_attachments() {
    const auto attachments = find_member(data_.after, "attachments");
    if (!attachments) return;
    const std::vector<std::string_view> all = split_array(*attachments);
    if (all.size() <= kAttachments) return;
    std::string kept = "[";
    for (std::size_t i = 0; i < kAttachments; ++i) kept.append(i == 0 ? "" : ",").append(all[i]);
    replace("attachments", kept += ']');
  }

  /// What names the entry, and of `_feedwire` only what the store itself put there.
  void keep_key_fields() {
    std::vector<Member> kept;
    const std::string feedwire = own_facts(data_.after);
    for (const Member& member : split_object(data_.after)) {
      if (member.name == "_feedwire")
        kept.push_back({member.name, feedwire});
      else if (is_key_field(member.name) && member.value.size() <= kKeyFieldBytes)
        kept.push_back(member);
      else
        note(member.name);
    }
    set_after(join_object(kept));
    if (!data_.before.empty()) note("before");
    data_.before.clear();
    if (data_.canonical_url.size() > kKeyFieldBytes) {
      data_.canonical_url = {};
      note("key.canonical_url");
    }
  }

 private:
  static bool is_key_field(std::string_view name) {
    return name == "id" || name == "url" || name == "title" || name == "date_published";
  }

  static std::string own_facts(std::string_view after) {
    constexpr std::array<std::string_view, 5> kOwn = {"first_seen", "effective_at", "bracket",
                                                      "also_in", "story_key"};
    std::vector<Member> own;
    for (const Member& member : split_object(find_member(after, "_feedwire").value_or("{}")))
      if (std::find(kOwn.begin(), kOwn.end(), member.name) != kOwn.end()) own.push_back(member);
    return join_object(own);
  }

  void note(std::string_view name) {
    if (std::find(data_.omitted.begin(), data_.omitted.end(), name) == data_.omitted.end())
      data_.omitted.emplace_back(name);
  }

  // An empty `value` drops the member.
  void replace(std::string_view name, std::string_view value) {
    std::vector<Member> members = split_object(data_.after);
    const auto found = std::find_if(members.begin(), members.end(),
                                    [&](const Member& member) { return member.name == name; });
    if (found == members.end()) return;
    if (value.empty())
      members.erase(found);
    else
      found->value = value;
    set_after(join_object(members));
    note(name);
  }

  void set_after(std::string after) {
    after_ = std::move(after);
    data_.after = after_;
  }

  EntryData& data_;
  std::string after_;  // what data_.after looks at once it was changed
};

}  // namespace

Span fit_entry_data(std::string& out, EntryData& data, Options::Content content,
                    std::size_t max_bytes) {
  const std::size_t start = out.size();
  const bool has_item = data.after != kNoItem;
  Trimmer trimmer(data);
  if (has_item && content == Options::Content::summary) {
    trimmer.drop("content_html");
    trimmer.drop("content_text");
  }
  if (has_item && content == Options::Content::none) trimmer.keep_key_fields();

  Span after = append_entry_data(out, data);
  const auto shorten = [&](auto step) {
    if (out.size() - start <= max_bytes) return;
    step();
    out.resize(start);
    after = append_entry_data(out, data);
  };
  shorten([&] { trimmer.drop_long_before(); });
  if (!has_item) return after;
  shorten([&] { trimmer.drop("content_html"); });
  shorten([&] { trimmer.drop("content_text"); });
  shorten([&] { trimmer.cut_summary(); });
  shorten([&] { trimmer.cut_attachments(); });
  shorten([&] { trimmer.keep_key_fields(); });
  return after;
}

}  // namespace feedwire::storage
