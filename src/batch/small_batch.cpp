// The small tasks as a HostBatch: in double, one environment after the other.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <tuple>
#include <utility>
#include <vector>

#include "envs/small/rows.h"
#include "kennel/batch/host_batch.h"
#include "kennel/core/check.h"

namespace kennel {
namespace {

EnvSpec spec_of(const small::TaskRow& task, const BatchOptions& options) {
  EnvSpec spec;
  spec.num_envs = options.num_envs;
  spec.obs_size = spec.privileged_obs_size = task.obs_size();
  spec.action_size = task.action_size;
  spec.control_dt = task.control_dt;
  spec.kernel = {"double, one after the other", ""};
  spec.action_bounds = task.action_bounds;
  spec.first_env_id = options.first_env_id;
  spec.episode_steps = task.episode_steps;
  for (const small::ObsRow& row : task.obs)
    spec.obs_terms.push_back({{row.name, row.size, 1.0f, row.unit}, row.bounds});
  spec.privileged_obs_terms = spec.obs_terms;
  return spec;
}

/// What happened since the statistics were last asked for.
struct Tally {
  double steps = 0, reward = 0, diverged = 0;
  double episodes = 0, terminated = 0, finished_return = 0, finished_steps = 0;
};

template <class Task>
class SmallBatch final : public HostBatch {
 public:
  explicit SmallBatch(const BatchOptions& options)
      : spec_(spec_of(Task::kRow, options)),
        seed_(options.seed),
        envs_(static_cast<std::size_t>(options.num_envs)) {
    renumber(options.num_envs, 0);
  }

  const EnvSpec& spec() const override { return spec_; }
  void set_progress(double /*fraction*/) override {}

  void reset(const StepPointers& out, const std::uint8_t* chosen) override {
    for (std::size_t e = 0; e < envs_.size(); ++e) {
      if (chosen && chosen[e] == 0) continue;
      begin(e);
      observe(e, out.obs, out.privileged_obs);
    }
  }

  void renumber(int period, std::uint32_t episodes) override {
    for (std::size_t e = 0; e < envs_.size(); ++e) {
      envs_[e].id =
          static_cast<std::uint64_t>(spec_.first_env_id) + e % static_cast<std::size_t>(period);
      envs_[e].episode = episodes;
    }
  }

  void set_episode_steps(const float* steps) override {
    for (std::size_t e = 0; e < envs_.size(); ++e)
      envs_[e].clock = static_cast<std::uint32_t>(steps[e]);
  }

  void episode_steps(float* steps) override {
    for (std::size_t e = 0; e < envs_.size(); ++e) steps[e] = static_cast<float>(envs_[e].clock);
  }

  void step(const float* action, const StepPointers& out) override {
    for (std::size_t e = 0; e < envs_.size(); ++e)
      step_one(e, action + e * Task::kRow.action_size, out);
  }

  std::vector<Stat> drain_stats_of_all(const StatSum& sum) override {
    Tally t = std::exchange(tally_, {});
    sum({reinterpret_cast<double*>(&t), sizeof t / sizeof(double)});
    const double steps = std::max(1.0, t.steps), episodes = t.episodes;
    return {
        {"env/reward", t.reward / steps},
        {"env/diverged", t.diverged},
        {"env/diverged_share", t.diverged / steps},
        {"episode/count", episodes},
        {"episode/return", episodes > 0 ? t.finished_return / episodes : std::nan("")},
        {"episode/seconds",
         episodes > 0 ? t.finished_steps * Task::kRow.control_dt / episodes : std::nan("")},
        {"episode/terminated", episodes > 0 ? t.terminated / episodes : std::nan("")},
    };
  }

  std::vector<std::byte> save_state() const override {
    std::vector<std::byte> state(state_bytes());
    const std::vector<std::byte> header = state_header(spec_.num_envs);
    std::memcpy(state.data(), header.data(), header.size());
    std::memcpy(state.data() + header.size(), envs_.data(), envs_.size() * sizeof(Env));
    return state;
  }

  std::vector<std::byte> state_header(int num_envs) const override {
    Header header;
    std::strncpy(header.task, Task::kRow.name, sizeof header.task - 1);
    header.num_envs = static_cast<std::uint64_t>(num_envs);
    const auto* bytes = reinterpret_cast<const std::byte*>(&header);
    return {bytes, bytes + sizeof header};
  }

  void load_state(std::span<const std::byte> bytes) override {
    const std::vector<std::byte> expected = state_header(spec_.num_envs);
    KENNEL_CHECK(bytes.size() == state_bytes() &&
                     std::memcmp(bytes.data(), expected.data(), expected.size()) == 0,
                 "the state is not one of ", envs_.size(), " environments of the task ",
                 Task::kRow.name,
                 ", or an older version's; use the recipe, num_envs and program of the run that "
                 "saved it");
    std::memcpy(static_cast<void*>(envs_.data()), bytes.data() + expected.size(),
                envs_.size() * sizeof(Env));
  }

