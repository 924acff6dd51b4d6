#include "daemon/signals.h"

#include <sys/signalfd.h>

#include <csignal>
#include <stdexcept>

namespace feedwire::daemon {
namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

}  // namespace

UniqueFd open_signals(std::initializer_list<int> wanted) {
  const sigset_t handled = set_of({SIGTERM, SIGINT, SIGHUP});
  if (::pthread_sigmask(SIG_BLOCK, &handled, nullptr) != 0)
    throw std::runtime_error("pthread_sigmask");
  const sigset_t set = set_of(wanted);
  UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) throw std::runtime_error("signalfd");
  // A client that hangs up is an error of write(), never the end of the daemon.
  ::signal(SIGPIPE, SIG_IGN);
  return fd;
}

}  // namespace feedwire::daemon
