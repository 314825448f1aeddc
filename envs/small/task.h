// The small tasks: textbook problems whose answers are known, behind the same contract as the
// robots. Here is what such a task says of itself; its text is a struct with
//
//   static constexpr TaskRow kRow;
//   struct State;                                    an environment's, numbers without padding
//   static State start(const Draw& draw);            of an episode, random
//   static void observe(const State& s, float* obs); kRow's obs, in their order
//   static Outcome step(State& s, const double* action, const Draw& draw);
//
// Everything is computed in double, one environment at a time: these tasks cost less than the
// smallest policy. An action arrives clamped to kRow.action_bounds and finite.
//
// A task whose reward and next state have derivatives by state and action is written for any
// number T, double or a Dual of it, so that one text steps the environments and gives derivatives:
//
//   template <class T> struct StateOf;               and  using State = StateOf<double>;
//   template <class T = double> static StateOf<T> start(const Draw& draw);
//   template <class T = double, class Number = float>
//   static void observe(const StateOf<T>& s, Number* obs);
//   template <class T> static OutcomeOf<T> step(StateOf<T>& s, const T* action, const Draw& draw);
#pragma once

#include <cstdint>
#include <span>

#include "kennel/core/dual.h"
#include "kennel/core/fields.h"
#include "kennel/core/normal.h"
#include "kennel/core/philox.h"

namespace kennel::small {

/// A number of an observation.
struct ObsRow {
  const char* name;
  int size;
  const char* unit;
  Bounds bounds = {};
};

struct TaskRow {
  const char* name;     // of the recipes' [task] and --task
  const char* summary;  // a line for `kennel info`
  std::span<const ObsRow> obs;
  int action_size;
  const char* action_doc;  // what it is, with its unit
  Range action_bounds;     // beyond them an action is clamped
  double control_dt;       // s
  int episode_steps;       // where the clock ends an episode
  double diverged_reward;  // of a step whose action is no number: no finite action earns less
  double best_return;      // in the mean over episodes, undiscounted, of the best policy there is
  const char* best_from;   // where that number is from

  constexpr int obs_size() const {
    int size = 0;
    for (const ObsRow& row : obs) size += row.size;
    return size;
  }
};

template <class T>
struct OutcomeOf {
  T reward = T(0.0);
  bool terminated = false;  // the episode ended in a state worth nothing
};
using Outcome = OutcomeOf<double>;

/// Whether a task is written for numbers that carry derivatives.
template <class Task>
concept Differentiable = requires {
  typename Task::template StateOf<Dual<double, 1>>;
};

/// The random numbers of one control step of one environment: they depend on nothing else.
struct Draw {
  std::uint64_t seed = 0, env_id = 0;
  std::uint32_t episode = 0;
  std::uint32_t step = 0;  // 0: the start of the episode; then 1, 2, ...

  Random4<std::uint32_t> bits() const {
    const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
    return philox4x32<std::uint32_t>(low(env_id), episode, step, low(env_id >> 32), low(seed),
                                     low(seed >> 32));
  }
  /// Uniform in [0, 1).
  double uniform(int which) const { return unit_interval<double>(bits().x[which]); }
  /// Standard normal; the first two lie within a circle of radius 5.77.
  double normal(int which) const { return double{normal4<float>(bits()).x[which]}; }
};

}  // namespace kennel::small
