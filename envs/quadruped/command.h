// What the robot is told to do.
#pragma once

#include "envs/quadruped/push.h"
#include "envs/quadruped/random.h"

namespace kennel::quadruped {

/// A command from a mixture: the full box, the box scaled by one factor, one axis of the box alone
/// scaled likewise, or standing. In a uniform box slow commands are rare, and a robot that stands
/// still at them is hardly punished.
/// \param u  where in the box, and whether standing
/// \param v  which part of the mixture, which factor, which axis
template <class T>
KENNEL_HD void draw_from_mixture(const CommandConfig& c, const T (&u)[4], const T (&v)[4],
                                 T (&command)[3]) {
  const T zero(0), one(1);
  const auto standing = u[3] < T(c.standing_fraction);
  const auto along_axis = v[0] < T(c.axis_fraction);
  const auto scaled = v[0] < T(c.axis_fraction + c.scaled_fraction);
  const T scale = select(scaled, T(c.smallest_scale) + T(1.0f - c.smallest_scale) * v[1], one);
  const auto first = v[2] < T(1.0f / 3.0f), third = T(2.0f / 3.0f) <= v[2];
  const auto rest = [&](const mask_of<T>& its_turn) {
    return either(standing, both(along_axis, negate(its_turn)));
  };
  command[0] = select(rest(first), zero, scale * within(c.range[0], u[0]));
  command[1] = select(rest(negate(either(first, third))), zero, scale * within(c.range[1], u[1]));
  command[2] = select(rest(third), zero, scale * within(c.range[2], u[2]));
}

/// A command whose numbers are drawn by themselves: uniform in their ranges, or zero, each with a
/// chance of its own.
template <class T>
KENNEL_HD void draw_axes(const CommandConfig& c, const T (&u)[4], const T (&v)[4],
                         T (&command)[3]) {
  constexpr float kTold[3] = {0.9f, 0.25f, 0.5f};
  const T chance[3] = {u[3], v[0], v[1]};
  for (int i = 0; i < 3; ++i)
    command[i] = select(chance[i] < T(kTold[i]), within(c.range[i], u[i]), T(0));
}

KENNEL_HD bool axes_apart(const CommandConfig& c) { return (kTasksWithAxesApart >> c.task) & 1u; }

/// A command of the task.
template <class T>
KENNEL_HD void draw_command(const CommandConfig& c, const T (&u)[4], const T (&v)[4],
                            T (&command)[3]) {
  if (axes_apart(c)) return draw_axes(c, u, v, command);
  draw_from_mixture(c, u, v, command);
}

/// A new command within an episode, where there is one.
template <class T>
struct CommandChange {
  T changed;     // 1 or 0
  T command[3];  // valid where changed
};

/// Draws whether the command changes after this control step, and to what.
/// \param changing  whether commands change within an episode at all (the same for every
/// environment)
template <class T, class Legs>
KENNEL_HD CommandChange<T> draw_change(const Task& task, bool changing,
                                       const EnvState<T, Legs>& s) {
  const CommandConfig& c = task.config.command;
  const Seed& seed = task.seed;
  CommandChange<T> out{T(0), {T(0), T(0), T(0)}};
  if (!changing) return out;
  const auto gate = uniform4<T>(seed, s.env_id, s.episode, s.step, Purpose::kCommand, 0);
  auto change = gate.x[0] < T(c.change_probability);
  if (c.change_at_push > 0.0f)
    change = either(change, both(push_is_due(task, s), gate.x[0] < T(c.change_at_push)));
  if (!any(change)) return out;  // skips work that would change no bit
  const auto fresh = uniform4<T>(seed, s.env_id, s.episode, s.step, Purpose::kCommand, 1);
  const auto kind = uniform4<T>(seed, s.env_id, s.episode, s.step, Purpose::kCommand, 2);
  draw_command(c, fresh.x, kind.x, out.command);
  if (axes_apart(c))  // half of the numbers stay
    for (int i = 0; i < 3; ++i)
      out.command[i] = select(gate.x[1 + i] < T(0.5f), s.command[i], out.command[i]);
  out.changed = select(change, T(1), T(0));
  return out;
}

/// Gives the environment its new command, in the newest frame of its history too: the robot will
/// have observed it by then.
template <class T, class Legs, class History>
KENNEL_HD void apply_change(const Legs& legs, const CommandChange<T>& change, EnvState<T, Legs>& s,
                            History& history) {
  constexpr int kCommand = offset_in(kFrame, "command");
  const auto mask = T(0) < change.changed;
  if (!any(mask)) return;  // skips work that would change no bit
  for (int i = 0; i < 3; ++i) {
    s.command[i] = select(mask, change.command[i], s.command[i]);
    if (!legs.leads()) continue;
    T& seen = history.at(0, kCommand + i);
    seen = select(mask, change.command[i], seen);
  }
  s.command_age = select(mask, T(0), s.command_age);
}

}  // namespace kennel::quadruped
