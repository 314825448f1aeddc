// Pushes: every push_seconds the base's velocity changes.
#pragma once

#include "envs/quadruped/random.h"
#include "envs/quadruped/task.h"

namespace kennel::quadruped {

/// Where the control step that is about to begin pushes: every push_steps, from a step of the
/// episode's own on, so that environments are not pushed together.
template <class T, class Legs>
KENNEL_HD mask_of<T> push_is_due(const Task& task, const EnvState<T, Legs>& s) {
  T clock = s.step;
  if (task.config.randomization.random_push_phase)
    clock += to_number<T>(
        whole_below<T>(task.push_steps, task.seed, s.env_id, s.episode, Purpose::kPushPhase));
  const T pushes = clock * T(1.0f / task.push_steps);
  return both(T(0) < s.step, abs(pushes - round(pushes)) * T(task.push_steps) < T(0.25f));
}

/// Pushes the base where it is due.
template <class T, class Legs>
KENNEL_HD void push(const Task& task, EnvState<T, Legs>& s) {
  const auto& c = task.config.randomization;
  const auto due = push_is_due(task, s);
  if (!any(due)) return;  // skips work that would change no bit
  const auto u = uniform4<T>(task.seed, s.env_id, s.episode, s.step, Purpose::kPush, 0);
  s.physics.velocity.x += select(due, within(c.push_velocity, u.x[0]), T(0));
  s.physics.velocity.y += select(due, within(c.push_velocity, u.x[1]), T(0));
}

}  // namespace kennel::quadruped
