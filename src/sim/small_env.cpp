#include "src/sim/small_env.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <tuple>
#include <utility>
#include <vector>

#include "envs/small/rows.h"
#include "kennel/sim/slots.h"

namespace kennel {
namespace {

EnvSpec spec_of(const small::TaskRow& task, const EnvOptions& options) {
  EnvSpec spec;
  spec.num_envs = options.num_envs;
  spec.obs_size = spec.privileged_obs_size = task.obs_size();
  spec.action_size = task.action_size;
  spec.control_dt = task.control_dt;
  spec.kernel = {"double, one after the other", ""};
  spec.action_bounds = task.action_bounds;
  spec.first_env_id = options.first_env_id;
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

/// Steps on the CPU into tensors of its own; where the device is another, they are copied there.
template <class Task>
class SmallEnv final : public VecEnv {
 public:
  SmallEnv(const EnvOptions& options, torch::Device device)
      : slots_(spec_of(Task::kRow, options), device, Slots::Rows::kAnywhere),
        staging_(slots_.spec(), torch::kCPU, Slots::Rows::kAnywhere),
        device_(device),
        seed_(options.seed),
        envs_(static_cast<std::size_t>(options.num_envs)) {
    renumber(envs_.size(), 0);
  }

  const EnvSpec& spec() const override { return slots_.spec(); }
  torch::Device device() const override { return device_; }
  const StepBuffers& buffers() const override { return slots_.current(); }
  void bind(const StepBuffers& slots) override { slots_.bind(slots); }
  void set_progress(double /*fraction*/) override {}

  void reset() override {
    for (std::size_t e = 0; e < envs_.size(); ++e) begin(e);
    started_ = true;
    const StepPointers out = staged().pointers();
    for (std::size_t e = 0; e < envs_.size(); ++e) observe(e, out.obs, out.privileged_obs);
    publish_observations();
  }

  void reset_envs(const torch::Tensor& envs) override {
    KENNEL_CHECK(started_, "reset all environments before some of them");
    const torch::Tensor chosen = slots_.chosen(envs).cpu();
    const StepPointers out = staged().pointers();
    for (std::size_t e = 0; e < envs_.size(); ++e) {
      if (chosen.const_data_ptr<std::uint8_t>()[e] == 0) continue;
      begin(e);
      observe(e, out.obs, out.privileged_obs);
    }
    if (device_.is_cpu()) return;
    const torch::Tensor rows = envs.cpu();
    const StepBuffers &from = staging_.current(), &to = slots_.current();
    torch::Tensor(to.obs).index_copy_(0, envs, from.obs.index_select(0, rows).to(device_));
    torch::Tensor(to.privileged_obs)
        .index_copy_(0, envs, from.privileged_obs.index_select(0, rows).to(device_));
  }

  void reset_alike(int period, std::uint32_t episode) override {
    slots_.check_alike(period, episode);
    renumber(static_cast<std::size_t>(period), episode - 1);
    reset();
  }

  void set_episode_steps(const torch::Tensor& steps) override {
    const torch::Tensor clocks = slots_.clocks(steps).cpu();
    for (std::size_t e = 0; e < envs_.size(); ++e)
      envs_[e].clock = static_cast<std::uint32_t>(clocks.const_data_ptr<float>()[e]);
  }

  void step(const torch::Tensor& action) override {
    slots_.check_action(action);
    KENNEL_CHECK(started_, "reset the environments before the first step");
    const torch::Tensor own = action.cpu();
    const StepPointers out = staged().pointers();
    for (std::size_t e = 0; e < envs_.size(); ++e)
      step_one(e, own.const_data_ptr<float>() + e * Task::kRow.action_size, out);
    publish_step();
  }

  std::vector<Stat> drain_stats() override {
    const Tally t = std::exchange(tally_, {});
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

  torch::Tensor save_state() const override {
    torch::Tensor state = torch::empty({static_cast<std::int64_t>(state_bytes())}, torch::kUInt8);
    auto* to = state.mutable_data_ptr<std::uint8_t>();
    const Header header = this->header();
    std::memcpy(to, &header, sizeof header);
    std::memcpy(to + sizeof header, envs_.data(), envs_.size() * sizeof(Env));
    return state;
  }

  void load_state(const torch::Tensor& state) override {
    KENNEL_CHECK(state.dim() == 1 && state.scalar_type() == torch::kUInt8 && state.is_cpu(),
                 "an environment state is a 1-D uint8 CPU tensor; got ", state.toString());
    const torch::Tensor bytes = state.contiguous();
    const Header expected = header();
    KENNEL_CHECK(static_cast<std::size_t>(bytes.numel()) == state_bytes() &&
                     std::memcmp(bytes.const_data_ptr(), &expected, sizeof expected) == 0,
                 "the state is not one of ", envs_.size(), " environments of the task ",
                 Task::kRow.name,
                 ", or an older version's; use the recipe, num_envs and program of the run that "
                 "saved it");
    std::memcpy(envs_.data(), bytes.const_data_ptr<std::uint8_t>() + sizeof expected,
                envs_.size() * sizeof(Env));
    started_ = true;
  }

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

  Header header() const {
    Header header;
    std::strncpy(header.task, Task::kRow.name, sizeof header.task - 1);
    header.num_envs = envs_.size();
    return header;
  }

  std::size_t state_bytes() const { return sizeof(Header) + envs_.size() * sizeof(Env); }

  small::Draw draw(std::size_t e) const {
    const Env& env = envs_[e];
    return {seed_, env.id, env.episode, static_cast<std::uint32_t>(env.taken)};
  }

  /// \param episodes  that every environment has behind it
  void renumber(std::size_t period, std::uint32_t episodes) {
    for (std::size_t e = 0; e < envs_.size(); ++e) {
      envs_[e].id = static_cast<std::uint64_t>(slots_.spec().first_env_id) + e % period;
      envs_[e].episode = episodes;
    }
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

  /// Where the CPU writes: the bound slots themselves where they are its own.
  const Slots& staged() const { return device_.is_cpu() ? slots_ : staging_; }

  void publish_observations() const {
    if (device_.is_cpu()) return;
    const StepBuffers &from = staging_.current(), &to = slots_.current();
    torch::Tensor(to.obs).copy_(from.obs);
    torch::Tensor(to.privileged_obs).copy_(from.privileged_obs);
  }

  void publish_step() const {
    if (device_.is_cpu()) return;
    publish_observations();
    const StepBuffers &from = staging_.current(), &to = slots_.current();
    torch::Tensor(to.reward).copy_(from.reward);
    torch::Tensor(to.terminated).copy_(from.terminated);
    torch::Tensor(to.truncated).copy_(from.truncated);
    torch::Tensor(to.command_changed).copy_(from.command_changed);
    torch::Tensor(to.final_obs).copy_(from.final_obs);
    torch::Tensor(to.final_privileged_obs).copy_(from.final_privileged_obs);
  }

  Slots slots_, staging_;
  torch::Device device_;
  std::uint64_t seed_;
  std::vector<Env> envs_;
  Tally tally_;
  bool started_ = false;
};

template <class... Tasks>
std::unique_ptr<VecEnv> make_one_of(std::tuple<Tasks...>*, const small::TaskRow& task,
                                    const EnvOptions& options, torch::Device device) {
  std::unique_ptr<VecEnv> made;
  const auto make = [&]<class Task>() {
    if (&Task::kRow == &task) made = std::make_unique<SmallEnv<Task>>(options, device);
  };
  (make.template operator()<Tasks>(), ...);
  KENNEL_CHECK(made, "the task ", task.name, " is not in the table of small tasks");
  return made;
}

}  // namespace

std::unique_ptr<VecEnv> make_small_env(const small::TaskRow& task, const EnvOptions& options,
                                       torch::Device device) {
  return make_one_of(static_cast<small::Tasks*>(nullptr), task, options, device);
}

}  // namespace kennel
