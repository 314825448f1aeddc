// The GPU's mapping on the CPU: four threads, a leg each, whose shuffles meet at a barrier.
#pragma once

#include <array>
#include <barrier>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "envs/robots.h"
#include "kennel/dynamics/folded_leg.h"

namespace kennel::testing {

/// A group of four threads that exchange numbers like a warp does.
class EmulatedGroup {
 public:
  struct Shuffle {
    EmulatedGroup* group;
    int leg;
    template <class T>
    T operator()(const T& x, int mask) const {
      return group->exchange(x, leg, mask);
    }
    template <class T>
    T add(const T& a, const T& b) const {
      return a + b;
    }
  };
  using Legs = LegThread<Shuffle>;
  using FoldedLegs = FoldedLegThread<Shuffle, FoldedRobot>;

  /// Calls body(legs) in four threads at once and waits for them.
  template <class Mapping>
  void run(const std::function<void(const Mapping&)>& body) {
    std::vector<std::thread> threads;
    for (int leg = 0; leg < kNumLegs; ++leg)
      threads.emplace_back([&, leg] { body(Mapping{Legs{leg, Shuffle{this, leg}}}); });
    for (std::thread& t : threads) t.join();
  }

 private:
  template <class T>
  T exchange(const T& x, int leg, int mask) {
    static_assert(sizeof(T) <= sizeof(Slot));
    std::memcpy(slots_[leg].bytes, &x, sizeof(T));
    barrier_.arrive_and_wait();
    T other;
    std::memcpy(&other, slots_[leg ^ mask].bytes, sizeof(T));
    barrier_.arrive_and_wait();
    return other;
  }

  struct alignas(64) Slot {
    unsigned char bytes[64];
  };
  std::array<Slot, kNumLegs> slots_;
  std::barrier<> barrier_{kNumLegs};
};

}  // namespace kennel::testing
