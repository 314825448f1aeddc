// An environment that diverged, as something to replay.
#pragma once

#include "envs/quadruped/state.h"
#include "envs/quadruped/task.h"
#include "kennel/batch/replay.h"

namespace kennel {

/// The physics of an environment before a control step, and its whole state after it.
template <class Legs = AllLegs>
struct Divergence {
  int env = 0;
  PhysicsState<float, Legs> before;
  quadruped::EnvState<float, Legs> after;
};

/// The control step once more: its start after a push, and the joint targets that reached the
/// servos. An action that was not finite stands there as zero, as the servos saw it.
/// \tparam Legs  AllLegs or ManyPoints<AllLegs>
template <class Legs = AllLegs>
Replay replay_of(const quadruped::Task& task, const Divergence<Legs>& divergence);

}  // namespace kennel
