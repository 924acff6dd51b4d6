// Link headers. Input: the URL that answered, then a header's value a line.

#include "daemon/link_header.h"

#include <string>

#include "feeds/url.h"
#include "fuzz/harness.h"
#include "tests/support/safe_html.h"

using namespace feedwire;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view lines = fuzz::as_text(data, size);
  daemon::HttpResponse response;
  response.final_url = fuzz::take_until(lines, '\n');
  response.headers.emplace_back("content-type", "<https://e.example/>; rel=hub");
  while (!lines.empty())
    response.headers.emplace_back("link", std::string(fuzz::take_until(lines, '\n')));

  for (const std::string_view relation : {"hub", "self", "next"}) {
    const std::string url =
        fuzz::within_limits(size, [&] { return daemon::linked_url(response, relation); });
    if (url.empty()) continue;
    fuzz::require(tests::is_safe_url(url), "no http or https URL", url);
    fuzz::require(feeds::resolve_url(response.final_url, url) == url, "no absolute URL", url);
    // Who says so must be among the headers: nothing is made up of several.
    daemon::HttpResponse alone = response;
    bool is_found = false;
    for (const auto& header : response.headers) {
      alone.headers = {header};
      is_found = is_found || daemon::linked_url(alone, relation) == url;
    }
    fuzz::require(is_found, "no header alone has the link", url);
  }
  return 0;
}
