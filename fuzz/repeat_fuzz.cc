// Cost: a few bytes that repeat up to 256 KiB, so that whatever grows faster than its input shows.
// Input: a letter that names the parser, then head, unit and tail, parted by 0x1e.

#include <string>

#include "base/utf8.h"
#include "config/opml.h"
#include "feeds/encoding.h"
#include "fuzz/document.h"
#include "fuzz/harness.h"

using namespace feedwire;

namespace {

constexpr std::size_t kMaxBytes = 256 * 1024;

std::string expand(std::string_view input) {
  std::string out(fuzz::take_until(input, '\x1e'));
  const std::string_view unit = fuzz::take_until(input, '\x1e');
  if (!unit.empty())
    for (std::size_t n = kMaxBytes / unit.size(); n > 0; --n) out += unit;
  return out.append(input);
}

void run(char parser, const std::string& bytes) {
  switch (parser) {
    case 'h': {
      const std::string html = repair_utf8(bytes);
      fuzz::check_sanitizer(html, "https://base.example/dir/page");
      return fuzz::check_text(html);
    }
    case 'o':
      fuzz::within_limits(bytes.size(), [&] { return config::parse_opml(bytes, "feeds.opml"); });
      return;
    case 'e': {
      feeds::DecodedText decoded;
      const fuzz::Meter meter(bytes.size());
      return feeds::decode(bytes, "text/xml; charset=gb2312", decoded);
    }
    default:
      return fuzz::check_document(bytes, {"https://feeds.example/dir/feed", "text/xml"});
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::as_text(data, size);
  if (!input.empty()) run(input[0], expand(input.substr(1)));
  return 0;
}
