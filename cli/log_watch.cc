#include "cli/log_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <utility>

namespace feedwire::cli {
namespace {

constexpr int kRecheckMs = 1000;   // should inotify miss something, as network file systems do
constexpr int kUnwatchedMs = 100;  // where there is nothing to watch yet

}  // namespace

LogWatch::LogWatch(std::filesystem::path events_dir)
    : dir_(std::move(events_dir)), inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {}

bool LogWatch::wait() {
  if (!watching_ && inotify_) {
    watching_ = ::inotify_add_watch(inotify_.get(), dir_.c_str(), IN_MODIFY | IN_MOVED_TO) >= 0;
    // What happened before the watch was there has to be looked at once more.
    if (watching_) return true;
  }
  // A pipe without a reader reports POLLERR, whatever was asked for.
  pollfd fds[] = {{STDOUT_FILENO, 0, 0}, {inotify_.get(), POLLIN, 0}};
  ::poll(fds, watching_ ? 2 : 1, watching_ ? kRecheckMs : kUnwatchedMs);
  char events[4096];
  while (inotify_ && ::read(inotify_.get(), events, sizeof events) > 0) continue;
  return (fds[0].revents & (POLLERR | POLLNVAL)) == 0;
}

}  // namespace feedwire::cli
