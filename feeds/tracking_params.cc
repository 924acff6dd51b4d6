#include "feeds/tracking_params.h"

#include <algorithm>

#include "feeds/ascii.h"
#include "feeds/url.h"

namespace feedwire::feeds {
namespace {

// Names are separated by spaces, in lower case; a trailing "*" stands for any rest.
constexpr std::string_view kEverywhere =
    // I-21, exact names
    "fbclid fb_action_ids fb_action_types fb_ref fb_source fb_comment_id hmb_campaign hmb_medium "
    "hmb_source gclid dclid gbraid wbraid gclsrc campaign_id campaign_medium campaign_name "
    "campaign_source campaign_term campaign_content srsltid twclid msclkid mc_tc wickedid _hsenc "
    "__hssc __hstc __hsfp _hsmi hsctatracking rb_clickid oly_anon_id oly_enc_id vero_id vero_conv "
    "mkt_tok sc_cid _bhlid _branch_match_id _branch_referrer __readwiselocation "
    // I-21, families and single names of other tools
    "utm_* mtm_* pk_* piwik_* hsa_* itm_* otm_* ga_* _ga _gl igshid mc_cid mc_eid yclid ysclid "
    "_openstat wt_mc wtrid cmpid s_cid __s vn_* echobox at_medium at_campaign";

struct HostRule {
  std::string_view host;    // this one and all below it
  std::string_view params;  // dropped
  std::string_view keep;    // if not empty, all others are dropped
};

// I-22. (C) the ClearURLs data, (E) engineers' experience.
constexpr std::string_view kTaobao =
    "spm scm* price sourcetype suid ut_sk un share_crt_v sp_tk cpp shareurl short_name app pvid "
    "algo_* ns abbucket ali_* acm utparam pos abtest trackinfo utkn scene mytmenu turing_bucket "
    "lygclk impid bfttag bftrwd _u";
constexpr HostRule kHostRules[] = {
    // (C)
    {"bilibili.com",
     "spm_id_from from_source from seid mid share_source share_medium share_plat share_tag "
     "share_session_id share_from msource refer_from timestamp unique_k vd_source plat_id buvid "
     "is_story_h5 up_id bbid ts visit_id session_id broadcast_type is_room_feed callback",
     ""},
    {"taobao.com", kTaobao, ""},
    {"tmall.com", kTaobao, ""},
    {"xiaohongshu.com",
     "xhsshare author_share type xsec_source share_from_user_hidden app_version ignoreengage "
     "app_platform apptime appuid shareredid share_id exsource",
     ""},
    {"weibo.com", "weibo_id dt_dapp", ""},
    {"weibo.cn", "weibo_id dt_dapp", ""},
    {"youku.com", "tpa", ""},
    // (E)
    {"mp.weixin.qq.com", "", "__biz mid idx sn"},
    {"zhihu.com", "utm_psn share_code", ""},
    {"csdn.net", "spm request_id biz_id ops_request_misc", ""},
    {"toutiao.com", "req_id share_token wxshare_count tt_from use_new_style", ""},
    {"163.com", "spss spsnuid spsdevid", ""},
    {"sohu.com", "spm scm", ""},
};

bool listed(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::string_view pattern = list.substr(0, list.find(' '));
    if (matches_param(pattern, name)) return true;
    list.remove_prefix(std::min(pattern.size() + 1, list.size()));
  }
  return false;
}

}  // namespace

bool matches_param(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with('*')) {
    pattern.remove_suffix(1);
    name = name.substr(0, pattern.size());
  }
  return iequals_ascii(pattern, name);
}

bool is_tracking_param(std::string_view host, std::string_view name) {
  if (listed(kEverywhere, name)) return true;
  for (const HostRule& rule : kHostRules)
    if (is_host_below(host, rule.host))
      return rule.keep.empty() ? listed(rule.params, name) : !listed(rule.keep, name);
  return false;
}

}  // namespace feedwire::feeds
