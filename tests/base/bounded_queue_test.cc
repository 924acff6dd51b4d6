#include "base/bounded_queue.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <thread>

namespace feedwire {

using namespace std::chrono_literals;

TEST_CASE("a full queue refuses and leaves the value with its owner", "[queue]") {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  auto first = std::make_unique<int>(1), second = std::make_unique<int>(2);
  CHECK(queue.try_push(first));
  CHECK_FALSE(queue.try_push(second));
  REQUIRE(second);
  CHECK(*second == 2);
  CHECK(queue.pop_all(0us).size() == 1);
  CHECK(queue.try_push(second));
}

TEST_CASE("a closed queue gives what it holds and takes no more", "[queue]") {
  BoundedQueue<int> queue(4);
  int value = 1;
  queue.try_push(value);
  queue.close();
  CHECK_FALSE(queue.try_push(value));
  CHECK_FALSE(queue.drained());
  CHECK(queue.pop_all(10s) == std::vector<int>{1});
  CHECK(queue.drained());
  CHECK(queue.pop_all(10s).empty());
}

TEST_CASE("values are gathered until there are enough, or the queue is closed", "[queue]") {
  BoundedQueue<int> queue(8);
  for (int value : {1, 2, 3}) queue.try_push(value);
  std::vector<int> seen;
  const auto third = [&](int value) { return seen.push_back(value), value == 3; };
  CHECK(queue.pop_gathered(10s, 10s, 10s, third) == std::vector<int>{1, 2, 3});
  CHECK(seen == std::vector<int>{1, 2, 3});

  const auto never = [](int) { return false; };
  CHECK(queue.pop_gathered(0s, 10s, 10s, never).empty());
  int value = 4;
  queue.try_push(value);
  CHECK(queue.pop_gathered(10s, 0s, 10s, never) == std::vector<int>{4});
  queue.try_push(value);
  CHECK(queue.pop_gathered(10s, 10s, 0s, never) == std::vector<int>{4});
  queue.try_push(value);
  queue.close();
  CHECK(queue.pop_gathered(10s, 10s, 10s, never) == std::vector<int>{4});
}

TEST_CASE("a value that is enough ends the gathering from another thread", "[queue]") {
  BoundedQueue<int> queue(8);
  int first = 1;
  queue.try_push(first);
  std::thread producer([&] {
    for (int value : {2, 3}) queue.try_push(value);
  });
  const auto taken = queue.pop_gathered(60s, 60s, 60s, [](int value) { return value == 3; });
  producer.join();
  CHECK(taken == std::vector<int>{1, 2, 3});
}

TEST_CASE("gathering ends when the queue is full, since nobody could push what is enough",
          "[queue]") {
  BoundedQueue<int> queue(2);
  int value = 1;
  queue.try_push(value);
  std::thread producer([&] { queue.try_push(value); });
  CHECK(queue.pop_gathered(24h, 24h, 24h, [](int) { return false; }).size() == 2);
  producer.join();
}

TEST_CASE("what is gathered does not wake who gathers, and is not left behind", "[queue]") {
  BoundedQueue<int> queue(1024);
  int value = 0;
  queue.try_push(value);
  std::thread producer([&] {
    for (value = 1; value <= 50; ++value) {
      int next = value;
      queue.try_push(next);
      std::this_thread::sleep_for(1ms);
    }
    queue.close();
  });
  std::vector<int> taken;
  while (!queue.drained())
    for (const int next : queue.pop_gathered(60s, 5ms, 60s, [](int) { return false; }))
      taken.push_back(next);
  producer.join();
  REQUIRE(taken.size() == 51);
  CHECK(std::is_sorted(taken.begin(), taken.end()));
}

TEST_CASE("values come out once each and in order, whatever the threads do", "[queue]") {
  static constexpr int kValues = 20'000;
  BoundedQueue<int> queue(16);
  std::thread producer([&] {
    for (int i = 0; i < kValues; ++i) {
      int value = i;
      while (!queue.try_push(value)) std::this_thread::yield();
    }
    queue.close();
  });
  int next = 0;
  while (!queue.drained())
    for (const int value : queue.pop_all(1s))
      if (value == next) ++next;
  producer.join();
  CHECK(next == kValues);
}

}  // namespace feedwire
