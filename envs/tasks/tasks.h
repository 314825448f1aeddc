// The tasks' text, in the order of kTasks. A task is a struct that says
//
//   kRow                 what it is told and paid for (rows.h)
//   rewards              the values of its reward terms
//   errors2              how far a robot is from what it is told
//   fell                 where an episode ends in a fall
//
// for any lane and any legs; everything else of a control step is the same for all.
#pragma once

#include <tuple>
#include <utility>

#include "envs/tasks/joystick.h"
#include "envs/tasks/pose.h"
#include "envs/tasks/rows.h"
#include "envs/tasks/walk.h"

namespace kennel::quadruped {

using Tasks = std::tuple<Walk, Pose, Joystick>;

template <int index>
using TaskAt = std::tuple_element_t<index, Tasks>;

template <int... index>
consteval bool tasks_fit(std::integer_sequence<int, index...>) {
  return sizeof...(index) == std::tuple_size_v<Tasks> &&
         ((&TaskAt<index>::kRow == kTasks[index]) && ...);
}
static_assert(tasks_fit(std::make_integer_sequence<int, kNumTasks>{}),
              "kTasks in rows.h and Tasks list the same tasks in the same order");

/// Calls f(Goal{}) with the text of the task of that number.
template <class F, int index = 0>
void with_task(int number, F&& f) {
  if (number == index) return f(TaskAt<index>{});
  if constexpr (index + 1 < kNumTasks) with_task<F, index + 1>(number, std::forward<F>(f));
}

}  // namespace kennel::quadruped
