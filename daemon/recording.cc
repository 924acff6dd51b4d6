#include "daemon/recording.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/fs.h"
#include "daemon/log_text.h"

namespace feedwire::daemon {
namespace {

constexpr std::string_view kSuffix = ".response";
constexpr std::string_view kUnfinished = "unfinished";  // the file that is being written
constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(" ");
  // Only messages of libraries might have one; headers and URLs cannot.
  for (const char c : value) out += c == '\n' ? ' ' : c;
  out += '\n';
}

TransportError error_of(std::string_view text) {
  for (int i = 0; i <= static_cast<int>(TransportError::other); ++i)
    if (to_string(static_cast<TransportError>(i)) == text) return static_cast<TransportError>(i);
  return TransportError::other;
}

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc{} && end == text.data() + text.size();
}

// "NAME VALUE" at the space.
std::pair<std::string_view, std::string_view> split(std::string_view line) {
  const std::size_t space = std::min(line.find(' '), line.size());
  return {line.substr(0, space), line.substr(std::min(space + 1, line.size()))};
}

bool read_line(std::string_view line, RecordedResponse& recorded) {
  HttpResponse& response = recorded.response;
  const auto [name, value] = split(line);
  const auto [first, rest] = split(value);
  std::int64_t microseconds = 0;
  if (name == "at" || name == "elapsed") {
    if (!read_number(value, microseconds)) return false;
    const std::chrono::microseconds span{microseconds};
    name == "at" ? void(recorded.at = WallTime{span}) : void(response.elapsed = span);
    return true;
  }
  if (name == "status") return read_number(value, response.status);
  if (name == "wire_bytes") return read_number(value, response.wire_bytes);
  if (name == "url") {
    recorded.url = value;
  } else if (name == "error") {
    response.error = error_of(first);
    response.error_message = rest;
  } else if (name == "final_url") {
    response.final_url = value;
  } else if (name == "sent_validators") {
    response.sent_validators = value == "yes";
  } else if (name == "redirect") {
    int status = 0;
    if (!read_number(first, status)) return false;
    response.redirects.push_back({status, std::string(rest)});
  } else if (name == "header") {
    response.headers.emplace_back(first, rest);
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string write_response(const RecordedResponse& recorded) {
  const HttpResponse& response = recorded.response;
  std::string out;
  append_line(out, "at", std::to_string(recorded.at.time_since_epoch().count()));
  append_line(out, "url", recorded.url);
  append_line(out, "error",
              fmt::format("{} {}", to_string(response.error), response.error_message));
  append_line(out, "status", std::to_string(response.status));
  append_line(out, "final_url", response.final_url);
  for (const HttpResponse::Hop& hop : response.redirects)
    append_line(out, "redirect", fmt::format("{} {}", hop.status, hop.to));
  for (const auto& [name, value] : response.headers)
    append_line(out, "header", fmt::format("{} {}", name, value));
  append_line(out, "wire_bytes", std::to_string(response.wire_bytes));
  append_line(out, "elapsed", std::to_string(response.elapsed.count()));
  append_line(out, "sent_validators", response.sent_validators ? "yes" : "no");
  return out + "\n" + response.body;
}

Result<RecordedResponse> read_response(std::string_view bytes) {
  RecordedResponse recorded;
  for (;;) {
    const std::size_t end = bytes.find('\n');
    if (end == bytes.npos) return Error{ErrorCode::malformed, "no empty line before the body"};
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    if (line.empty()) break;
    if (!read_line(line, recorded))
      return Error{ErrorCode::malformed, fmt::format("not a line of a recording: {}", line)};
  }
  recorded.response.body = bytes;
  return recorded;
}

Result<std::vector<RecordedResponse>> read_recording(const std::filesystem::path& dir) {
  Result<std::vector<std::string>> names = PosixFs().list(dir);
  if (!names) return std::move(names).error();
  std::vector<RecordedResponse> all;
  for (const std::string& name : *names) {
    if (!name.ends_with(kSuffix)) continue;
    Result<std::string> bytes = read_file(dir / name, kMaxFileBytes);
    if (!bytes) return std::move(bytes).error();
    Result<RecordedResponse> recorded = read_response(*bytes);
    if (!recorded) return std::move(recorded).error().in((dir / name).native());
    all.push_back(std::move(*recorded));
  }
  return all;
}

Result<std::unique_ptr<RecordingTransport>> RecordingTransport::create(Transport& inner,
                                                                       std::filesystem::path dir) {
  PosixFs fs;
  if (Result<void> made = fs.make_dirs(dir, 0700); !made) return std::move(made).error();
  Result<std::vector<std::string>> names = fs.list(dir);
  if (!names) return std::move(names).error();
  std::uint64_t last = 0;
  for (const std::string& name : *names) {
    std::uint64_t number = 0;
    if (name.ends_with(kSuffix) &&
        read_number(std::string_view(name).substr(0, name.size() - kSuffix.size()), number))
      last = std::max(last, number);
  }
  return std::unique_ptr<RecordingTransport>(
      new RecordingTransport(inner, std::move(dir), last + 1));
}

void RecordingTransport::start(HttpRequest request) {
  urls_[request.id] = request.url;
  inner_.start(std::move(request));
}

std::vector<HttpResponse> RecordingTransport::step(Now now) {
  for (HttpResponse& response : inner_.step(now)) {
    const auto url = urls_.extract(response.id);
    held_.push_back({now.wall, url.mapped(), std::move(response)});
  }
  std::vector<HttpResponse> done;
  while (!held_.empty() && may_hand_on(held_.front(), now.mono)) {
    done.push_back(std::move(held_.front().response));
    held_.pop_front();
  }
  return done;
}

// Whether it was kept, or nothing is any more.
bool RecordingTransport::may_hand_on(const RecordedResponse& recorded, MonoTime now) {
  if (broken_) return true;
  const Result<void> kept = keep(recorded);
  if (kept) {
    give_up_at_.reset();
    return true;
  }
  if (!give_up_at_) {
    give_up_at_ = now + kPatience;
    SPDLOG_WARN("polling waits for the recording error={}", log_value(kept.error().message));
  }
  if (now < *give_up_at_) return false;
  broken_ = true;
  SPDLOG_ERROR("recording ends here error={}", log_value(kept.error().message));
  return true;
}

Result<void> RecordingTransport::keep(const RecordedResponse& recorded) {
  PosixFs fs;
  const std::filesystem::path unfinished = dir_ / kUnfinished;
  if (Result<void> gone = fs.unlink(unfinished); !gone && gone.error().code != ErrorCode::not_found)
    return gone;
  Result<std::unique_ptr<File>> file = fs.create(unfinished, 0600);
  if (!file) return std::move(file).error();
  Result<void> step = (*file)->write_at(0, write_response(recorded));
  if (step) step = fs.rename(unfinished, dir_ / fmt::format("{:020}{}", next_, kSuffix));
  if (step) ++next_;
  return step;
}

}  // namespace feedwire::daemon
