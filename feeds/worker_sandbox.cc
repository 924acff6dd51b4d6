#include "feeds/worker_sandbox.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <string_view>
#include <vector>

#include "feeds/encoding.h"
#include "feeds/rare_library.h"
#include "feeds/read_feed.h"

namespace feedwire::feeds {
namespace {

// One document for each way through the parsers; the last one is no feed, and none at all of its
// kind. The host names take IDNA and the list of public suffixes.
constexpr std::array<std::string_view, 5> kRehearsal = {
    R"(<rss version="2.0"><channel><title>x</title><link>https://bücher.example/</link><item>
<guid>1</guid><link>https://bücher.example/1</link><pubDate>Mon, 02 Jan 2006 15:04:05 EST</pubDate>
<description><![CDATA[<p>caf&eacute; <img src="/x.png"></p>]]></description></item></channel></rss>)",
    R"(<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><id>1</id>
<link href="https://example.org/1"/><content type="html">&lt;b>x&lt;/b></content></entry></feed>)",
    R"({"version":"https://jsonfeed.org/version/1.1","title":"x","items":[{"id":"1"}]})",
    "<rss version=\"2.0\"><channel><title>caf\xe9 &nbsp; & </titel><item><title>x</item>",
    "<!DOCTYPE html><html><body>x</body></html>"};

// What an argument of a system call must be. libseccomp's macros for this are C, not C++.
scmp_arg_cmp equals(unsigned argument, int value) {
  return {argument, SCMP_CMP_EQ, static_cast<scmp_datum_t>(value), 0};
}
scmp_arg_cmp has_bits(unsigned argument, scmp_datum_t mask, scmp_datum_t bits) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, bits};
}

// A sanitizer's report makes system calls of its own. Refused they do no harm, and it goes on.
constexpr std::uint32_t kOtherCalls =
    FEEDWIRE_HAS_SANITIZER ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS;

class Filter {
 public:
  Filter() : rules_(::seccomp_init(kOtherCalls)) {
    if (rules_ == nullptr) error_ = ENOMEM;
  }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  ~Filter() {
    if (rules_ != nullptr) ::seccomp_release(rules_);
  }

  /// Allows `call` where its arguments are as `conditions` say, beside what is allowed already.
  void allow(int call, const std::vector<scmp_arg_cmp>& conditions = {}) {
    if (error_ != 0) return;
    error_ = -::seccomp_rule_add_array(rules_, SCMP_ACT_ALLOW, call,
                                       static_cast<unsigned>(conditions.size()), conditions.data());
  }

  /// 0 or an errno.
  int load() { return error_ != 0 ? error_ : -::seccomp_load(rules_); }

 private:
  scmp_filter_ctx rules_;
  int error_ = 0;
};

void allow_memory(Filter& filter) {
  // As malloc() asks for it. No mprotect: memory of a single thread's arena never needs it.
  filter.allow(SCMP_SYS(mmap),
               {has_bits(2, PROT_EXEC, 0), has_bits(3, MAP_ANONYMOUS, MAP_ANONYMOUS)});
  for (const int call : {SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(mremap), SCMP_SYS(munmap)})
    filter.allow(call);
}

void allow_last_words(Filter& filter) {
  filter.allow(SCMP_SYS(write), {equals(0, STDERR_FILENO)});
  filter.allow(SCMP_SYS(writev), {equals(0, STDERR_FILENO)});  // glibc: "free(): invalid pointer"
  // abort(), so that it ends in SIGABRT and says what it was.
  for (const int call : {SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rt_sigprocmask)})
    filter.allow(call);
  filter.allow(SCMP_SYS(tgkill), {equals(0, ::getpid()), equals(2, SIGABRT)});
  filter.allow(SCMP_SYS(exit));
  filter.allow(SCMP_SYS(exit_group));
}

Result<void> set_limit(__rlimit_resource resource, rlim_t most) {
  const rlimit both = {most, most};
  if (::setrlimit(resource, &both) < 0) return errno_error("set a resource limit");
  return {};
}

}  // namespace

Result<void> rehearse() {
  if (Result<void> loaded = load_rare_libraries(); !loaded) return loaded;
  preload_encodings();
  for (const std::string_view document : kRehearsal) {
    ReadRequest request;
    request.source.url = request.subscribed_url = "https://bücher.example/feed";
    // What it comes to is all the same.
    [[maybe_unused]] const Result<std::string> feed = read_feed(document, request);
  }
  return {};
}

Result<void> enter_sandbox(int input, int output) {
  if (Result<void> set = set_limit(RLIMIT_CORE, 0); !set) return set;
  if (!FEEDWIRE_HAS_SANITIZER) {
    if (Result<void> set = set_limit(RLIMIT_AS, kMaxAddressSpaceBytes); !set) return set;
  }
  Filter filter;
  filter.allow(SCMP_SYS(read), {equals(0, input)});
  filter.allow(SCMP_SYS(write), {equals(0, output)});
  filter.allow(SCMP_SYS(futex));
  // ASan looks up the signal stack at each throw and before _exit().
  if (FEEDWIRE_HAS_SANITIZER) filter.allow(SCMP_SYS(sigaltstack));
  allow_memory(filter);
  allow_last_words(filter);
  // seccomp_load() sets no_new_privs, which an unprivileged process needs.
  if (const int error = filter.load(); error != 0) {
    errno = error;
    return errno_error("set the seccomp filter");
  }
  return {};
}

}  // namespace feedwire::feeds
