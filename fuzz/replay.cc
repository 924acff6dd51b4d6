// Runs a target on files in place of libFuzzer, with any compiler: `url_replay FILE|FOLDER…`.

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/harness.h"

namespace {

namespace fs = std::filesystem;

void run(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  // A vector of exactly its size: AddressSanitizer then sees a byte read beyond its end.
  const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  feedwire::fuzz::require(file.good() || file.eof(), "unreadable", path.native());
  std::printf("%s\n", path.c_str());
  std::fflush(stdout);  // names the culprit where the next call ends the program
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  int files = 0;
  for (int i = 1; i < argc; ++i) {
    if (!fs::is_directory(argv[i])) {
      run(argv[i]);
      ++files;
      continue;
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(argv[i])) {
      run(entry.path());
      ++files;
    }
  }
  std::printf("%d inputs\n", files);
  return files > 0 ? 0 : 1;
}
