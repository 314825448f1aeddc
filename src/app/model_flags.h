// The switches that make a robot's description one that Kennel steps.
#pragma once

#include <CLI/CLI.hpp>

#include "kennel/model/edits.h"

namespace kennel {

/// Declares --feet-only, --pyramidal, --add-servos, --add-floor, --bare-base.
void add_model_edits(CLI::App& app, ModelEdits& edits);

/// Declares --kp and --kd of the servos that --add-servos puts.
void add_servo_gains(CLI::App& app, ModelEdits& edits);

}  // namespace kennel
