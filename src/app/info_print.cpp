#include "info_print.h"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <string>

#include "kennel/core/check.h"

namespace kennel {
namespace {

using Json = nlohmann::ordered_json;

void print_object(const char* title, const Json& object) {
  std::cout << title << '\n';
  std::size_t width = 16;
  for (const auto& [name, value] : object.items()) width = std::max(width, name.size() + 1);
  for (const auto& [name, value] : object.items()) {
    const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
    std::cout << "  " << std::left << std::setw(static_cast<int>(width)) << name << shown << '\n';
  }
  std::cout << '\n';
}

void print_terms(const char* title, const Json& terms) {
  std::cout << title << '\n';
  for (const Json& term : terms) {
    const int first = term["offset"], size = term["size"];
    std::cout << "  " << std::left << std::setw(9)
              << text(first, size > 1 ? text("-", first + size - 1) : "") << std::setw(24)
              << term["name"].get<std::string>() << term["unit"].get<std::string>();
    if (term["scale"] != 1.0) std::cout << ", times " << term["scale"];
    std::cout << '\n';
  }
  std::cout << '\n';
}

void print_section(const std::string& section, const Json& fields) {
  std::cout << '[' << section << "]\n";
  std::size_t width = 24;
  for (const auto& [name, field] : fields.items()) width = std::max(width, name.size() + 1);
  for (const auto& [name, field] : fields.items()) {
    std::cout << "  " << std::left << std::setw(static_cast<int>(width)) << name << std::setw(16)
              << field["value"].dump() << ' ' << field["doc"].get<std::string>() << '\n';
  }
  std::cout << '\n';
}

void print_robot(const Json& info) {
  print_object("What steps the environments", info["simulator"]);
  print_object("Memory of an environment, bytes: kept between steps, and its rows of output",
               info["bytes_per_environment"]);
  print_terms("Observation: one frame, as the robot's controller builds it",
              info["observation_frame"]);
  print_terms("The critic sees a frame without noise and delay, and", info["critic_sees_besides"]);
}

}  // namespace

void print_info(const Json& info) {
  print_object("Device", info["device"]);
  print_object("Build", info["build"]);
  print_object("Robots that ship: --robot NAME; any other: --model FILE", info["robots"]);
  print_object("Tasks, of any of them: --task NAME", info["tasks"]);
  print_object("Small tasks, without a robot: --task NAME", info["small_tasks"]);
  print_object("Recipes that ship for this robot and task: --recipe NAME", info["recipes"]);
  if (info.contains("task")) {
    print_object("This task", info["task"]);
    print_terms("Observation", info["observation"]);
  } else {
    print_robot(info);
  }
  std::cout << "Recipe";
  if (!info.contains("task"))
    std::cout << " (rewards: weights in [env.reward]; randomisation: [low, high])";
  std::cout << "\n\n";
  for (const auto& [section, fields] : info["recipe"].items()) print_section(section, fields);
  if (!info["recipe_on_gpu"].empty())
    print_object("Where a GPU trains the recipe has instead", info["recipe_on_gpu"]);
}

}  // namespace kennel
