// One physics source, three ways to run it: a loop over legs, lanes of a pack, four threads with a
// leg each. Without FMA contraction (the parity preset) they agree bit for bit; with it each rounds
// its sums of products in its own way, and legs_test.cpp's tolerances are what is left.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "kennel/core/pack.h"
#include "tests/dynamics/emulated_group.h"
#include "tests/dynamics/mujoco_reference.h"

namespace kennel::testing {
namespace {

constexpr int kSteps = 300;

/// A robot that is dropped, flails and meets the floor. In double: every lane type narrows it
/// alike.
struct Start {
  Params<double> params;
  State<double> state;
  double target[kSteps][kNumLegs][kJointsPerLeg];
};

Start random_start(const Quadruped<double>& model, unsigned seed) {
  Draw draw(seed);
  Start start;
  start.params = random_params(model, draw);
  double qpos[kNq] = {
      0, 0, draw.uniform(0.12, 0.2), 1, 0.1 * draw.normal(), 0.1 * draw.normal(), draw.normal()};
  double qvel[kNv];
  mju_normalize4(qpos + 3);
  for (int k = 0; k < kNumJoints; ++k) qpos[7 + k] = pupper_pose(k) + 0.1 * draw.normal();
  for (double& v : qvel) v = 0.3 * draw.normal();
  start.state = read(qpos, qvel);
  for (auto& target : start.target)
    for (int leg = 0; leg < kNumLegs; ++leg)
      for (int j = 0; j < kJointsPerLeg; ++j)
        target[leg][j] = pupper_pose(kJointsPerLeg * leg + j) + 0.5 * draw.normal();
  return start;
}

/// \param resists  with a free joint that resists, and drives that are not taken for servos
template <class T>
Quadruped<T> pupper(bool resists) {
  Quadruped<double> model = load_quadruped(kPupper).model;
  if (resists) {
    model.base_armature = 0.05;
    model.base_damping = 0.2;
    model.base_frictionloss = 0.4;
    model.base_friction_R[0] = 2;
    model.base_friction_R[1] = 0.03;
    model.base_friction_B = 100;
    model.general_drives = 1;
    model.integrator = Integrator::kImplicitFast;
  }
  if constexpr (std::same_as<T, float>) {
    return to_float(model);
  } else {
    return model;
  }
}

/// State and report after every step, one number after the other.
template <class T>
using Trace = std::vector<T>;

template <class T, class Part>
void append(const Part& part, Trace<T>& trace) {
  const std::size_t first = trace.size();
  trace.resize(first + sizeof(Part) / sizeof(T));
  std::memcpy(&trace[first], &part, sizeof(Part));
}

/// A struct of doubles as the same struct of another number, or of lanes that all hold it.
template <class To, class T>
To narrowed(const auto& from) {
  static_assert(sizeof(To) / sizeof(T) == sizeof from / sizeof(double));
  double numbers[sizeof from / sizeof(double)];
  std::memcpy(numbers, &from, sizeof from);
  T lanes[std::size(numbers)];
  for (std::size_t i = 0; i < std::size(numbers); ++i) lanes[i] = T(scalar_of<T>(numbers[i]));
  To to;
  std::memcpy(static_cast<void*>(&to), lanes, sizeof to);
  return to;
}

template <class T>
Trace<T> looped(const Quadruped<T>& model, const SolverOptions& options, const Start& start) {
  const auto params = narrowed<Params<T>, T>(start.params);
  auto state = narrowed<State<T>, T>(start.state);
  StepReport<T, AllLegs> report{};
  Trace<T> trace;
  for (const auto& drawn : start.target) {
    T target[kNumLegs][kJointsPerLeg];
    for (int k = 0; k < kNumJoints; ++k) target[k / 3][k % 3] = static_cast<T>(drawn[k / 3][k % 3]);
    step<T, AllLegs>(model, options, params, target, {}, state, report);
    append(state, trace);
    append(report, trace);
  }
  return trace;
}

/// A robot a lane.
template <class T, int N>
std::vector<Trace<T>> packed(const Quadruped<T>& model, const SolverOptions& options,
                             const std::vector<Start>& starts) {
  using P = Pack<T, N>;
  const auto put = [](const auto& narrow, int lane, auto& wide) {
    for (std::size_t f = 0; f < sizeof narrow / sizeof(T); ++f)
      std::memcpy(reinterpret_cast<char*>(&wide) + sizeof(T) * (f * N + lane),
                  reinterpret_cast<const char*>(&narrow) + sizeof(T) * f, sizeof(T));
  };
  Params<P> params;
  State<P> state;
  StepReport<P, AllLegs> report{};
  for (int lane = 0; lane < N; ++lane) {
    put(narrowed<Params<T>, T>(starts[lane].params), lane, params);
    put(narrowed<State<T>, T>(starts[lane].state), lane, state);
  }
  std::vector<Trace<T>> traces(N);
  for (int i = 0; i < kSteps; ++i) {
    P target[kNumLegs][kJointsPerLeg];
    for (int lane = 0; lane < N; ++lane)
      for (int k = 0; k < kNumJoints; ++k)
        target[k / 3][k % 3].set(lane, static_cast<T>(starts[lane].target[i][k / 3][k % 3]));
    step<P, AllLegs>(model, options, params, target, {}, state, report);
    const auto take = [&](const auto& wide) {
      const auto* lanes = reinterpret_cast<const P*>(&wide);
      for (std::size_t f = 0; f < sizeof wide / sizeof(P); ++f)
        for (int lane = 0; lane < N; ++lane) traces[lane].push_back(lanes[f][lane]);
    };
    take(state);
    take(report);
  }
  return traces;
}

/// Four threads, their parts put together again; what they hold in common is leg 0's, and counted
/// where the others disagree with it.
template <class T>
Trace<T> threaded(const Quadruped<T>& model, const SolverOptions& options, const Start& start,
                  int& disagreements) {
  using Legs = EmulatedGroup::Legs;
  const auto whole_params = narrowed<Params<T>, T>(start.params);
  const auto whole_state = narrowed<State<T>, T>(start.state);
  constexpr std::size_t kBase = offsetof(State<T>, leg);
  std::vector<State<T>> states(kSteps);
  std::vector<StepReport<T, AllLegs>> reports(kSteps);
  std::vector<std::array<std::array<char, kBase>, kNumLegs>> bases(kSteps);
  EmulatedGroup group;
  group.run<Legs>([&](const Legs& legs) {
    const int leg = legs.leg(0);
    const auto params = converted<T, Legs>(whole_params, legs);
    PhysicsState<T, Legs> state;
    std::memcpy(static_cast<void*>(&state), &whole_state, kBase);
    std::memcpy(&state.leg[0], &whole_state.leg[leg], sizeof state.leg[0]);
    StepReport<T, Legs> report{};
    for (int i = 0; i < kSteps; ++i) {
      T target[1][kJointsPerLeg];
      for (int j = 0; j < kJointsPerLeg; ++j)
        target[0][j] = static_cast<T>(start.target[i][leg][j]);
      step<T, Legs>(model, options, params, target, legs, state, report);
      std::memcpy(bases[i][leg].data(), &state, kBase);
      std::memcpy(&states[i].leg[leg], &state.leg[0], sizeof state.leg[0]);
      std::memcpy(static_cast<void*>(&reports[i].leg[leg]), &report.leg[0], sizeof report.leg[0]);
    }
  });
  Trace<T> trace;
  for (int i = 0; i < kSteps; ++i) {
    for (const auto& base : bases[i]) disagreements += base != bases[i][0];
    std::memcpy(static_cast<void*>(&states[i]), bases[i][0].data(), kBase);
    append(states[i], trace);
    append(reports[i], trace);
  }
  return trace;
}

/// The first number that differs in any bit, and in which step.
template <class T>
::testing::AssertionResult same_bits(const Trace<T>& a, const Trace<T>& b) {
  if (a.size() != b.size()) return ::testing::AssertionFailure() << "of different lengths";
  const std::size_t a_step = a.size() / kSteps;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::memcmp(&a[i], &b[i], sizeof(T)) != 0)
      return ::testing::AssertionFailure() << "number " << i % a_step << " after step "
                                           << i / a_step << " is " << a[i] << " and " << b[i];
  return ::testing::AssertionSuccess();
}

template <class T, int N>
void expect_same_bits(bool resists) {
#ifndef KENNEL_PARITY
  GTEST_SKIP() << "built with FMA contraction: only the parity preset promises the same bits";
#endif
  const Quadruped<T> model = pupper<T>(resists);
  const Quadruped<double> nominal = load_quadruped(kPupper).model;
  std::vector<Start> starts;
  for (unsigned lane = 0; lane < N; ++lane) starts.push_back(random_start(nominal, 200 + lane));
  for (const SolverOptions& options : {SolverOptions{}, SolverOptions{20, 5}}) {
    const std::vector<Trace<T>> lanes = packed<T, N>(model, options, starts);
    for (int lane = 0; lane < N; ++lane) {
      const Trace<T> alone = looped(model, options, starts[lane]);
      EXPECT_TRUE(same_bits(alone, lanes[lane])) << "lane " << lane;
      EXPECT_TRUE(std::isfinite(alone.back()));
      if (lane > 0 || options.iterations > 2) continue;  // threads wait for each other: slow
      int disagreements = 0;
      EXPECT_TRUE(same_bits(alone, threaded(model, options, starts[lane], disagreements)));
      EXPECT_EQ(disagreements, 0);
    }
  }
}

class SameBits : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Resists, SameBits, ::testing::Bool());

TEST_P(SameBits, FloatInALoopInAPackAndInFourThreads) {
  expect_same_bits<float, kNativeWidth>(GetParam());
}

TEST_P(SameBits, DoubleInALoopInAPackAndInFourThreads) {
  expect_same_bits<double, kNativeWidth / 2>(GetParam());
}

}  // namespace
}  // namespace kennel::testing
