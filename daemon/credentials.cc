#include "daemon/credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/fs.h"
#include "config/credential.h"

namespace feedwire::daemon {
namespace {

constexpr std::size_t kMaxCredentialBytes = 16 << 10;  // a header field's value

bool is_field_value(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

std::string how_to_add(std::string_view name) {
  return fmt::format(
      "put it into /etc/feedwire/credentials/{0}, add LoadCredential={0}:/etc/feedwire/credentials/"
      "{0} to the unit (systemctl edit feedwired) and restart feedwired",
      name);
}

Result<std::string> read_credential(const std::filesystem::path& dir, std::string_view name) {
  if (dir.empty())
    return Error{ErrorCode::not_found,
                 "feedwired was started without credentials ($CREDENTIALS_DIRECTORY is not set); " +
                     how_to_add(name)};
  const std::filesystem::path file = dir / name;
  Result<std::string> text = read_file(file, kMaxCredentialBytes);
  if (!text && text.error().code == ErrorCode::not_found)
    return Error{ErrorCode::not_found,
                 fmt::format("{} is not there; {}", file.native(), how_to_add(name))};
  if (!text) return std::move(text).error().in(file.native());
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  if (!is_field_value(*text))
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{}: a header field's value is one line of text", file.native())};
  return text;
}

}  // namespace

std::filesystem::path credentials_dir() {
  const char* const dir = std::getenv("CREDENTIALS_DIRECTORY");
  return dir == nullptr ? "" : dir;
}

std::vector<std::string> take_credentials(config::Config& config,
                                          const std::filesystem::path& dir) {
  std::vector<std::string> mistakes;
  for (config::FeedConfig& feed : config.feeds) {
    for (auto& [header, value] : feed.headers) {
      const auto name = config::credential_name(value);
      if (!name) continue;
      Result<std::string> secret = read_credential(dir, *name);
      if (secret)
        value = *std::move(secret);
      else
        mistakes.push_back(
            fmt::format("{}: feed.headers: {}: {}", feed.origin, header, secret.error().message));
    }
  }
  return mistakes;
}

}  // namespace feedwire::daemon
