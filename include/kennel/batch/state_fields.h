// What of an environment has a name: its state, its parameters, what its last physics step found
// out.
#pragma once

#include <string>
#include <vector>

#include "envs/quadruped/task.h"
#include "kennel/batch/cpu_batch.h"

namespace kennel {

/// A quantity of an environment.
struct StateField {
  /// What the numbers are made of.
  enum class Of { kState, kReport, kTouch };  // kTouch: 1 where a distance of the report is a touch

  std::string name;
  std::vector<int> shape;  // of one environment's; empty: a number
  std::string unit;        // and frame
  bool parameter = false;  // drawn at each reset, constant within an episode
  Of of = Of::kState;
  // Where its numbers are in LaneMemory, in their order. Where these are several times the numbers,
  // the environment keeps as many copies one behind the other, which are written alike.
  std::vector<int> words;

  bool writable() const { return of == Of::kState; }
  int size() const {
    int size = 1;
    for (const int length : shape) size *= length;
    return size;
  }
};

/// Of a robot's environments.
/// \tparam Legs  the batch's, AllLegs or ManyPoints<AllLegs>
template <class Legs>
std::vector<StateField> state_fields(const quadruped::Task& task);

/// \param rows  (num_envs, field.size()) row-major
void read_field(const StateField& field, const LaneMemory& memory, int num_envs, float* rows);
void write_field(const StateField& field, const LaneMemory& memory, int num_envs,
                 const float* rows);

}  // namespace kennel
