#include "storage/backup_manifest.h"

#include <fmt/format.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <memory>

#include "base/json_writer.h"
#include "base/version.h"
#include "storage/segment.h"
#include "storage/store_json.h"

namespace feedwire::storage {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::size_t kMaxManifestBytes = 64 << 20;  // some 400,000 files
constexpr std::string_view kPartSuffix = ".part";

using FileFacts = BackupManifest::FileFacts;

Error broken(const std::filesystem::path& dir, std::string_view what) {
  return Error{ErrorCode::malformed,
               fmt::format("{}: {}; this backup cannot be used", dir.native(), what)};
}

// A string member; empty where there is none.
std::string text_of(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member != object.MemberEnd() && member->value.IsString() ? member->value.GetString() : "";
}

std::uint64_t number_of(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member != object.MemberEnd() && member->value.IsUint64() ? member->value.GetUint64() : 0;
}

bool is_inside(const std::string& path) {
  return (path.starts_with("db/") || path.starts_with("events/")) && path.find("..") == path.npos &&
         std::count(path.begin(), path.end(), '/') == 1;
}

// What tells two states of a file apart, for people.
std::string difference(const FileFacts& wanted, const FileFacts& found) {
  if (wanted.size_bytes != found.size_bytes)
    return fmt::format("{} has {} bytes, the manifest says {}", wanted.path, found.size_bytes,
                       wanted.size_bytes);
  return fmt::format("{} has the SHA-256 {}, the manifest says {}", wanted.path, found.sha256,
                     wanted.sha256);
}

}  // namespace

Result<std::vector<FileFacts>> hash_backup(Fs& fs, const std::filesystem::path& dir,
                                           const std::function<bool(std::uint64_t)>& go_on) {
  std::vector<FileFacts> files;
  std::uint64_t done_bytes = 0;
  for (const std::string_view folder : {"db", "events"}) {
    Result<std::vector<std::string>> names = fs.list(dir / folder);
    if (!names) return std::move(names).error();
    for (const std::string& name : *names) {
      if (!go_on(done_bytes)) return Error{ErrorCode::busy, "feedwired is stopping"};
      FileFacts facts;
      facts.path = fmt::format("{}/{}", folder, name);
      Result<std::unique_ptr<File>> file = fs.open(dir / facts.path, false);
      if (!file) return std::move(file).error();
      Result<std::uint64_t> size = (*file)->size();
      if (!size) return std::move(size).error();
      Result<std::string> hash = hash_segment(**file, *size);
      if (!hash) return std::move(hash).error().in((dir / facts.path).native());
      facts.size_bytes = *size;
      facts.sha256 = std::move(*hash);
      done_bytes += *size;
      files.push_back(std::move(facts));
    }
  }
  return files;
}

Result<void> write_manifest(Fs& fs, const std::filesystem::path& dir,
                            const BackupManifest& manifest) {
  std::string text;
  JsonWriter json(text);
  json.begin_object()
      .field("format", kFormat)
      .field("feedwire", kVersion)
      .field("made", format_time(manifest.made))
      .field("source", manifest.source)
      .field("epoch", static_cast<std::int64_t>(manifest.epoch))
      .field("last_sequence", format_sequence(manifest.last))
      .key("files")
      .begin_array();
  for (const FileFacts& file : manifest.files) {
    text += '\n';  // a file a line, for people
    json.begin_object().field("path", file.path);
    json.field("size", static_cast<std::int64_t>(file.size_bytes))
        .field("sha256", file.sha256)
        .end_object();
  }
  json.end_array().end_object();
  text += '\n';
  const std::filesystem::path path = dir / kManifestFile;
  const std::filesystem::path part = path.native() + std::string(kPartSuffix);
  Result<std::unique_ptr<File>> file = fs.create(part, 0640);
  if (!file) return std::move(file).error();
  Result<void> step = (*file)->write_at(0, text);
  if (step) step = (*file)->sync();
  if (step) step = fs.rename(part, path);
  if (step) step = fs.sync_dir(dir);
  return step;
}

Result<BackupManifest> read_manifest(const std::filesystem::path& dir) {
  Result<std::string> text = read_file(dir / kManifestFile, kMaxManifestBytes);
  if (!text && text.error().code == ErrorCode::not_found)
    return Error{ErrorCode::not_found,
                 fmt::format("{}: there is no {}: this is no backup, or one that was not finished",
                             dir.native(), kManifestFile)};
  if (!text) return std::move(text).error();
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(text->data(), text->size());
  if (document.HasParseError() || !document.IsObject())
    return broken(dir, fmt::format("{} is no JSON object", kManifestFile));
  if (number_of(document, "format") > kFormat)
    return Error{ErrorCode::unsupported,
                 fmt::format("{}: made by a newer feedwire ({}); use that one, or a later one",
                             dir.native(), text_of(document, "feedwire"))};
  BackupManifest manifest;
  manifest.source = text_of(document, "source");
  manifest.epoch = static_cast<std::uint32_t>(number_of(document, "epoch"));
  const Result<Sequence> last = parse_sequence(text_of(document, "last_sequence"));
  const auto files = document.FindMember("files");
  if (!last || files == document.MemberEnd() || !files->value.IsArray())
    return broken(dir, fmt::format("{} lacks members", kManifestFile));
  manifest.last = *last;
  for (const rapidjson::Value& file : files->value.GetArray()) {
    if (!file.IsObject() || !is_inside(text_of(file, "path")))
      return broken(dir, fmt::format("{} names a file that cannot be", kManifestFile));
    manifest.files.push_back(
        {text_of(file, "path"), number_of(file, "size"), text_of(file, "sha256")});
  }
  return manifest;
}

Result<void> check_backup(Fs& fs, const std::filesystem::path& dir, const BackupManifest& manifest,
                          const Progress& progress) {
  std::uint64_t all_bytes = 0;
  for (const FileFacts& file : manifest.files) all_bytes += file.size_bytes;
  Result<std::vector<FileFacts>> found = hash_backup(fs, dir, [&](std::uint64_t done_bytes) {
    if (progress) progress(std::min(done_bytes, all_bytes), all_bytes);
    return true;
  });
  if (!found) return std::move(found).error();
  if (progress) progress(all_bytes, all_bytes);
  const auto by_path = [](const FileFacts& a, const FileFacts& b) { return a.path < b.path; };
  for (const FileFacts& wanted : manifest.files) {
    const auto file = std::lower_bound(found->begin(), found->end(), wanted, by_path);
    if (file == found->end() || file->path != wanted.path)
      return broken(dir, wanted.path + " is missing");
    if (*file != wanted) return broken(dir, difference(wanted, *file));
  }
  for (const FileFacts& file : *found)
    if (!std::binary_search(manifest.files.begin(), manifest.files.end(), file, by_path))
      return broken(dir, file.path + " is not in the manifest");
  return {};
}

}  // namespace feedwire::storage
