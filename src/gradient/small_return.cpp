#include "kennel/gradient/small_return.h"

#include <limits>
#include <tuple>

#include "envs/small/rows.h"

namespace kennel::gradient {
namespace {

template <class Task>
inline constexpr int kNumParameters = (Task::kRow.obs_size() + 1) * Task::kRow.action_size;

/// \param policy  W (obs, action) row-major, then b (action)
template <class Task, class T>
T earned(const T* policy, small::Draw draw, int horizon) {
  constexpr int kObs = Task::kRow.obs_size(), kActions = Task::kRow.action_size;
  constexpr double kLow = Task::kRow.action_bounds.low, kHigh = Task::kRow.action_bounds.high;
  auto s = Task::template start<T>(draw);
  T sum(0.0);
  for (int t = 0; t < horizon; ++t) {
    T obs[kObs], action[kActions];
    Task::observe(s, obs);
    for (int a = 0; a < kActions; ++a) {
      T u = policy[kObs * kActions + a];
      for (int o = 0; o < kObs; ++o) u += obs[o] * policy[o * kActions + a];
      if (!isfinite(u)) return T(std::numeric_limits<double>::quiet_NaN());
      action[a] = clamp(u, T(kLow), T(kHigh));
    }
    ++draw.step;
    const small::OutcomeOf<T> outcome = Task::step(s, action, draw);
    sum += outcome.reward;
    if (outcome.terminated) break;
  }
  return sum;
}

template <class Task>
double value(std::span<const double> policy, const small::Draw& start, int horizon) {
  return earned<Task, double>(policy.data(), start, horizon);
}

template <class Task>
double gradient(std::span<const double> policy, const small::Draw& start, int horizon,
                std::span<double> out) {
  constexpr int N = kNumParameters<Task>;
  using D = Dual<double, N>;
  D p[N];
  for (int k = 0; k < N; ++k) p[k] = D::parameter(policy[k], k);
  const D sum = earned<Task, D>(p, start, horizon);
  for (int k = 0; k < N; ++k) out[k] = sum.rate[k];
  return sum.value;
}

struct Row {
  const small::TaskRow* task;
  SmallReturn of;
};

template <class... Tasks>
std::vector<Row> rows_of(std::tuple<Tasks...>*) {
  std::vector<Row> rows;
  const auto add = [&]<class Task>() {
    if constexpr (small::Differentiable<Task>)
      rows.push_back({&Task::kRow, {kNumParameters<Task>, value<Task>, gradient<Task>}});
  };
  (add.template operator()<Tasks>(), ...);
  return rows;
}

const std::vector<Row>& rows() {
  static const std::vector<Row> all = rows_of(static_cast<small::Tasks*>(nullptr));
  return all;
}

}  // namespace

const SmallReturn* small_return(const small::TaskRow& task) {
  for (const Row& row : rows())
    if (row.task == &task) return &row.of;
  return nullptr;
}

std::vector<std::string> differentiable_tasks() {
  std::vector<std::string> names;
  for (const Row& row : rows()) names.emplace_back(row.task->name);
  return names;
}

}  // namespace kennel::gradient
