#include "kennel/batch/state_fields.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "batch_fixture.h"
#include "kennel/batch/host_batch.h"
#include "kennel/core/check.h"
#include "kennel/sim/env_spec.h"

namespace kennel::testing {
namespace {

constexpr int kEnvs = 37;  // more than a block of any width, and not whole blocks

const StateField& named(const std::vector<StateField>& fields, const std::string& name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const StateField& field) { return field.name == name; });
  EXPECT_NE(found, fields.end()) << name;
  return *found;
}

template <class Legs>
struct Walking {
  SmallBatchOf<Legs> small;
  std::vector<StateField> fields;

  explicit Walking(const quadruped::Task& task)
      : small(task, kEnvs), fields(state_fields<Legs>(task)) {
    for (int step = 0; step < 20; ++step) small.step_with_waves();
  }

  std::vector<float> read(const std::string& name) {
    const StateField& field = named(fields, name);
    std::vector<float> rows(static_cast<std::size_t>(kEnvs * field.size()), NAN);
    read_field(field, small.batch.memory(), kEnvs, rows.data());
    return rows;
  }
};

template <class Legs>
void expect_fields_are_the_environments(const quadruped::Task& task) {
  Walking<Legs> walking(task);
  const auto velocity = walking.read("base_velocity"), joints = walking.read("joint_position"),
             friction = walking.read("friction"), mass = walking.read("link_mass");
  for (int e = 0; e < kEnvs; ++e) {
    SCOPED_TRACE(e);
    const auto env = walking.small.batch.env(e);
    EXPECT_EQ(velocity[3 * e], env.physics.velocity.x);
    EXPECT_EQ(velocity[3 * e + 2], env.physics.velocity.z);
    EXPECT_EQ(friction[e], env.params.leg[3].friction[Legs::kPoints - 1]);
    for (int k = 0; k < kNumJoints; ++k) {
      EXPECT_EQ(joints[kNumJoints * e + k], env.physics.leg[k / 3].q[k % 3]);
      EXPECT_EQ(mass[kNumJoints * e + k], env.params.leg[k / 3].mass[k % 3]);
    }
  }
}

quadruped::EnvConfig varied() {
  quadruped::EnvConfig config = quiet_config();
  config.randomization.friction = {0.5f, 1.3f};
  config.randomization.link_mass = {0.8f, 1.2f};
  config.task.max_tilt = 3.2f;  // nobody falls: reports are of the state that is seen
  config.task.min_height = 0.0f;
  return config;
}

TEST(StateFields, AreTheEnvironmentsOwnNumbers) {
  expect_fields_are_the_environments<AllLegs>(task_of(varied()));
}

TEST(StateFields, AreTheEnvironmentsOwnNumbersWithManyPoints) {
  quadruped::Task task = task_of(varied());
  task.model = with_many_points(task.model);
  expect_fields_are_the_environments<ManyPoints<AllLegs>>(task);
}

TEST(StateFields, ContactsAreThoseThatTheCriticSees) {
  Walking<AllLegs> walking(task_of(varied()));
  const auto contact = walking.read("contact"), height = walking.read("foot_height");
  constexpr int kContact =
      quadruped::kFrameSize + offset_in(quadruped::kPrivileged, "foot_contact");
  int touching = 0;
  for (int e = 0; e < kEnvs; ++e)
    for (int leg = 0; leg < kNumLegs; ++leg) {
      const float seen = walking.small.privileged[e * quadruped::kPrivilegedSize + kContact + leg];
      EXPECT_EQ(contact[kNumLegs * e + leg], seen);
      EXPECT_EQ(height[kNumLegs * e + leg] < 0.001f, seen == 1.0f);
      touching += seen == 1.0f;
    }
  EXPECT_GT(touching, 0);
  EXPECT_LT(touching, kEnvs * kNumLegs);
}

TEST(StateFields, WhatIsWrittenIsWhatTheNextStepBeginsWith) {
  Walking<AllLegs> walking(task_of(varied()));
  std::vector<float> friction(kEnvs, 0.25f);
  write_field(named(walking.fields, "friction"), walking.small.batch.memory(), kEnvs,
              friction.data());
  const auto env = walking.small.batch.env(kEnvs - 1);
  for (const auto& leg : env.params.leg)
    for (const float each : leg.friction) EXPECT_EQ(each, 0.25f);
}

TEST(StateFields, WhatFollowsFromTheStateCannotBeWritten) {
  Walking<AllLegs> walking(task_of(varied()));
  std::vector<float> rows(kEnvs * kNumLegs, 0.0f);
  EXPECT_THROW(write_field(named(walking.fields, "contact"), walking.small.batch.memory(), kEnvs,
                           rows.data()),
               Error);
}

TEST(HostBatch, TellsTheClocksThatWereSet) {
  const quadruped::Task task = task_of(quiet_config());
  const auto batch = make_host_batch(task, spec_of(task, kEnvs, {}, 0), {.num_envs = kEnvs});
  SmallBatch memory(task, kEnvs);
  batch->reset(memory.out());
  std::vector<float> steps(kEnvs), told(kEnvs);
  for (int e = 0; e < kEnvs; ++e) steps[e] = static_cast<float>(10 * e);
  batch->set_episode_steps(steps.data());
  batch->step(memory.action.data(), memory.out());
  batch->episode_steps(told.data());
  for (int e = 0; e < kEnvs; ++e) EXPECT_EQ(told[e], steps[e] + 1);
}

}  // namespace
}  // namespace kennel::testing
