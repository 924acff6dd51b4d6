// Encodings. Input: a Content-Type, a line break, a document.

#include <string>

#include "base/utf8.h"
#include "feeds/encoding.h"
#include "fuzz/harness.h"

using namespace feedwire;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes = fuzz::as_text(data, size);
  const std::string_view content_type = fuzz::take_until(bytes, '\n');
  feeds::DecodedText decoded;
  {
    const fuzz::Meter meter(size);
    feeds::decode(bytes, content_type, decoded);
  }
  fuzz::require(is_valid_utf8(decoded.text), "the text is no UTF-8", decoded.text);
  fuzz::require(decoded.text.find('\0') == std::string_view::npos, "a NUL is left");
  // U+FFFD is the longest that a byte can become.
  fuzz::require(decoded.text.size() <= 3 * bytes.size(), "the text grew");
  fuzz::require(!decoded.encoding.empty() && is_valid_utf8(decoded.encoding),
                "a bad name of an encoding", decoded.encoding);
  for (const feeds::Problem& problem : decoded.problems)
    fuzz::require(is_valid_utf8(problem.message), "a problem in bad UTF-8", problem.message);
  return 0;
}
