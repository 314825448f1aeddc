#include "src/rl/gait_archive.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/rl/tensor_archive.h"

namespace kennel {
namespace {

constexpr char kNumbers[] = "policy/gait/numbers";  // (12) float32
constexpr char kLegs[] = "policy/gait/legs";    // (4, 7, 3) float64: axis, place a hinge; the foot
constexpr char kPose[] = "policy/gait/pose";    // (12) float64
constexpr char kScale[] = "policy/gait/scale";  // (12) float32, of actions
constexpr char kPlaces[] = "policy/gait/places";  // (2) int64: obs_size, command_at
constexpr char kRates[] = "policy/gait/rates";    // (2) float32: command_scale, control_dt

constexpr std::int64_t kVectors = 2 * kJointsPerLeg + 1;  // of a leg

template <class F>
void each_vector(gait::LegLines& leg, const F& f) {
  for (gait::HingeLine& hinge : leg.hinge) {
    f(hinge.axis);
    f(hinge.place);
  }
  f(leg.foot);
}

const torch::Tensor& tensor_of(const TensorArchive& archive, const char* name,
                               torch::ScalarType type, std::int64_t numbers) {
  const torch::Tensor& tensor = archive.tensor(name);
  KENNEL_CHECK(tensor.scalar_type() == type && tensor.numel() == numbers, name, " has ",
               tensor.numel(), " numbers; expected ", numbers,
               ", use the program that wrote the checkpoint");
  return tensor;
}

template <class X>
const X* numbers_of(const TensorArchive& archive, const char* name, std::int64_t numbers) {
  return tensor_of(archive, name, c10::CppTypeToScalarType<X>::value, numbers)
      .template const_data_ptr<X>();
}

}  // namespace

void put_gait(TensorArchive& archive, const GaitPolicy& policy) {
  const GaitContract& contract = policy.contract;
  std::vector<double> legs, pose;
  for (gait::LegLines leg : contract.body.leg)
    each_vector(leg, [&](const double(&v)[3]) { legs.insert(legs.end(), v, v + 3); });
  for (const auto& leg : contract.body.pose) pose.insert(pose.end(), leg, leg + kJointsPerLeg);
  const auto floats = [](const auto& x) {
    return torch::tensor(std::vector<float>(x.begin(), x.end()), torch::kFloat32);
  };
  const std::vector<std::int64_t> places = {contract.obs_size, contract.command_at};
  archive.put(kNumbers, floats(policy.number));
  archive.put(kLegs, torch::tensor(legs, torch::kFloat64).view({kNumLegs, kVectors, 3}));
  archive.put(kPose, torch::tensor(pose, torch::kFloat64));
  archive.put(kScale, floats(contract.action_scale));
  archive.put(kPlaces, torch::tensor(places, torch::kInt64));
  archive.put(kRates, floats(std::array{contract.command_scale, contract.control_dt}));
}

std::optional<GaitPolicy> gait_in(const TensorArchive& archive) {
  if (!archive.has_tensor(kNumbers)) return std::nullopt;
  GaitPolicy out;
  GaitContract& contract = out.contract;
  std::copy_n(numbers_of<float>(archive, kNumbers, gait::kNumNumbers), gait::kNumNumbers,
              out.number.begin());
  gait::LegLines legs[kNumLegs];
  const double* next = numbers_of<double>(archive, kLegs, kNumLegs * kVectors * 3);
  for (gait::LegLines& leg : legs)
    each_vector(leg, [&](double(&v)[3]) {
      std::copy_n(next, 3, v);
      next += 3;
    });
  contract.body = gait::body_of(legs, numbers_of<double>(archive, kPose, kNumJoints));
  std::copy_n(numbers_of<float>(archive, kScale, kNumJoints), kNumJoints,
              contract.action_scale.begin());
  const std::int64_t* places = numbers_of<std::int64_t>(archive, kPlaces, 2);
  contract.obs_size = static_cast<int>(places[0]);
  contract.command_at = static_cast<int>(places[1]);
  const float* rates = numbers_of<float>(archive, kRates, 2);
  contract.command_scale = rates[0];
  contract.control_dt = rates[1];
  return out;
}

}  // namespace kennel
