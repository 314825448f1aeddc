// The single edits of a description, on MuJoCo's editable form of it.
#pragma once

#include "src/model/feet.h"
#include "src/model/spec.h"

namespace kennel {

/// A description under edit: its editable form, and what that compiled to, whose numbers name the
/// elements.
struct Edited {
  mjSpec& spec;
  const mjModel& m;
  const Skeleton& skeleton;
  const std::array<Foot, kNumLegs>& feet;
  const std::string& name;
  std::vector<std::string>& warnings;
};

void leave_feet_only(const Edited& edited);
void make_pyramidal(const Edited& edited);
/// \param feet_only  the floor meets what leave_feet_only leaves
void put_floor(const Edited& edited, bool feet_only);
void bare_the_base(const Edited& edited);
void put_servos(const Edited& edited, std::optional<double> kp, std::optional<double> kd);

/// Thigh and shank of the longest leg, sole included, m.
double leg_length(const mjModel& m, const Skeleton& skeleton,
                  const std::array<Foot, kNumLegs>& feet);

}  // namespace kennel
