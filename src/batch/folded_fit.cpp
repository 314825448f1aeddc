#include "kennel/batch/folded_fit.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "envs/robots.h"
#include "kennel/core/check.h"
#include "kennel/dynamics/folded_leg.h"

namespace kennel {
namespace {

constexpr float kHarmless = 1e-5f;  // of the largest number of a kind

/// Numbers of one kind that lie side by side in a struct of constants.
struct Field {
  const char* name;
  std::size_t offset;  // bytes, in its struct
  int count = 1;
  bool whole = false;
};

constexpr int kWords = sizeof(Impedance<float>) / 4;
constexpr Field kBase[] = {
    {"timestep", offsetof(Quadruped<float>, timestep)},
    {"gravity", offsetof(Quadruped<float>, gravity), 3},
    {"impratio", offsetof(Quadruped<float>, impratio)},
    {"floor height", offsetof(Quadruped<float>, floor_height)},
    {"integrator", offsetof(Quadruped<float>, integrator), 1, true},
    {"both_limits", offsetof(Quadruped<float>, both_limits), 1, true},
    {"stiff", offsetof(Quadruped<float>, stiff), 1, true},
    {"general_drives", offsetof(Quadruped<float>, general_drives), 1, true},
    {"base mass", offsetof(Quadruped<float>, base_mass)},
    {"base com", offsetof(Quadruped<float>, base_com), 3},
    {"base inertia", offsetof(Quadruped<float>, base_inertia), 6},
    {"base armature", offsetof(Quadruped<float>, base_armature)},
    {"base damping", offsetof(Quadruped<float>, base_damping)},
    {"base frictionloss", offsetof(Quadruped<float>, base_frictionloss)},
    {"base friction R", offsetof(Quadruped<float>, base_friction_R), 2},
    {"base friction B", offsetof(Quadruped<float>, base_friction_B)},
    {"qpos0", offsetof(Quadruped<float>, qpos0), kNq},
    {"total mass", offsetof(Quadruped<float>, total_mass)},
};
constexpr Field kLeg[] = {
    {"sin and cos of gamma", offsetof(Leg<float>, sin_gamma), 2},
    {"number of spheres", offsetof(Leg<float>, num_spheres), 1, true},
    {"foot", offsetof(Leg<float>, foot), 1, true},
};
constexpr Field kHinge[] = {
    {"anchor", offsetof(Hinge<float>, anchor), 3},
    {"sin and cos of alpha", offsetof(Hinge<float>, sin_alpha), 2},
    {"offset", offsetof(Hinge<float>, offset)},
    {"mass", offsetof(Hinge<float>, mass)},
    {"com", offsetof(Hinge<float>, com), 3},
    {"inertia", offsetof(Hinge<float>, inertia), 6},
    {"armature", offsetof(Hinge<float>, armature)},
    {"damping", offsetof(Hinge<float>, damping)},
    {"frictionloss", offsetof(Hinge<float>, frictionloss)},
    {"stiffness", offsetof(Hinge<float>, stiffness)},
    {"springref", offsetof(Hinge<float>, springref)},
    {"friction R", offsetof(Hinge<float>, friction_R)},
    {"friction B", offsetof(Hinge<float>, friction_B)},
    {"range", offsetof(Hinge<float>, range_low), 2},
    {"limit margin", offsetof(Hinge<float>, limit_margin)},
    {"inverse weight", offsetof(Hinge<float>, invweight)},
    {"kp", offsetof(Hinge<float>, kp)},
    {"kd", offsetof(Hinge<float>, kd)},
    {"gain", offsetof(Hinge<float>, gain)},
    {"gain by angle", offsetof(Hinge<float>, gain_q)},
    {"gain by speed", offsetof(Hinge<float>, gain_qd)},
    {"bias", offsetof(Hinge<float>, bias)},
    {"force range", offsetof(Hinge<float>, force_low), 2},
    {"target range", offsetof(Hinge<float>, target_low), 2},
    {"limits at once", offsetof(Hinge<float>, limits_at_once), 1, true},
    {"place in qpos", offsetof(Hinge<float>, qpos_index), 1, true},
    {"place in ctrl", offsetof(Hinge<float>, ctrl_index), 1, true},
};
constexpr Field kSphere[] = {
    {"link", offsetof(Sphere<float>, link), 1, true},
    {"centre", offsetof(Sphere<float>, centre), 3},
    {"radius", offsetof(Sphere<float>, radius)},
    {"margin", offsetof(Sphere<float>, margin)},
    {"friction", offsetof(Sphere<float>, friction)},
    {"inverse weight", offsetof(Sphere<float>, invweight)},
    {"com of its body", offsetof(Sphere<float>, body_com), 3},
};
constexpr Field kImpedance[] = {
    {"impedance d0", offsetof(Impedance<float>, d0)},
    {"impedance dmax", offsetof(Impedance<float>, dmax)},
    {"impedance 1/width", offsetof(Impedance<float>, inv_width)},
    {"impedance midpoint", offsetof(Impedance<float>, midpoint)},
    {"impedance power", offsetof(Impedance<float>, power)},
    {"impedance scale", offsetof(Impedance<float>, scale_low), 2},
    {"impedance K", offsetof(Impedance<float>, K)},
    {"impedance B", offsetof(Impedance<float>, B)},
};

constexpr int words(std::span<const Field> fields) {
  int sum = 0;
  for (const Field& field : fields) sum += field.count;
  return sum;
}
static_assert(words(kImpedance) == kWords, "a number of the robot would not be compared");
static_assert(words(kHinge) + kWords == sizeof(Hinge<float>) / 4);
static_assert(words(kSphere) + kWords == sizeof(Sphere<float>) / 4);
static_assert(words(kLeg) ==
              (sizeof(Leg<float>) - sizeof(Leg<float>::hinge) - sizeof(Leg<float>::sphere)) / 4);
static_assert(words(kBase) == (sizeof(Quadruped<float>) - sizeof(Quadruped<float>::leg)) / 4);

/// A struct of constants inside the robot.
struct Part {
  std::string name;  // "leg 2 hinge 1 "
  std::span<const Field> fields;
  std::size_t offset;  // bytes, in the robot
};

std::vector<Part> parts_of_robot() {
  std::vector<Part> parts{{"", kBase, 0}};
  for (int leg = 0; leg < kNumLegs; ++leg) {
    const std::size_t at = offsetof(Quadruped<float>, leg) + leg * sizeof(Leg<float>);
    const std::string name = text("leg ", leg, " ");
    parts.push_back({name, kLeg, at});
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const std::size_t hinge = at + offsetof(Leg<float>, hinge) + j * sizeof(Hinge<float>);
      parts.push_back({text(name, "hinge ", j, " "), kHinge, hinge});
      parts.push_back(
          {text(name, "hinge ", j, " limit "), kImpedance, hinge + offsetof(Hinge<float>, limit)});
    }
    for (int s = 0; s < kMaxPoints; ++s) {
      const std::size_t sphere = at + offsetof(Leg<float>, sphere) + s * sizeof(Sphere<float>);
      parts.push_back({text(name, "sphere ", s, " "), kSphere, sphere});
      parts.push_back(
          {text(name, "sphere ", s, " "), kImpedance, sphere + offsetof(Sphere<float>, impedance)});
    }
  }
  return parts;
}

/// Where two robots differ.
struct Misfit {
  const Part* part;
  const Field* field;
  std::size_t word;
};

using Words = std::array<std::uint32_t, sizeof(Quadruped<float>) / 4>;

/// The robot's parts, and the largest number of each kind in the folded one.
class FoldedNumbers {
 public:
  explicit FoldedNumbers(const Quadruped<float>& folded)
      : folded_(std::bit_cast<Words>(folded)), parts_(parts_of_robot()) {
    visit([&](const Part&, const Field& field, std::size_t word) {
      const float size = std::abs(std::bit_cast<float>(folded_[word]));
      float& largest = largest_[&field];
      if (!field.whole && std::isfinite(size)) largest = std::max(largest, size);
      return false;
    });
  }

