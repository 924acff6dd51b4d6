// A parse worker that misbehaves as its name says: started under the name bad-worker-HOW (a link to
// this program) it takes the command line of feedwire-parse --worker. A document whose body
// contains "bad" is answered in that way, each other one with a feed without entries.
//   dies, hangs, lies (a damaged feed), garbage (a reply region full of noise), miscounts,
//   speaks (on stderr, and dies), chatters (rings although nobody asked), stillborn (ends at once)
// and within the sandbox of the real worker:
//   opens (a file), connects (a socket), executes (a program), eats (memory)

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/feed.h"
#include "feeds/worker_protocol.h"
#include "feeds/worker_sandbox.h"

namespace {

using namespace feedwire;

std::string empty_feed() {
  feeds::FeedInfo info;
  info.json = R"({"_feedwire":{}})";
  return feeds::flatten(info, {});
}

bool is_confined(std::string_view how) {
  return how == "opens" || how == "connects" || how == "executes" || how == "eats";
}

// Does what the sandbox forbids. A sanitizer's sandbox only refuses it.
[[noreturn]] void break_out(std::string_view how) {
  if (how == "opens" && ::open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0) ::_exit(2);
  if (how == "connects" && ::socket(AF_INET, SOCK_STREAM, 0) >= 0) ::_exit(2);
  if (how == "executes") ::execl("/bin/true", "true", nullptr);
  std::vector<std::unique_ptr<char[]>> hoard;
  constexpr std::size_t kPiece = 1 << 20;
  for (std::size_t i = 0; how == "eats" && i < feeds::kMaxAddressSpaceBytes / kPiece; ++i)
    hoard.push_back(std::make_unique_for_overwrite<char[]>(kPiece));
  ::_exit(1);
}

// What becomes of the reply region once the honest answers are in it.
void misbehave(std::string_view how, std::span<char> region) {
  if (how == "dies") ::_exit(1);
  if (how == "speaks") {
    constexpr std::string_view kWords = "a last word\nand \x1b[31manother\n";
    ::_exit(::write(STDERR_FILENO, kWords.data(), kWords.size()) > 0 ? 7 : 1);
  }
  if (is_confined(how)) break_out(how);
  if (how == "hangs") ::prctl(PR_SET_NAME, "hanging");  // a test can see that it does
  while (how == "hangs") ::pause();
  if (how == "garbage") std::memset(region.data(), 0xa5, 4096);
  if (how == "miscounts") region[7] = static_cast<char>(region[7] + 1);
}

char* map(const char* fd, std::size_t size) {
  return static_cast<char*>(
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, std::stoi(fd), 0));
}

void serve(std::string_view how, std::string_view request_region, std::span<char> reply_region) {
  feeds::ReplyWriter replies(reply_region);
  bool any_bad = false;
  const std::vector<feeds::WorkerRequest> batch = feeds::decode_requests(request_region).value();
  for (const feeds::WorkerRequest& document : batch) {
    const bool is_bad = document.body.find("bad") != std::string_view::npos;
    any_bad = any_bad || is_bad;
    std::string feed = empty_feed();
    if (is_bad && how == "lies") feed[5] = '\x7f';  // the entry count
    feed.copy(replies.add_feed(feed.size()).data(), feed.size());
  }
  if (any_bad) misbehave(how, reply_region);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 64;
  const std::string_view name = argv[0];
  const std::string_view how = name.substr(name.rfind('-') + 1);
  if (how == "stillborn") return 3;
  const int request_pipe = std::stoi(argv[3]), reply_pipe = std::stoi(argv[4]);
  const char* const request = map(argv[5], feeds::kRequestBytes);
  char* const reply = map(argv[6], feeds::kReplyBytes);
  if (is_confined(how) && !feeds::enter_sandbox(request_pipe, reply_pipe)) return 1;
  char bell = 1;
  if (how == "chatters" && ::write(reply_pipe, &bell, 1) != 1) return 1;
  while (::read(request_pipe, &bell, 1) == 1) {
    serve(how, {request, feeds::kRequestBytes}, {reply, feeds::kReplyBytes});
    if (::write(reply_pipe, &bell, 1) != 1) return 1;
  }
}
