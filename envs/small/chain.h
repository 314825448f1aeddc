// A tabular chain: five places in a row, left or right, and one step in ten goes the other way.
//
//   state s = 0..4, observed one-hot; an action above 0 asks for right, else for left; with
//   probability 0.1 the other one happens
//   right of place 4: reward 1, the end.  left of place 0: stays there, reward 0.01, a lure
//
// Value iteration has the answer, V(s) = max_a sum_s' p(s'|s, a) (r + gamma V(s')) (Sutton and
// Barto, Reinforcement Learning, 2018, eq. 4.10); `odds` says p to whoever computes it. The best
// policy goes right everywhere, for discounts from 0.5 to 0.98 and for the whole episode
// undiscounted; at 0.99 without an end it would stay at the lure until it slips away. A step jumps
// from one place to the next, so it has no derivatives.
#pragma once

#include "envs/small/task.h"

namespace kennel::small {

struct Chain {
  static constexpr int kPlaces = 5;
  static constexpr double kSlip = 0.1, kGoal = 1.0, kLure = 0.01;

  static constexpr ObsRow kObs[] = {{"place", kPlaces, "one-hot", {0.0, 1.0}}};
  static constexpr TaskRow kRow = {"chain",
                                   "walk to the right end of a slippery chain: tabular, with a "
                                   "lure at the left end",
                                   kObs,
                                   1,
                                   "right where above 0, else left",
                                   {-1.0f, 1.0f},
                                   1.0,
                                   20,
                                   -10.0,
                                   1.00026509,
                                   "going right everywhere, by dynamic programming"};

  struct State {
    std::int64_t place;
  };

  /// What a move leads to.
  struct Move {
    std::int64_t place;  // the one before where the episode ends
    Outcome outcome;
  };
  static constexpr Move moved(std::int64_t place, bool right) {
    if (!right) return place == 0 ? Move{0, {kLure, false}} : Move{place - 1, {0.0, false}};
    return place == kPlaces - 1 ? Move{place, {kGoal, true}} : Move{place + 1, {0.0, false}};
  }

  static State start(const Draw& draw) {
    return {static_cast<std::int64_t>(draw.uniform(0) * kPlaces)};
  }

  static void observe(const State& s, float* obs) {
    for (int k = 0; k < kPlaces; ++k) obs[k] = k == s.place ? 1.0f : 0.0f;
  }

  static Outcome step(State& s, const double* action, const Draw& draw) {
    const bool slips = draw.uniform(0) < kSlip;
    const Move move = moved(s.place, (action[0] > 0.0) != slips);
    s.place = move.place;
    return move.outcome;
  }
};

}  // namespace kennel::small