  std::optional<Misfit> first_misfit(const Quadruped<float>& robot) const {
    const auto words = std::bit_cast<Words>(robot);
    std::optional<Misfit> found;
    visit([&](const Part& part, const Field& field, std::size_t word) {
      if (same(field, words[word], folded_[word])) return false;
      found = {&part, &field, word};
      return true;
    });
    return found;
  }

  int misfits(const Quadruped<float>& robot) const {
    const auto words = std::bit_cast<Words>(robot);
    int count = 0;
    visit([&](const Part&, const Field& field, std::size_t word) {
      count += !same(field, words[word], folded_[word]);
      return false;
    });
    return count;
  }

  std::uint32_t word(std::size_t index) const { return folded_[index]; }

 private:
  bool same(const Field& field, std::uint32_t a, std::uint32_t b) const {
    if (field.whole || a == b) return a == b;
    // Infinity minus infinity and NaN are not below anything.
    return std::abs(std::bit_cast<float>(a) - std::bit_cast<float>(b)) <=
           kHarmless * largest_.at(&field);
  }

  /// Calls stop(part, field, word of the robot) until it says so.
  template <class Stop>
  void visit(Stop&& stop) const {
    for (const Part& part : parts_)
      for (const Field& field : part.fields)
        for (int k = 0; k < field.count; ++k)
          if (stop(part, field, (part.offset + field.offset) / 4 + k)) return;
  }

