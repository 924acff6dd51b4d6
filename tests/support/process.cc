#include "tests/support/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace feedwire::tests {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& text : strings) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Process::Process(const std::vector<std::string>& argv,
                 const std::vector<std::string>& environment) {
  std::string dir = (std::filesystem::temp_directory_path() / "feedwire-run-XXXXXX").native();
  if (::mkdtemp(dir.data()) == nullptr) throw std::runtime_error("mkdtemp: " + dir);
  dir_ = dir;
  std::vector<std::string> variables = environment;
  for (char** entry = ::environ; *entry != nullptr; ++entry) variables.emplace_back(*entry);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  const int flags = O_WRONLY | O_CREAT | O_TRUNC;
  ::posix_spawn_file_actions_addopen(&actions, 1, (dir_ / "out").c_str(), flags, 0600);
  ::posix_spawn_file_actions_addopen(&actions, 2, (dir_ / "err").c_str(), flags, 0600);
  const int problem = ::posix_spawn(&pid_, argv.at(0).c_str(), &actions, nullptr,
                                    pointers(argv).data(), pointers(variables).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) throw std::runtime_error("cannot start " + argv.at(0));
}

Process::~Process() {
  if (running()) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

void Process::signal(int number) const { ::kill(pid_, number); }

bool Process::running() {
  if (status_ >= 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  status_ = exit_code(status);
  return false;
}

int Process::wait(std::chrono::milliseconds patience) {
  if (!eventually([this] { return !running(); }, patience)) {
    const std::string said = err();
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    status_ = 128 + SIGKILL;
    throw std::runtime_error("still running after its time; it said: " + said);
  }
  return status_;
}

std::string Process::out() const { return slurp(dir_ / "out"); }
std::string Process::err() const { return slurp(dir_ / "err"); }

Finished run(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
  Process process(argv, environment);
  const int code = process.wait(std::chrono::seconds{120});
  return {code, process.out(), process.err()};
}

}  // namespace feedwire::tests
