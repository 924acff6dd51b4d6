#include "daemon/journal.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <set>
#include <string>

#include "daemon/log.h"
#include "daemon/log_text.h"
#include "tests/support/temp_dir.h"

namespace feedwire::daemon {
namespace {

/// A journal of our own: a datagram socket.
class FakeJournal {
 public:
  explicit FakeJournal(const std::string& path)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), path_(path) {
    const sockaddr_un address = this->address();
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~FakeJournal() { std::filesystem::remove(path_); }

  /// The next record; empty if there is none.
  std::string take() {
    std::array<char, 65536> bytes{};
    const ssize_t size = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    return {bytes.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
  }

  /// Until nobody can send any more without waiting.
  void fill() const {
    const UniqueFd sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const sockaddr_un to = address();
    while (::sendto(sender.get(), "x", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) > 0)
      continue;
  }

 private:
  sockaddr_un address() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    return address;
  }

  UniqueFd fd_;
  std::string path_;
};

/// The process's log in the journal's style, with a pipe as its stderr.
class JournalLog {
 public:
  explicit JournalLog(LogStyle style = LogStyle::journal) : before_(spdlog::default_logger()) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    read_end_ = UniqueFd(ends[0]);
    write_end_ = UniqueFd(ends[1]);
    set_up_log(write_end_.get(), style);
  }
  ~JournalLog() { spdlog::set_default_logger(before_); }

