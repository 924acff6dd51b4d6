#include "feeds/parse_worker.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/exit_code.h"
#include "feeds/read_feed.h"
#include "feeds/worker_protocol.h"
#include "feeds/worker_sandbox.h"

namespace feedwire::feeds {
namespace {

struct WorkerArgs {
  int daemon_pid, request_pipe, reply_pipe, request_memory, reply_memory;
};

bool parse_args(std::span<char*> args, WorkerArgs& parsed) {
  const std::array<int*, 5> numbers = {&parsed.daemon_pid, &parsed.request_pipe, &parsed.reply_pipe,
                                       &parsed.request_memory, &parsed.reply_memory};
  if (args.size() != numbers.size()) return false;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::string_view text = args[i];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *numbers[i]);
    if (error != std::errc() || end != text.data() + text.size()) return false;
  }
  return true;
}

char* map(int fd, std::size_t size, int protection) {
  void* const memory = ::mmap(nullptr, size, protection, MAP_SHARED, fd, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
}

int fail(const std::string& message) {
  std::fprintf(stderr, "feedwire-parse: %s\n", message.c_str());
  return to_int(ExitCode::internal);
}

int fail_call(const char* what) { return fail(errno_error(what).message); }

bool serve_batch(std::string_view request_region, std::span<char> reply_region) {
  const Result<std::vector<WorkerRequest>> requests = decode_requests(request_region);
  if (!requests) return false;
  ReplyWriter replies(reply_region);
  for (const WorkerRequest& document : *requests) {
    const Result<FeedParts> parts = read_parts(document.body, document.request);
    if (!parts && document.request.find_linked) {
      replies.add_page(parts.error(), linked_feeds(document.body, document.request.source));
    } else if (!parts) {
      replies.add_error(parts.error());
    } else if (const std::span<char> room = replies.add_feed(parts->flat_size); !room.empty()) {
      flatten_into(parts->info, parts->entries, room);
    }
  }
  return true;
}

}  // namespace

int run_parse_worker(std::span<char*> args) {
  WorkerArgs worker;
  if (!parse_args(args, worker)) {
    std::fputs("feedwire-parse: --worker is for feedwired alone\n", stderr);
    return to_int(ExitCode::usage);
  }
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return fail_call("PR_SET_PDEATHSIG");
  // The daemon may have ended before the line above: then nobody would send the signal.
  if (::getppid() != worker.daemon_pid) return to_int(ExitCode::internal);

  const char* const request = map(worker.request_memory, kRequestBytes, PROT_READ);
  char* const reply = map(worker.reply_memory, kReplyBytes, PROT_READ | PROT_WRITE);
  if (request == nullptr || reply == nullptr) return fail_call("map shared memory");
  // The mappings stay.
  ::close(worker.request_memory);
  ::close(worker.reply_memory);
  if (Result<void> ready = rehearse(); !ready) return fail(ready.error().message);
  if (Result<void> entered = enter_sandbox(worker.request_pipe, worker.reply_pipe); !entered)
    return fail(entered.error().message);

  for (;;) {
    char bell = 0;
    const ssize_t size = ::read(worker.request_pipe, &bell, 1);
    if (size == 0) return 0;
    if (size < 0) return fail_call("read request");
    if (!serve_batch({request, kRequestBytes}, {reply, kReplyBytes}))
      return to_int(ExitCode::internal);
    if (::write(worker.reply_pipe, &bell, 1) != 1) return fail_call("write reply");
  }
}

}  // namespace feedwire::feeds
