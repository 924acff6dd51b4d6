#include "daemon/journal.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <vector>

namespace feedwire::daemon {
namespace {

constexpr int kFacility = 3;  // system daemons, as the journal says of what it reads from stderr
constexpr timeval kPatience{.tv_sec = 1, .tv_usec = 0};

constexpr std::array kMessages = std::to_array<JournalMessage>({
    {"disk full, waiting", "574259f6eece4e9796e9de864dee1d55"},
    {"disk nearly full, not polling", "5350bc8f32314920b046bac09cefad70"},
    {"event log: ", "8d30c6c482364f65a4991d2f212008a6"},
    {"feed failing url=", "302807021c714d68b5233478ac29bb4d"},
    {"feed gone, polled no more url=", "cb2beeda65cc4abf89ef5a9fa7a181dd"},
    {"feed recovered url=", "a07d073eb5fa414f81253407b8b27e70"},
    {"host asks for patience", "9c6b40d1609f4d669559862a46955d36"},
    {"offline error=", "a5e980ee3c7e44dba53d8e1817af2eac"},
    {"online again", "46a2e221ebf8465ca71564f8d69a6171"},
    {"parse worker failed ", "0e5c20ac99bd4f7cb136ace66df38f42"},
    {"ready feeds=", "f7d1676d97814259b6970cffec7edfa7"},
    {"stopping at once: ", "2006cdc1b85d4dd1bb429ddce9c6ddd3"},
    {"stopping signal=", "23f1ad2a3fc1430a91bc5addbe756d13"},
    {"the disk has room again", "d91e51a1f6744e689c0240167845832b"},
    {"the old configuration stays: ", "65e237dab6644cc2979d1c5adea08ca6"},
});

bool is_name_char(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

/// `name` of a pair as the journal spells it.
std::string field_name(std::string_view name) {
  std::string field = "FEEDWIRE_";
  if (name == "status") name = "http_status";
  for (const char c : name) field += c == '_' ? c : static_cast<char>(c - 'a' + 'A');
  return field;
}

/// The value at the start of `text`, which it is taken from: up to a space, or in quotes as
/// log_value() makes them. What else is escaped in them stays so: a field is one line too.
std::string take_value(std::string_view& text) {
  std::string value;
  if (!text.starts_with('"')) {
    const std::size_t end = std::min(text.find(' '), text.size());
    value = text.substr(0, end);
    text.remove_prefix(end);
    return value;
  }
  std::size_t at = 1;
  for (; at < text.size() && text[at] != '"'; ++at) {
    const bool escape = text[at] == '\\' && at + 1 < text.size();
    if (escape && (text[at + 1] == '"' || text[at + 1] == '\\')) ++at;
    value += text[at];
  }
  text.remove_prefix(std::min(at + 1, text.size()));
  return value;
}

/// Appends a field for each pair; the first one of a name counts.
void append_pairs(std::string& record, std::string_view line) {
  std::vector<std::string> known;
  while (!line.empty()) {
    const auto end = std::find_if_not(line.begin(), line.end(), is_name_char);
    const std::string_view name = line.substr(0, static_cast<std::size_t>(end - line.begin()));
    line.remove_prefix(name.size());
    if (!name.empty() && name[0] != '_' && line.starts_with('=')) {
      line.remove_prefix(1);
      const std::string value = take_value(line);
      std::string field = field_name(name);
      if (std::find(known.begin(), known.end(), field) == known.end()) {
        fmt::format_to(std::back_inserter(record), "{}={}\n", field, value);
        known.push_back(std::move(field));
      }
    }
    line.remove_prefix(std::min(line.find(' '), line.size()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  }
}

/// What the file is called within the project, wherever that was built: its folder and its name.
std::string_view name_in_project(std::string_view file) {
  const std::size_t slash = file.rfind('/');
  if (slash == file.npos || slash == 0) return file;
  const std::size_t before = file.rfind('/', slash - 1);
  return before == file.npos ? file : file.substr(before + 1);
}

}  // namespace

std::span<const JournalMessage> journal_messages() { return kMessages; }

std::string journal_record(int priority, std::string_view line, const CodePlace& place) {
  std::string record =
      fmt::format("MESSAGE={}\nPRIORITY={}\nSYSLOG_FACILITY={}\nSYSLOG_IDENTIFIER=feedwired\n",
                  line, priority, kFacility);
  const auto kind = std::find_if(
      kMessages.begin(), kMessages.end(),
      [line](const JournalMessage& message) { return line.starts_with(message.start); });
  if (kind != kMessages.end())
    fmt::format_to(std::back_inserter(record), "MESSAGE_ID={}\n", kind->id);
  if (!place.file.empty())
    fmt::format_to(std::back_inserter(record), "CODE_FILE={}\nCODE_LINE={}\nCODE_FUNC={}\n",
                   name_in_project(place.file), place.line, place.function);
  append_pairs(record, line);
  return record;
}

JournalSocket::JournalSocket(const std::string& path) : path_(path) {
  if (path_.empty() || path_.size() >= sizeof(sockaddr_un::sun_path)) return;
  fd_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (fd_) ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
}

bool JournalSocket::send(std::string_view record) const {
  if (!fd_) return false;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, path_.data(), path_.size());
  for (;;) {
    const ssize_t sent = ::sendto(fd_.get(), record.data(), record.size(), MSG_NOSIGNAL,
                                  reinterpret_cast<const sockaddr*>(&to), sizeof to);
    if (sent >= 0) return true;
    if (errno == EINTR) continue;
    // Its own stream, to which the caller would turn, is as full.
    return errno == EAGAIN || errno == EWOULDBLOCK;
  }
}

}  // namespace feedwire::daemon
