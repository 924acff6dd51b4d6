// URLs. Input: a base, a line break, a reference.

#include <algorithm>
#include <string>

#include "config/feed_url.h"
#include "feeds/url.h"
#include "fuzz/harness.h"
#include "tests/support/safe_html.h"

using namespace feedwire;

namespace {

void check_canonical(const std::string& url, bool keep_detail) {
  const std::string canonical = feeds::canonical_url(url, keep_detail);
  fuzz::require(canonical.starts_with("https://"), "no canonical form", url);
  fuzz::require(feeds::canonical_url(canonical, keep_detail) == canonical,
                "canonical of canonical differs", canonical);
  feeds::loose_url(canonical);
  feeds::is_home_page(canonical);
}

void check_resolved(const std::string& url) {
  fuzz::require(tests::is_safe_url(url), "resolved to what is no http(s) URL", url);
  fuzz::require(feeds::resolve_url("", url) == url, "resolving again differs", url);
  fuzz::require(feeds::resolve_url("https://b.example/c", url) == url, "a base changes it", url);
  const std::string host = feeds::url_host(url);
  fuzz::require(!host.empty(), "no host", url);
  fuzz::require(host.ends_with(feeds::registrable_domain(host)), "a domain of another host", host);
  check_canonical(url, false);
  check_canonical(url, true);
}

// What operators write: config has rules of its own.
void check_configured(std::string_view text) {
  const Result<std::string> url = config::check_feed_url(text);
  if (!url) {
    const std::string guess = config::suggest_feed_url(text);
    fuzz::require(guess.empty() || config::check_feed_url(guess), "a bad suggestion", guess);
    return;
  }
  fuzz::require(!url->empty() && text.starts_with(*url), "another URL than was written", *url);
  const std::string identity = config::url_identity(*url);
  fuzz::require(config::url_identity(identity) == identity, "identity of identity", identity);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view reference = fuzz::as_text(data, size);
  const std::string_view base = fuzz::take_until(reference, '\n');
  const std::string url =
      fuzz::within_limits(size, [&] { return feeds::resolve_url(base, reference); });
  if (!url.empty()) check_resolved(url);

  const fuzz::Meter meter(size);
  feeds::join_base(base, reference);
  feeds::canonical_url(reference);
  check_configured(reference);
  return 0;
}
