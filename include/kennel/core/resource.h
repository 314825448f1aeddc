// Where the files lie that come with the program.
#pragma once

#include <filesystem>
#include <string>

namespace kennel {

/// The robot that is meant where none is named: the first of kRobots in envs/robots.h.
inline constexpr const char* kDefaultRobot = "pupper_v3";

/// In a robot's place in paths: what is for any other.
inline constexpr const char* kAnyRobot = "generic";

/// The same for the small tasks, which have none.
inline constexpr const char* kSmallTasks = "small";

/// A shipped robot's MJCF.
/// \param robot  the name of its folder in envs
std::filesystem::path robot_model(const std::string& robot = kDefaultRobot);

/// In a task's place in recipes' names: the first of kTasks in envs/tasks/rows.h.
inline constexpr const char* kFirstTask = "default";

/// The recipe that is used where none is named; it need not exist.
/// \param robot  the name of its folder in envs, kAnyRobot or kSmallTasks
/// \param task   a task's name, or kFirstTask
std::filesystem::path default_recipe(const std::string& robot = kDefaultRobot,
                                     const std::string& task = kFirstTask);

/// A file of the report's page: page.html, its style, its scripts.
std::filesystem::path report_page(const std::string& file);

}  // namespace kennel