  const std::vector<StateField>& fields() const override {
    static const std::vector<StateField> none;
    return none;
  }
  void read(const StateField& field, float*) override { no_field(field); }
  void write(const StateField& field, const float*) override { no_field(field); }

 private:
  /// An environment, as it is saved too.
  struct Env {
    typename Task::State state;
    double episode_return = 0.0;
    std::uint32_t episode = 0;  // how many have begun
    std::uint32_t clock = 0;    // steps since its start, as set_episode_steps moves it
    std::uint64_t taken = 0;    // steps since its start, which count the random numbers
    std::uint64_t id = 0;       // keys the random numbers
  };
  static_assert(sizeof(Env) == sizeof(typename Task::State) + 32, "padding has no fixed bytes");

  struct Header {
    char tag[8] = {'s', 'm', 'a', 'l', 'l', '2', ' ', ' '};
    char task[16] = {};
    std::uint64_t num_envs = 0;
  };

  std::size_t state_bytes() const { return sizeof(Header) + envs_.size() * sizeof(Env); }

  small::Draw draw(std::size_t e) const {
    const Env& env = envs_[e];
    return {seed_, env.id, env.episode, static_cast<std::uint32_t>(env.taken)};
  }

  [[noreturn]] static void no_field(const StateField& field) {
    fail("the task ", Task::kRow.name, " has no field ", field.name);
  }

  void begin(std::size_t e) {
    Env& env = envs_[e];
    ++env.episode;
    env.clock = 0;
    env.taken = 0;
    env.episode_return = 0.0;
    env.state = Task::start(draw(e));
  }

  void observe(std::size_t e, const ObsRows& obs, const ObsRows& privileged_obs) const {
    constexpr int kSize = Task::kRow.obs_size();
    float numbers[kSize];
    Task::observe(envs_[e].state, numbers);
    for (int k = 0; k < kSize; ++k)
      for (const ObsRows* rows : {&obs, &privileged_obs}) rows->put(e * kSize + k, numbers[k]);
  }

  /// \param action  (action_size), as it came
  void step_one(std::size_t e, const float* action, const StepPointers& out) {
    constexpr int kSize = Task::kRow.action_size;
    constexpr Range kBounds = Task::kRow.action_bounds;
    Env& env = envs_[e];
    double clamped[kSize];
    bool finite = true;
    for (int k = 0; k < kSize; ++k) {
      finite = finite && std::isfinite(action[k]);
      clamped[k] = std::clamp(action[k], kBounds.low, kBounds.high);
    }
    ++env.clock;
    ++env.taken;
    const small::Outcome outcome = finite ? Task::step(env.state, clamped, draw(e))
                                          : small::Outcome{Task::kRow.diverged_reward, true};
    const bool truncated =
        !outcome.terminated && env.clock >= static_cast<std::uint32_t>(Task::kRow.episode_steps);
    env.episode_return += outcome.reward;
    out.reward[e] = static_cast<float>(outcome.reward);
    out.terminated[e] = outcome.terminated ? 1.0f : 0.0f;
    out.truncated[e] = truncated ? 1.0f : 0.0f;
    out.command_changed[e] = 0.0f;
    tally_.steps += 1;
    tally_.reward += outcome.reward;
    tally_.diverged += finite ? 0.0 : 1.0;
    if (outcome.terminated || truncated) end(e, finite, outcome.terminated, out);
    observe(e, out.obs, out.privileged_obs);
  }

  void end(std::size_t e, bool finite, bool terminated, const StepPointers& out) {
    constexpr int kSize = Task::kRow.obs_size();
    observe(e, out.final_obs, out.final_privileged_obs);
    for (int k = 0; k < kSize && !finite; ++k)
      for (const ObsRows* rows : {&out.final_obs, &out.final_privileged_obs})
        rows->put(e * kSize + k, 0.0f);
    tally_.episodes += 1;
    tally_.terminated += terminated ? 1 : 0;
    tally_.finished_return += envs_[e].episode_return;
    tally_.finished_steps += static_cast<double>(envs_[e].taken);
    begin(e);
  }

  EnvSpec spec_;
  std::uint64_t seed_;
  std::vector<Env> envs_;
  Tally tally_;
};

template <class... Tasks>
std::unique_ptr<HostBatch> make_one_of(std::tuple<Tasks...>*, const small::TaskRow& task,
                                       const BatchOptions& options) {
  std::unique_ptr<HostBatch> made;
  const auto make = [&]<class Task>() {
    if (&Task::kRow == &task) made = std::make_unique<SmallBatch<Task>>(options);
  };
  (make.template operator()<Tasks>(), ...);
  KENNEL_CHECK(made, "the task ", task.name, " is not in the table of small tasks");
  return made;
}

}  // namespace

std::unique_ptr<HostBatch> make_host_batch(const small::TaskRow& task,
                                           const BatchOptions& options) {
  return make_one_of(static_cast<small::Tasks*>(nullptr), task, options);
}

}  // namespace kennel
