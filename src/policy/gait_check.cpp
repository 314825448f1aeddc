// What a policy that is a gait must satisfy.
#include <cmath>

#include "kennel/core/check.h"
#include "src/policy/policy_check.h"

namespace kennel {
namespace {

constexpr double kUnitTolerance = 1e-3;  // of the length of an axis

void check_numbers(const std::string& where, const GaitNumbers& numbers) {
  for (int i = 0; i < gait::kNumNumbers; ++i) {
    const gait::Term& term = gait::kTerms[i];
    const auto low = static_cast<float>(term.low), high = static_cast<float>(term.high);
    KENNEL_CHECK(numbers[i] >= low && numbers[i] <= high, where, "gait.numbers.", term.name, " is ",
                 numbers[i], "; expected ", low, " to ", high, " (", term.doc, ")");
  }
}

void check_leg(const std::string& where, const gait::LegLines& leg) {
  for (int j = 0; j < kJointsPerLeg; ++j) {
    const auto axis = Vec3<double>::from(leg.hinge[j].axis);
    const double length = std::sqrt(dot(axis, axis));
    KENNEL_CHECK(std::abs(length - 1.0) <= kUnitTolerance, where, ".hinges[", j, "].axis is ",
                 length, " long; expected a unit vector, export the policy again");
  }
}

}  // namespace

std::vector<float> leg_numbers(const GaitPolicy& policy) {
  std::vector<float> numbers;
  const auto add = [&](const double(&v)[3]) {
    for (const double x : v) numbers.push_back(static_cast<float>(x));
  };
  for (const gait::LegLines& leg : policy.contract.body.leg) {
    for (const gait::HingeLine& hinge : leg.hinge) {
      add(hinge.axis);
      add(hinge.place);
    }
    add(leg.foot);
  }
  return numbers;
}

void check_gait(const std::string& where, const PolicyFile& policy) {
  const GaitPolicy& gait = *policy.network.gait;
  KENNEL_CHECK(policy.network.layers.empty(), where, "has layers and a gait; expected one of them");
  check_numbers(where, gait.number);
  for (const float x : leg_numbers(gait))
    KENNEL_CHECK(std::isfinite(x), where, "gait.legs has the number ", x,
                 "; expected finite ones, export the policy again");
  for (int leg = 0; leg < kNumLegs; ++leg)
    check_leg(text(where, "gait.legs[", leg, "]"), gait.contract.body.leg[leg]);
  for (int joint = 0; joint < kNumJoints; ++joint)
    KENNEL_CHECK(policy.action_scale[joint] > 0.0f, where, "action_scale[", joint, "] is ",
                 policy.action_scale[joint], "; a gait divides by it, expected one above 0");
  KENNEL_CHECK(gait.contract == gait_contract(policy, gait.contract.body.leg, where), where,
               "the gait was made for another pose, action scale, rate or observation than the "
               "policy's; export the policy again");
}

}  // namespace kennel
