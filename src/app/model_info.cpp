#include "model_info.h"

#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "kennel/core/check.h"
#include "kennel/model/anatomy.h"

namespace kennel {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no infinity: a limit that is not there is null.
Json limit(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json json_of(const JointAnatomy& joint) {
  return {{"name", joint.name},
          {"range", {limit(joint.low), limit(joint.high)}},
          {"stance", joint.stance},
          {"standing_torque", joint.standing_torque},
          {"drive", joint.drive},
          {"kp", joint.kp},
          {"kd", joint.kd},
          {"gain", joint.gain},
          {"bias", joint.bias},
          {"ctrl", {limit(joint.ctrl_low), limit(joint.ctrl_high)}},
          {"torque", {limit(joint.torque_low), limit(joint.torque_high)}},
          {"damping", joint.damping},
          {"armature", joint.armature},
          {"frictionloss", joint.frictionloss},
          {"ctrl_index", joint.ctrl_index}};
}

Json json_of(const Anatomy& a) {
  Json out = {{"file", a.file}, {"understood", a.understood}};
  if (a.understood) {
    out["mass"] = a.mass;
    out["leg_length"] = a.leg_length;
    out["stance_height"] = a.stance_height;
    out["stance_from"] = a.stance_from;
    out["timestep"] = a.timestep;
    out["free_joint"] = {{"damping", a.base_damping},
                         {"armature", a.base_armature},
                         {"frictionloss", a.base_frictionloss}};
    for (const LegAnatomy& leg : a.leg) {
      Json joints = Json::array();
      for (const JointAnatomy& joint : leg.joint) joints.push_back(json_of(joint));
      out["legs"].push_back({{"name", leg.name},
                             {"joints", joints},
                             {"foot", leg.foot},
                             {"foot_radius", leg.foot_radius},
                             {"touching", leg.touching}});
    }
    out["base_touching"] = a.base_touching;
    out["mirror"] = {{"usable", a.symmetric},
                     {"error", a.mirror.error},
                     {"leg", a.mirror.leg},
                     {"joint", a.mirror.joint},
                     {"sign", a.mirror.sign}};
  }
  out["changed"] = a.edits;
  out["doubts"] = a.doubts;
  out["ignored"] = a.ignored;
  out["refused"] = a.refusals;
  return out;
}

/// The switches as they are typed.
std::string typed(const ModelEdits& edits) {
  std::string out;
  const auto add = [&](bool given, const char* name) { out += given ? text(' ', name) : ""; };
  add(edits.feet_only, "--feet-only");
  add(edits.pyramidal, "--pyramidal");
  add(edits.add_servos, "--add-servos");
  add(edits.add_floor, "--add-floor");
  add(edits.bare_base, "--bare-base");
  if (edits.kp) out += text(" --kp ", *edits.kp);
  if (edits.kd) out += text(" --kd ", *edits.kd);
  return out;
}

}  // namespace

int run_model_info(const ModelInfoCommand& command) {
  EditedModel edited = compile_edited(command.model, command.edits);
  const Anatomy anatomy = describe(edited);
  if (command.json) {
    std::cout << json_of(anatomy).dump(2) << '\n';
  } else {
    std::cout << to_text(anatomy);
    if (anatomy.refusals.empty())
      std::cout << "Train it: kennel train --model " << command.model << typed(command.edits)
                << '\n';
  }
  if (!anatomy.refusals.empty()) {
    KENNEL_CHECK(command.write.empty(), command.model, ": refused, so nothing was written to ",
                 command.write);
    std::cerr << "kennel: " << command.model << ": refused, see above\n";
    return 1;
  }
  if (!command.write.empty()) {
    write_mjcf(edited, command.write);
    std::cerr << "wrote " << command.write << '\n';
  }
  return 0;
}

}  // namespace kennel