  Words folded_;
  std::vector<Part> parts_;
  std::map<const Field*, float> largest_;
};

template <int... index>
std::array<FoldedNumbers, kNumFolded> all_folded(std::integer_sequence<int, index...>) {
  return {FoldedNumbers(FoldedRobotAt<index>::kConstants)...};
}

/// In the order of FoldedRobots.
const std::array<FoldedNumbers, kNumFolded>& folded_numbers() {
  static const auto numbers = all_folded(std::make_integer_sequence<int, kNumFolded>{});
  return numbers;
}

constexpr SolverOptions kSolver = FoldedLegThread<NoExchange, FoldedRobot>::kSolver;

std::string why_not_for_any_robot(const quadruped::Task& task) {
  if (has_many_points(task.model))
    return text("contact spheres on the base or more than ", kFewPoints, " a leg");
  if (task.config.randomization.exact_invweight) return "exact_invweight";
  if (task.solver.iterations != kSolver.iterations)
    return text("solver iterations ", task.solver.iterations, ", folded ", kSolver.iterations);
  if (task.solver.ls_iterations != kSolver.ls_iterations)
    return text("line search iterations ", task.solver.ls_iterations, ", folded ",
                kSolver.ls_iterations);
  return "";
}

}  // namespace

int folded_robot(const quadruped::Task& task) {
  if (task.config.randomization.exact_invweight || task.solver.iterations != kSolver.iterations ||
      task.solver.ls_iterations != kSolver.ls_iterations)
    return -1;
  for (int robot = 0; robot < kNumFolded; ++robot)
    if (!folded_numbers()[robot].first_misfit(task.model)) return robot;
  return -1;
}

std::string why_not_folded(const quadruped::Task& task) {
  if (const std::string reason = why_not_for_any_robot(task); !reason.empty()) return reason;
  const auto& robots = folded_numbers();
  const FoldedNumbers& nearest = *std::min_element(
      robots.begin(), robots.end(),
      [&](const auto& a, const auto& b) { return a.misfits(task.model) < b.misfits(task.model); });
  const std::optional<Misfit> misfit = nearest.first_misfit(task.model);
  if (!misfit) return "";
  const auto shown = [&](std::uint32_t word) {
    return misfit->field->whole ? text(static_cast<std::int32_t>(word))
                                : text(std::bit_cast<float>(word));
  };
  return text(misfit->part->name, misfit->field->name, " ",
              shown(std::bit_cast<Words>(task.model)[misfit->word]), ", folded ",
              shown(nearest.word(misfit->word)));
}

}  // namespace kennel
