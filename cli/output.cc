#include "cli/output.h"

#include <unistd.h>

#include <cerrno>

#include "cli/session.h"

namespace feedwire::cli {
namespace {

constexpr std::size_t kFlushBytes = 64 * 1024;

}  // namespace

void Output::add(std::string_view line) {
  buffer_.append(line).append("\n");
  if (buffer_.size() >= kFlushBytes) flush();
}

void Output::add_raw(std::string_view text) {
  buffer_.append(text);
  if (buffer_.size() >= kFlushBytes) flush();
}

void Output::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && !done()) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written >= 0)
      rest.remove_prefix(static_cast<std::size_t>(written));
    else if (errno == EPIPE)
      closed_ = true;
    else if (errno != EINTR)
      error_ = errno;
  }
  buffer_.clear();
}

ExitCode Output::finish() const {
  if (error_ == 0) return ExitCode::ok;
  errno = error_;
  return fail(errno_error("standard output: write"));
}

}  // namespace feedwire::cli
