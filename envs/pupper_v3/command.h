// What the robot is told to do.
#pragma once

#include "envs/pupper_v3/random.h"

namespace kennel::pupper {

/// A command from four uniform numbers.
template <class T>
KENNEL_HD void draw_command(const CommandConfig& c, const T (&u)[4], T (&command)[3]) {
  const auto standing = u[3] < T(c.standing_fraction);
  command[0] = select(standing, T(0), within(c.vx, u[0]));
  command[1] = select(standing, T(0), within(c.vy, u[1]));
  command[2] = select(standing, T(0), within(c.yaw, u[2]));
}

/// Changes the command with the configured probability, once training is far enough.
/// \param changing  whether commands change within an episode at all (the same for every
/// environment)
template <class T, class Legs>
KENNEL_HD void update_command(const CommandConfig& c, bool changing, const Seed& seed,
                              EnvState<T, Legs>& s) {
  s.command_age = s.command_age + T(1);
  if (!changing) return;
  const auto gate = uniform4<T>(seed, s.env_id, s.episode, s.step, Purpose::kCommand, 0);
  const auto change = gate.x[0] < T(c.change_probability);
  if (!any(change)) return;  // skips work that would change no bit
  const auto fresh = uniform4<T>(seed, s.env_id, s.episode, s.step, Purpose::kCommand, 1);
  T command[3];
  draw_command(c, fresh.x, command);
  for (int i = 0; i < 3; ++i) s.command[i] = select(change, command[i], s.command[i]);
  s.command_age = select(change, T(0), s.command_age);
}

}  // namespace kennel::pupper
