// The five publishers and their words.

#include "tests/support/sample_feeds.h"

namespace feedwire::tests {
namespace {

SamplePublisher kettle() {
  return {SampleFormat::rss,
          "/kettle.rss",
          "application/rss+xml; charset=utf-8",
          "en",
          "The Daily Kettle",
          "Boiling news & lukewarm opinion",
          ". ",
          "Correction: the kettle was plugged in after all.",
          {"The kettle", "A teapot of standing", "The biscuit committee", "An anonymous spoon",
           "The sugar lobby", "A retired tea bag"},
          {"denies", "welcomes", "quietly buries", "demands", "cannot explain", "applauds"},
          {"the second cup", "rumours of decaf", "a five-minute rule", "the great dunking",
           "lids & their friends", "milk first"}};
}

SamplePublisher lighthouse() {
  return {SampleFormat::atom,
          "/log.atom",
          "application/atom+xml",
          "en",
          "Lighthouse Log",
          "What the lamp saw, in order",
          ". ",
          "Correction: that was the moon.",
          {"Fog", "One gull", "The supply boat", "A ship in a hurry", "The spare bulb", "The tide"},
          {"arrives before", "argues with", "overtakes", "waits for", "ignores", "signals to"},
          {"breakfast", "the harbour master", "its own shadow", "Tuesday", "a second gull",
           "the inspector <from the ministry>"}};
}

SamplePublisher museum() {
  return {
      SampleFormat::rdf,
      "/museum.rdf",
      "application/rdf+xml",
      "en",
      "Museum of Small Failures",
      "Open most days, by mistake",
      ". ",
      "Correction: the exhibit has since been repaired, and was removed.",
      {"A door", "The left sock", "Our umbrella stand", "A self-portrait", "The gift shop",
       "An unfinished bridge"},
      {"almost became", "was mistaken for", "fell short of", "lost to", "resembles", "outlived"},
      {"a door", "modern art", "its own label", "the winter budget", "a working clock",
       "the audio guide"}};
}

SamplePublisher penguins() {
  return {SampleFormat::json,
          "/feed.json",
          "application/feed+json",
          "en",
          "Penguin Standards Body",
          "Rough consensus and slippery code",
          ". ",
          "Correction: the vote was unanimous; two members were asleep.",
          {"The working group", "A dissenting penguin", "The chair", "Draft 17", "The ice shelf",
           "A fish-shaped table"},
          {"deprecates", "obsoletes", "formally adopts", "requests comments on", "recharters",
           "objects to"},
          {"waddling at night", "the left-handed slide", "egg encoding", "huddle rotation",
           "the herring header", "sliding windows"}};
}

SamplePublisher tofu() {
  return {SampleFormat::rss,
          "/tofu.xml",
          "application/xml; charset=utf-8",
          "zh-CN",
          "豆腐观察",
          "每日一块，软硬兼施",
          "。",
          "更正：那其实是奶酪。",
          {"麻婆", "一块老豆腐", "隔壁的臭豆腐", "豆浆协会", "冻豆腐", "不愿具名的黄豆"},
          {"公开质疑", "热烈欢迎", "连夜否认", "悄悄收购", "再次推迟", "认真研究"},
          {"火锅新规", "筷子的角度", "第二碗米饭", "葱花过剩问题", "周一的早餐", "甜咸之争"}};
}

}  // namespace

std::vector<SampleFeed> sample_feeds(std::uint64_t seed, std::chrono::sys_seconds start) {
  std::vector<SampleFeed> feeds;
  for (auto publisher : {kettle(), lighthouse(), museum(), penguins(), tofu()})
    feeds.emplace_back(std::move(publisher), seed++, start);
  return feeds;
}

}  // namespace feedwire::tests
