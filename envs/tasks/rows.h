// The tasks by name: a row each, of any robot. Their text is in envs/tasks/tasks.h, in the same
// order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "envs/tasks/joystick_row.h"
#include "envs/tasks/pose_row.h"
#include "envs/tasks/walk_row.h"
#include "kennel/core/check.h"

namespace kennel::quadruped {

inline constexpr const TaskRow* kTasks[] = {&WalkRow::kRow, &PoseRow::kRow, &JoystickRow::kRow};
inline constexpr int kNumTasks = std::size(kTasks);

consteval bool rows_fit() {
  for (const TaskRow* row : kTasks)
    if (row->rewards.size() > kMaxRewards || row->shape.size() > kMaxShape) return false;
  return true;
}
static_assert(rows_fit(), "a task has more terms than kMaxRewards, kMaxShape in task_row.h");

/// A bit for each task of which that is true: what lane code can ask of a task's number.
consteval std::uint32_t tasks_where(bool TaskTraits::*trait) {
  std::uint32_t bits = 0;
  for (int i = 0; i < kNumTasks; ++i)
    if (kTasks[i]->traits.*trait) bits |= 1u << i;
  return bits;
}
inline constexpr std::uint32_t kTasksWithAxesApart = tasks_where(&TaskTraits::axes_apart),
                               kTasksThatSeeMotion = tasks_where(&TaskTraits::sees_motion);

/// Their number; -1 where there is none of that name.
inline int find_task(std::string_view name) {
  for (int i = 0; i < kNumTasks; ++i)
    if (kTasks[i]->name == name) return i;
  return -1;
}

inline std::string unknown_task(std::string_view name) {
  std::string known;
  for (const TaskRow* row : kTasks) known += (known.empty() ? "" : ", ") + std::string(row->name);
  return text("task.name = \"", name, "\" is unknown; expected ", known);
}

/// \throws Error for a name that is none of them
inline int task_index(std::string_view name) {
  const int found = find_task(name);
  KENNEL_CHECK(found >= 0, unknown_task(name));
  return found;
}

}  // namespace kennel::quadruped
