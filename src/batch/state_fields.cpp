#include "kennel/batch/state_fields.h"

#include "kennel/core/check.h"

namespace kennel {
namespace {

using Of = StateField::Of;

/// Collects the words of a struct's numbers by their places in a sample of it.
template <class Struct>
class Words {
 public:
  explicit Words(const Struct& sample) : sample_(sample) {}

  Words& operator()(const float& number) {
    all.push_back(static_cast<int>(
        (reinterpret_cast<const char*>(&number) - reinterpret_cast<const char*>(&sample_)) / 4));
    return *this;
  }
  Words& operator()(const Vec3<float>& v) { return (*this)(v.x)(v.y)(v.z); }
  template <std::size_t size>
  Words& operator()(const float (&numbers)[size]) {
    for (const float& number : numbers) (*this)(number);
    return *this;
  }

  std::vector<int> all;

 private:
  const Struct& sample_;
};

/// The words of what each leg has.
/// \param pick  pick(words, leg)
template <class Struct, class Pick>
std::vector<int> of_legs(const Struct& sample, Pick&& pick) {
  Words<Struct> words(sample);
  for (int leg = 0; leg < kNumLegs; ++leg) pick(words, leg);
  return words.all;
}

/// The words of what the base or the whole environment has.
template <class Struct, class... Members>
std::vector<int> of(const Struct& sample, const Members&... members) {
  Words<Struct> words(sample);
  (words(members), ...);
  return words.all;
}

constexpr int kJointsShape[] = {kNumJoints};

}  // namespace

template <class Legs>
std::vector<StateField> state_fields(const quadruped::Task& task) {
  const quadruped::EnvState<float, Legs> s{};
  const StepReport<float, Legs> r{};
  const std::vector<int> joints(std::begin(kJointsShape), std::end(kJointsShape));
  const auto& physics = s.physics;
  const auto& p = s.params;
  const auto joint_words = [&](auto member) {
    return of_legs(s, [&](auto& words, int leg) { words(physics.leg[leg].*member); });
  };
  using Joints = typename PhysicsState<float, Legs>::PerLeg;
  const auto foot = [&](int leg) { return task.model.leg[leg].foot; };
  const auto foot_words = [&](auto&& of_foot) {
    return of_legs(r, [&](auto& words, int leg) { words(of_foot(r.leg[leg], foot(leg))); });
  };
  const auto heights =
      foot_words([](const auto& leg, int at) -> const float& { return leg.distance[at]; });

  std::vector<StateField> fields = {
      {"base_position", {3}, "m, world", false, Of::kState, of(s, physics.position)},
      {"base_orientation",
       {4},
       "unit quaternion w, x, y, z, base to world",
       false,
       Of::kState,
       of(s, physics.orientation.w, physics.orientation.x, physics.orientation.y,
          physics.orientation.z)},
      {"base_velocity", {3}, "m/s, world", false, Of::kState, of(s, physics.velocity)},
      {"base_angular_velocity", {3}, "rad/s, base frame", false, Of::kState, of(s, physics.omega)},
      {"joint_position", joints, "rad", false, Of::kState, joint_words(&Joints::q)},
      {"joint_velocity", joints, "rad/s", false, Of::kState, joint_words(&Joints::qd)},
      {"command", {3}, task.config.row().command_unit, false, Of::kState, of(s, s.command)},
      {"command_age", {}, "control steps", false, Of::kState, of(s, s.command_age)},
      {"episode_return", {}, "reward so far", false, Of::kState, of(s, s.episode_return)},
      {"action", joints, "the last one, in [-1, 1]", false, Of::kState,
       of_legs(s, [&](auto& words, int leg) { words(s.leg[leg].action[0]); })},
      {"previous_action", joints, "the one before, in [-1, 1]", false, Of::kState,
       of_legs(s, [&](auto& words, int leg) { words(s.leg[leg].action[1]); })},
      {"air_time",
       {kNumLegs},
       "s since the foot left the floor, 0 while it touches",
       false,
       Of::kState,
       of_legs(s, [&](auto& words, int leg) { words(s.leg[leg].air_time); })},
      {"foot_height",
       {kNumLegs},
       "m of the foot's lowest point over the floor",
       false,
       Of::kReport,
       heights},
      {"contact",
       {kNumLegs},
       "1 where the foot touches the floor, else 0",
       false,
       Of::kTouch,
       heights},
      {"foot_force",
       {kNumLegs},
       "N, normal",
       false,
       Of::kReport,
       foot_words([](const auto& leg, int at) -> const float& { return leg.normal_force[at]; })},
      {"foot_velocity",
       {kNumLegs, 3},
       "m/s of the contact point, world",
       false,
       Of::kReport,
       foot_words([](const auto& leg, int at) -> const Vec3<float>& { return leg.velocity[at]; })},
      {"joint_torque", joints, "N m", false, Of::kReport,
       of_legs(r, [&](auto& words, int leg) { words(r.leg[leg].torque); })},

      {"friction",
       {},
       "sliding coefficient of all contacts",
       true,
       Of::kState,
       of_legs(s, [&](auto& words, int leg) { words(p.leg[leg].friction); })},
      {"base_mass", {}, "factor of the model's", true, Of::kState, of(s, p.base_mass)},
      {"base_inertia", {}, "factor of the model's", true, Of::kState, of(s, p.base_inertia)},
      {"base_com_shift", {3}, "m, base frame", true, Of::kState, of(s, p.base_com_shift)},
      {"link_mass", joints, "factor of the model's", true, Of::kState,
       of_legs(s, [&](auto& words, int leg) { words(p.leg[leg].mass); })},
      {"link_inertia", joints, "factor of the model's", true, Of::kState,
       of_legs(s, [&](auto& words, int leg) { words(p.leg[leg].inertia); })},
      {"strength",
       {},
       "factor of a servo's torque after its clamp",
       true,
       Of::kState,
       of(s, p.strength)},
      {"kp", {}, "factor of the model's", true, Of::kState, of(s, p.kp)},
      {"kd", {}, "factor of the model's", true, Of::kState, of(s, p.kd)},
      {"joint_friction", {}, "factor of the model's", true, Of::kState, of(s, p.frictionloss)},
      {"damping", {}, "factor of the model's", true, Of::kState, of(s, p.damping)},
      {"armature", {}, "factor of the model's", true, Of::kState, of(s, p.armature)},
      {"joint_offset", joints, "rad, encoder minus joint", true, Of::kState,
       of_legs(s, [&](auto& words, int leg) { words(s.leg[leg].joint_offset); })},
      {"imu_tilt",
       {3},
       "rad, rotation vector of the mounting error",
       true,
       Of::kState,
       of(s, s.imu_tilt)},
      {"action_delay",
       {},
       "physics steps",
       true,
       Of::kState,
       of(s, s.action_delay, s.next_action_delay)},
      {"imu_delay", {}, "physics steps", true, Of::kState, of(s, s.imu_delay, s.next_imu_delay)},
  };
  return fields;
}

template std::vector<StateField> state_fields<AllLegs>(const quadruped::Task&);
template std::vector<StateField> state_fields<ManyPoints<AllLegs>>(const quadruped::Task&);

void read_field(const StateField& field, const LaneMemory& memory, int num_envs, float* rows) {
  constexpr float kTouch = 0.001f;  // m, as rewards and observations have it
  const int size = field.size();
  const float* from = field.of == Of::kState ? memory.state : memory.report;
  for (int env = 0; env < num_envs; ++env)
    for (int k = 0; k < size; ++k) {
      const float x = from[memory.at(env, field.words[static_cast<std::size_t>(k)])];
      *rows++ = field.of != Of::kTouch ? x : x < kTouch ? 1.0f : 0.0f;
    }
}

void write_field(const StateField& field, const LaneMemory& memory, int num_envs,
                 const float* rows) {
  KENNEL_CHECK(field.writable(), field.name,
               " follows from the rest of the state; it can be read "
               "alone");
  const std::size_t size = static_cast<std::size_t>(field.size());
  for (int env = 0; env < num_envs; ++env, rows += size)
    for (std::size_t k = 0; k < field.words.size(); ++k)
      memory.state[memory.at(env, field.words[k])] = rows[k % size];
}

}  // namespace kennel