  /// All lines; once.
  std::string lines() {
    write_end_.reset();
    std::array<char, 4096> bytes{};
    const ssize_t size = ::read(read_end_.get(), bytes.data(), bytes.size());
    return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

  const tests::TempDir dir;
  const std::string socket = (dir.path() / "socket").native();

 private:
  std::shared_ptr<spdlog::logger> before_;
  UniqueFd read_end_, write_end_;
};

std::string head(int priority, const std::string& line) {
  return "MESSAGE=" + line + "\nPRIORITY=" + std::to_string(priority) +
         "\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=feedwired\n";
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a record says where in the sources it was made", "[journal]") {
  const std::string place = "CODE_FILE=daemon/log.cc\nCODE_LINE=12\nCODE_FUNC=run\n";
  for (const char* file :
       {"daemon/log.cc", "/build/feedwire-1.0/daemon/log.cc", "../daemon/log.cc"})
    CHECK(journal_record(6, "x a=b", {file, 12, "run"}).ends_with("\n" + place + "FEEDWIRE_A=b\n"));
  CHECK(journal_record(6, "x", {"log.cc", 1, "run"}).find("CODE_FILE=log.cc\n") !=
        std::string::npos);
}

TEST_CASE("8.3 a record has the line, its priority and the values in it as fields", "[journal]") {
  CHECK(journal_record(6, "online again") ==
        head(6, "online again") + "MESSAGE_ID=46a2e221ebf8465ca71564f8d69a6171\n");
  const std::string failing = R"(feed failing url=https://a.example/f?x=1 error="HTTP status 500")";
  CHECK(journal_record(6, failing) == head(6, failing) +
                                          "MESSAGE_ID=302807021c714d68b5233478ac29bb4d\n"
                                          "FEEDWIRE_URL=https://a.example/f?x=1\n"
                                          "FEEDWIRE_ERROR=HTTP status 500\n");
  const std::string polled = "polled url=http://a.example/ status=304 bytes=0";
  CHECK(journal_record(7, polled) == head(7, polled) +
                                         "FEEDWIRE_URL=http://a.example/\n"
                                         "FEEDWIRE_HTTP_STATUS=304\nFEEDWIRE_BYTES=0\n");
  const std::string reload = "backup made dir=\"/a b\\\\c\" last_sequence=7";
  CHECK(journal_record(6, reload) ==
        head(6, reload) + "FEEDWIRE_DIR=/a b\\c\nFEEDWIRE_LAST_SEQUENCE=7\n");
}

TEST_CASE("8.3 a value makes no field but its own", "[journal]") {
  const auto record_of = [](const std::string& error) {
    const std::string line = log_line("feed x url=http://a.example/ error=" + log_value(error));
    const std::string record = journal_record(6, line);
    return record.substr(head(6, line).size());
  };
  const std::string url = "FEEDWIRE_URL=http://a.example/\n";
  CHECK(record_of("said \"url=b\" url=c _PID=1") ==
        url + "FEEDWIRE_ERROR=said \"url=b\" url=c _PID=1\n");
  CHECK(record_of("a\nPRIORITY=0\n") == url + "FEEDWIRE_ERROR=a\\nPRIORITY=0\\n\n");
  CHECK(record_of("\\") == url + "FEEDWIRE_ERROR=\\\n");
  CHECK(record_of(std::string(2000, 'x')).size() < url.size() + kMaxLogValueBytes + 20);
  CHECK(journal_record(6, "x _pid=1 =2 PID=3 9=4 a= url=b url=c") ==
        head(6, "x _pid=1 =2 PID=3 9=4 a= url=b url=c") + "FEEDWIRE_A=\nFEEDWIRE_URL=b\n");
  CHECK(journal_record(6, "x url=\"never closed") ==
        head(6, "x url=\"never closed") + "FEEDWIRE_URL=never closed\n");
}

TEST_CASE("8.3 records go to the journal's socket, and to stderr where it is not", "[journal]") {
  JournalLog log;
  spdlog::warn("before there is a daemon");
  {
    FakeJournal journal(log.socket);
    log_to_journal(log.socket);
    spdlog::info("feed failing url=https://u:c4n4ry@a.example/?key=c4n4ry");
    spdlog::error("two\nlines");
    SPDLOG_WARN("here");
    const std::string url = "https://a.example/?key=[redacted]";
    CHECK(journal.take() == head(6, "feed failing url=" + url) +
                                "MESSAGE_ID=302807021c714d68b5233478ac29bb4d\nFEEDWIRE_URL=" + url +
                                "\n");
    CHECK(journal.take() == head(3, "two\\nlines"));
    const std::string here = journal.take();
    CHECK(here.find("\nCODE_FILE=daemon/journal_test.cc\nCODE_LINE=") != here.npos);
    CHECK(journal.take().empty());
  }
  spdlog::info("while the journal is away");
  FakeJournal journal(log.socket);  // it was restarted
  spdlog::info("later");
  CHECK(journal.take() == head(6, "later"));
  CHECK(log.lines() == "<4>before there is a daemon\n<6>while the journal is away\n");
}

TEST_CASE("8.3 a record of the largest size is one datagram", "[journal]") {
  JournalLog log;
  FakeJournal journal(log.socket);
  log_to_journal(log.socket);
  std::string text = "x";
  for (const std::string name : {"a", "b", "c", "d", "e", "f", "g", "h"})
    text += " " + name + "=" + log_value(std::string(2000, 'x'));
  spdlog::info("{}", text);
  const std::string record = journal.take();
  CHECK(record.size() > 2 * kMaxLogLineBytes - 2048);
  CHECK(record.ends_with('\n'));
  CHECK(log.lines().empty());
}

TEST_CASE("8.3 a journal that does not keep up costs records, not the daemon", "[journal]") {
  JournalLog log;
  const FakeJournal journal(log.socket);
  log_to_journal(log.socket);
  journal.fill();
  spdlog::info("lost");
  CHECK(log.lines().empty());
}

TEST_CASE("8.3 outside the journal nothing is sent to it", "[journal]") {
  JournalLog log(LogStyle::text);
  FakeJournal journal(log.socket);
  log_to_journal(log.socket);
  spdlog::info("a line");
  CHECK(journal.take().empty());
  CHECK(log.lines().ends_with(" info a line\n"));
}

TEST_CASE("8.3 each kind of record with an id is logged, and in the catalogue", "[journal]") {
  const std::filesystem::path source = FEEDWIRE_SOURCE_DIR;
  std::string sources;
  for (const auto& file : std::filesystem::directory_iterator(source / "daemon"))
    if (file.path().extension() == ".cc" && file.path().filename() != "journal.cc")
      sources += read_text(file.path());
  std::set<std::string> ours, described;
  for (const JournalMessage& message : journal_messages()) {
    INFO(message.start);
    CHECK(sources.find("\"" + std::string(message.start)) != std::string::npos);
    CHECK(ours.insert(std::string(message.id)).second);
  }
  const std::string catalogue = read_text(source / "systemd" / "feedwire.catalog");
  const std::regex entry(R"(\n-- ([0-9a-f]{32})\nSubject: .+\nDefined-By: feedwire\n\n[A-Z])");
  for (std::sregex_iterator each(catalogue.begin(), catalogue.end(), entry), end; each != end;
       ++each)
    CHECK(described.insert((*each)[1]).second);
  CHECK(ours == described);
}

}  // namespace feedwire::daemon
