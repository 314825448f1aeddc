// The small tasks by name: a row each. A new one is a header here and its place in Tasks and
// kTasks.
#pragma once

#include <iterator>
#include <string_view>
#include <tuple>

#include "envs/small/bandit.h"
#include "envs/small/chain.h"
#include "envs/small/lqr.h"
#include "envs/small/pendulum.h"

namespace kennel::small {

using Tasks = std::tuple<Lqr, Bandit, Chain, Pendulum>;

inline constexpr const TaskRow* kTasks[] = {&Lqr::kRow, &Bandit::kRow, &Chain::kRow,
                                            &Pendulum::kRow};
static_assert(std::size(kTasks) == std::tuple_size_v<Tasks>);

/// Null where there is none of that name.
inline const TaskRow* find_task(std::string_view name) {
  for (const TaskRow* task : kTasks)
    if (task->name == name) return task;
  return nullptr;
}

}  // namespace kennel::small
