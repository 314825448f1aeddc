#include "kennel/export/c_policy.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "kennel/core/check.h"

namespace kennel {
namespace {

constexpr std::size_t kNumbersALine = 10;

/// The shortest literal that reads back as the same float.
std::string literal(float x) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, x).ptr;
  std::string out(buffer, end);
  if (out.find_first_of(".e") == std::string::npos) out += ".0";
  return out + 'f';
}

std::string array(const std::string& name, std::span<const float> values) {
  std::string out = text("static const float ", name, "[", values.size(), "] = {");
  for (std::size_t i = 0; i < values.size(); ++i) {
    out += i % kNumbersALine == 0 ? "\n    " : " ";
    out += literal(values[i]) + ',';
  }
  return out + "\n};\n";
}

/// C for applying a layer's activation to y[0..n).
std::string activation_code(const std::string& name, int n) {
  const std::string loop = text("  for (i = 0; i < ", n, "; ++i) ");
  if (name == "relu") return loop + "y[i] = y[i] <= 0.0f ? 0.0f : y[i];\n";
  if (name == "tanh") return loop + "y[i] = tanhf(y[i]);\n";
  if (name == "elu") return loop + "y[i] = y[i] > 0.0f ? y[i] : expm1f(y[i]);\n";
  if (name == "sigmoid") return loop + "y[i] = 1.0f / (1.0f + expf(-y[i]));\n";
  if (name == "softmax")
    return "  largest = y[0];\n" + loop + "largest = y[i] > largest ? y[i] : largest;\n" +
           "  sum = 0.0f;\n" + loop + "sum += (y[i] = expf(y[i] - largest));\n" + loop +
           "y[i] /= sum;\n";
  return "";
}

// How files begin; the first is a walk's.
constexpr const char *kWalkTitle = "/* A walking policy, written by kennel export",
                     *kTitle = "/* A policy, written by kennel export";

/// What every policy's file says of an observation's numbers.
std::string frame_comment(const PolicyFile& policy) {
  std::string out;
  int offset = 0;
  for (const TermInfo& term : policy.frame) {
    out += text("     ", offset, " to ", offset + term.size - 1, "  ", term.name, ": ", term.unit,
                ", times ", term.scale, "\n");
    offset += term.size;
  }
  return out;
}

/// What another task's policy is told; a walk's the frame says.
std::string command_comment(const PolicyFile& policy) {
  std::string out = "   Command, in this order:";
  for (const CommandTerm& term : policy.command)
    out += text(&term == policy.command.data() ? " " : ", ", term.name, " from ", term.range.low,
                " to ", term.range.high, " ", term.unit);
  return out + ".\n";
}

std::string contract_comment(const PolicyFile& policy) {
  std::string out = text(
      "/* Observation: ", policy.observation_history, " frame(s) of ", frame_size(policy),
      " numbers, the newest first. At the start all are zero but for projected_gravity's z, which\n"
      "   is -1. A frame:\n");
  out += frame_comment(policy);
  if (policy.task != kWalkTask) out += command_comment(policy);
  return out +
         "   Normalisation is inside the network.\n"
         "   Action: 12 numbers; joint target = clamp(default_joint_pos + action_scale * action, "
         "limits), rad.\n"
         "   Position servos with gains kp [N m/rad] and kd [N m s/rad]; one action every "
         "control_dt [s]. */\n";
}

/// A gain of each joint, and the one number where it is the same for all.
std::string gains_code(const std::string& name, const RobotContract::Joints& all) {
  std::string out = array(text("kennel_policy_joint_", name), all);
  if (same_for_all(all))
    out += text("static const float kennel_policy_", name, " = ", literal(all[0]), ";\n");
  return out;
}

std::string contract_arrays(const PolicyFile& policy) {
  std::string names = "static const char *const kennel_policy_joint_names[12] = {\n   ";
  for (const std::string& name : policy.joint_names) names += text(" \"", name, "\",");
  return text("static const float kennel_policy_control_dt = ", literal(policy.control_dt), ";\n") +
         gains_code("kp", policy.kp) + gains_code("kd", policy.kd) + names + "\n};\n" +
         array("kennel_policy_default_joint_pos", policy.default_joint_pos) +
         array("kennel_policy_action_scale", policy.action_scale) +
         array("kennel_policy_joint_lower_limits", policy.joint_lower_limits) +
         array("kennel_policy_joint_upper_limits", policy.joint_upper_limits) +
         array("kennel_policy_golden_obs", policy.golden_obs) +
         array("kennel_policy_golden_action", policy.golden_action);
}

std::string forward_code(const PolicyNetwork& network) {
  int widest = 0;
  for (const DenseLayer& layer : network.layers) widest = std::max({widest, layer.in, layer.out});
  std::string out = text(
      "/* obs (KENNEL_POLICY_OBS_SIZE) to action (KENNEL_POLICY_ACTION_SIZE); they may not "
      "overlap. "
      "*/\n"
      "static inline void kennel_policy_forward(const float *obs, float *action) {\n"
      "  float buffer[2][",
      widest,
      "], largest, sum;\n"
      "  const float *x = obs;\n"
      "  float *y = buffer[0];\n"
      "  int i, k;\n"
      "  (void)largest;\n"
      "  (void)sum;\n");
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const DenseLayer& layer = network.layers[l];
    out += text("  y = ", l + 1 == network.layers.size() ? "action" : text("buffer[", l % 2, "]"),
                ";\n  for (i = 0; i < ", layer.out, "; ++i) y[i] = kennel_policy_bias_", l,
                "[i];\n  for (k = 0; k < ", layer.in, "; ++k)\n    for (i = 0; i < ", layer.out,
                "; ++i) y[i] += x[k] * kennel_policy_weight_", l, "[", layer.out, " * k + i];\n",
                activation_code(layer.activation, layer.out), "  x = y;\n");
  }
  return out + "}\n";
}

