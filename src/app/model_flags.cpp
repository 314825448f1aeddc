#include "model_flags.h"

#include "flags.h"

namespace kennel {

void add_model_edits(CLI::App& app, ModelEdits& edits) {
  app.add_flag("--feet-only", edits.feet_only,
               "one foot a leg collides, and with the floor only; other shapes of feet become "
               "spheres");
  app.add_flag("--pyramidal", edits.pyramidal,
               "the pyramidal cone and condim 3 in the place of others");
  app.add_flag("--add-servos", edits.add_servos,
               "a position servo on each hinge, around a motor or where there is none");
  app.add_flag("--add-floor", edits.add_floor,
               "a plane at z = 0 in the place of all that stands around");
  app.add_flag("--bare-base", edits.bare_base,
               "no damping, armature and dry friction on the free joint");
}

void add_servo_gains(CLI::App& app, ModelEdits& edits) {
  const auto gain = number_from(0.0, 1e6);
  app.add_option("--kp", edits.kp, "N m/rad of the servos of --add-servos")->check(gain);
  app.add_option("--kd", edits.kd, "N m s/rad of the servos of --add-servos")->check(gain);
}

}  // namespace kennel
