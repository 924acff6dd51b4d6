#include "feeds/naive_zone.h"

#include <algorithm>
#include <iterator>

#include "feeds/url.h"

namespace feedwire::feeds {
namespace {

// Domains at +08:00 all year: those of countries and regions with that one zone, and publishers
// from there under other names.
constexpr std::string_view kAtPlusEight[] = {
    "cn",
    "hk",
    "mo",
    "tw",
    "163.com",
    "36kr.com",
    "caixin.com",
    "chinanews.com",
    "cnbeta.com",
    "csdn.net",
    "huxiu.com",
    "ifanr.com",
    "ithome.com",
    "jiemian.com",
    "leiphone.com",
    "oschina.net",
    "qq.com",
    "sina.com",
    "sohu.com",
    "weibo.com",
    "xinhuanet.com",
    "yicai.com",
    "zaobao.com",
    "zhihu.com",
};

}  // namespace

std::string_view naive_zone(std::string_view configured, std::string_view host) {
  if (!configured.empty()) return configured;
  const bool listed =
      std::any_of(std::begin(kAtPlusEight), std::end(kAtPlusEight),
                  [&](std::string_view domain) { return is_host_below(host, domain); });
  return listed ? "+08:00" : "";
}

}  // namespace feedwire::feeds