constexpr const char* kHelpers = R"(
/* What a history holds before the first frame. */
static inline void kennel_policy_clear(float *obs) {
  int i;
  for (i = 0; i < KENNEL_POLICY_OBS_SIZE; ++i) obs[i] = 0.0f;
  for (i = 0; i < KENNEL_POLICY_HISTORY; ++i)
    obs[i * KENNEL_POLICY_FRAME_SIZE + KENNEL_POLICY_GRAVITY_Z] = -1.0f;
}

/* Puts a frame in front of a history. */
static inline void kennel_policy_push(float *obs, const float *frame) {
  int i;
  for (i = KENNEL_POLICY_OBS_SIZE - 1; i >= KENNEL_POLICY_FRAME_SIZE; --i)
    obs[i] = obs[i - KENNEL_POLICY_FRAME_SIZE];
  for (i = 0; i < KENNEL_POLICY_FRAME_SIZE; ++i) obs[i] = frame[i];
}

/* Joint targets of an action, rad. Where the action is not a number: the default pose. */
static inline void kennel_policy_targets(const float *action, float *target) {
  int i;
  for (i = 0; i < KENNEL_POLICY_ACTION_SIZE; ++i) {
    const float low = kennel_policy_joint_lower_limits[i];
    const float high = kennel_policy_joint_upper_limits[i];
    const float wanted =
        kennel_policy_default_joint_pos[i] + kennel_policy_action_scale[i] * action[i];
    target[i] = wanted != wanted ? kennel_policy_default_joint_pos[i]
                : wanted < low   ? low
                : wanted > high  ? high
                                 : wanted;
  }
}
)";

constexpr const char* kSelfTest = R"(
/* The largest difference from the golden action; above 1e-4 the file or the compiler is at fault. */
static inline float kennel_policy_self_test(void) {
  float action[KENNEL_POLICY_ACTION_SIZE], worst = 0.0f;
  int i;
  kennel_policy_forward(kennel_policy_golden_obs, action);
  for (i = 0; i < KENNEL_POLICY_ACTION_SIZE; ++i) {
    const float gap = fabsf(action[i] - kennel_policy_golden_action[i]);
    if (!(gap <= worst)) worst = gap;
    if (worst != worst) return HUGE_VALF; /* NaN */
  }
  return worst;
}
)";

/// The layers' numbers, one after the other.
std::string layer_arrays(const PolicyNetwork& network) {
  std::string out;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const DenseLayer& layer = network.layers[l];
    out += text("/* Layer ", l, ": ", layer.in, " rows of ", layer.out, ", activation \"",
                layer.activation, "\" */\n") +
           array(text("kennel_policy_weight_", l), layer.weights) +
           array(text("kennel_policy_bias_", l), layer.bias);
  }
  return out;
}

/// The header of a policy without a robot: observation in, action out.
std::string small_task_header(const PolicyFile& policy) {
  const Range& bounds = policy.action_bounds;
  return text(kTitle, ". C99, no dependencies but math.h. */\n/* Task ", policy.task,
              ". Observation:\n", frame_comment(policy),
              "   Normalisation is inside the network.\n   Action: ", policy.action,
              "; clamp it to ", bounds.low, " to ", bounds.high,
              ". One every control_dt [s]. */\n#ifndef KENNEL_POLICY_H\n#define "
              "KENNEL_POLICY_H\n\n#include <math.h>\n\n#define KENNEL_POLICY_FORMAT_VERSION ",
              kPolicyFormatVersion, "\n#define KENNEL_POLICY_OBS_SIZE ",
              policy.network.input_size(), "\n#define KENNEL_POLICY_ACTION_SIZE ",
              policy.network.output_size(), "\n\n") +
         text("static const float kennel_policy_control_dt = ", literal(policy.control_dt), ";\n") +
         array("kennel_policy_golden_obs", policy.golden_obs) +
         array("kennel_policy_golden_action", policy.golden_action) + layer_arrays(policy.network) +
         '\n' + forward_code(policy.network) + kSelfTest + "\n#endif\n";
}

}  // namespace

bool is_c_header(std::string_view bytes) {
  return bytes.starts_with(kWalkTitle) || bytes.starts_with(kTitle);
}

std::string c_header(const PolicyFile& policy) {
  if (!policy.has_robot()) return small_task_header(policy);
  const std::optional<int> gravity = offset_in_frame(policy, "projected_gravity");
  KENNEL_CHECK(gravity,
               "the policy's observation has no projected_gravity, which a C header starts "
               "from; export it in another format");
  std::string out =
      text(policy.task == kWalkTask ? kWalkTitle : kTitle,
           ". C99, no dependencies but math.h. */\n") +
      contract_comment(policy) +
      text(
          "#ifndef KENNEL_POLICY_H\n#define KENNEL_POLICY_H\n\n#include <math.h>\n\n"
          "#define KENNEL_POLICY_FORMAT_VERSION ",
          kPolicyFormatVersion, "\n#define KENNEL_POLICY_FRAME_SIZE ", frame_size(policy),
          "\n#define KENNEL_POLICY_HISTORY ", policy.observation_history,
          "\n#define KENNEL_POLICY_OBS_SIZE ", policy.network.input_size(),
          "\n#define KENNEL_POLICY_ACTION_SIZE ", policy.network.output_size(),
          "\n#define KENNEL_POLICY_GRAVITY_Z ", *gravity + 2, "\n\n") +
      contract_arrays(policy) + layer_arrays(policy.network);
  return out + '\n' + forward_code(policy.network) + kHelpers + kSelfTest + "\n#endif\n";
}

}  // namespace kennel
