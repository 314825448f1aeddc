// A run's recipe edited before it goes on: each of its keys is used, or refused by name.
#include "kennel/run/edited_recipe.h"

#include <gmock/gmock.h>

#include <map>

#include "../io/temp_folder.h"
#include "envs/robots.h"
#include "kennel/io/atomic_file.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/tensor_archive.h"
#include "kennel/sim/make_env.h"
#include "src/learners/ppo/ppo_config.h"

namespace kennel {
namespace {

using ::testing::HasSubstr;

/// A small recipe in which everything is in use: short episodes that fall, pushes, changing
/// commands, annealing, gradients and ratios that are clipped, and no reward without weight.
RunConfig lively() {
  RunConfig c;
  c.train.num_envs = 32;
  auto& ppo = c.learner.as<PpoConfig>();
  ppo.rollout.num_steps = 12;
  ppo.num_epochs = ppo.num_minibatches = 2;
  ppo.network.actor_hidden = ppo.network.critic_hidden = {8};
  ppo.clip_param = 1e-3f;
  ppo.anneal_from = 0.0f;
  ppo.desired_kl = ppo.final_desired_kl = 1e-6f;
  ppo.max_grad_norm = 0.05f;
  c.env.task.episode_seconds = 0.3f;
  c.env.task.max_tilt = 0.45f;
  c.env.command.change_probability = 0.5f;
  c.env.command.change_at_push = 0.8f;
  c.env.command.change_from = 0.0f;
  auto& r = c.env.randomization;
  r.nominal_fraction = 0.5f;
  r.push_seconds = 0.1f;
  r.start_tilt = {-0.5f, 0.5f};
  r.start_height = {0.1f, 0.2f};
  r.start_velocity = {-1.0f, 1.0f};
  c.env.reward.only_positive = false;
  for (float& weight : c.env.reward.weight) weight = weight < 0 ? -1.0f : 1.0f;
  // Far below the width that fast commands ask for, now and late.
  c.env.reward.shape[quadruped::WalkRow::kVelocitySigma2] = 0.04f;
  c.env.reward.shape[quadruped::WalkRow::kSettleSeconds] = 0.04f;
  for (float& factor : c.env.late_reward.factor) factor = 1.5f;
  for (float& factor : c.env.late_reward.shape_factor) factor = 0.2f;
  // Kernels that widen: in narrow ones the errors of beginners drown among the roundings.
  for (int width = 0; width <= quadruped::WalkRow::kYawWideSigma2; ++width)
    c.env.late_reward.shape_factor[width] = 3.0f;
  return c;
}

/// Changes the field of one name: to what a test says, or to something near that its bounds allow.
struct Edit {
  std::string section, name;
  bool done = false;

  template <class Value>
  void field(std::string_view field_name, Value& value, Bounds bounds, std::string_view) {
    if (field_name == name) {
      change(value, bounds);
      done = true;
    }
  }

  static void change(bool& value, Bounds) { value = !value; }
  static void change(int& value, Bounds bounds) { value += value < bounds.high ? 1 : -1; }
  static void change(std::int64_t& value, Bounds) { ++value; }
  static void change(double& value, Bounds bounds) {
    value = 1.3 * value <= bounds.high ? 1.3 * value : 0.7 * value;
  }
  static void change(Range& value, Bounds) { value.low = 0.5f * (value.low + value.high); }
  static void change(std::vector<int>& value, Bounds) { value.push_back(8); }
  static void change(float& value, Bounds bounds) {
    const float more = 1.3f * value + 0.01f;
    value = more <= bounds.high ? more : 0.7f * value;
  }
  void change(std::string& value, Bounds) const {
    static const std::map<std::string, std::string> others = {
        {"lr_schedule", "fixed"}, {"activation", "elu"}, {"precision", "tf32"},
        {"algorithm", "other"},   {"name", "go1"},       {"model", "other.xml"}};
    value = others.at(name);
  }
};

/// Values that show an effect where a small change would show none.
void edit_specially(const std::string& path, RunConfig& c) {
  auto& ppo = c.learner.as<PpoConfig>();
  if (path == "ppo.min_learning_rate") ppo.min_learning_rate = 5e-3f;
  if (path == "ppo.max_learning_rate") ppo.max_learning_rate = 2e-5f;
  if (path == "ppo.desired_kl") ppo.desired_kl = 1.0f;
  if (path == "ppo.final_desired_kl") ppo.final_desired_kl = 1.0f;
  // Next to the logarithm of init_std, -0.69315, on either side.
  if (path == "ppo.min_log_std") ppo.network.min_log_std = -0.6932f;
  if (path == "ppo.max_log_std") ppo.network.max_log_std = -0.6931f;
  if (path == "env.command.change_from") c.env.command.change_from = 1.0f;
  if (path == "env.min_height") c.env.task.min_height = 0.3f;
  // Shorter than any swing.
  if (path == "env.reward.swing_most") c.env.reward.shape[quadruped::WalkRow::kSwingMost] = 0.001f;
  if (path == "env.episode_seconds") c.env.task.episode_seconds = 0.1f;
}

/// Collects "section.key" of every field.
struct Names {
  const char* section = "";
  std::vector<std::string> paths;
  template <class Value>
  void field(std::string_view name, const Value&, Bounds, std::string_view) {
    paths.push_back(text(section, '.', name));
  }
};

std::vector<std::string> all_keys() {
  Names names;
  const RunConfig config;
  visit_sections(config, [&](const char* section, const auto& part) {
    names.section = section;
    visit_fields(part, names);
  });
  return names.paths;
}

EnvOptions env_options(const RunConfig& config) {
  EnvOptions options;
  options.num_envs = config.train.num_envs;
  options.num_threads = 1;
  options.device = "cpu";
  return options;
}

RunConfig edited(RunConfig config, const std::string& path) {
  const std::size_t dot = path.rfind('.');
  Edit edit{path.substr(0, dot), path.substr(dot + 1)};
  visit_sections(config, [&](const char* section, auto& part) {
    if (section == edit.section) visit_fields(part, edit);
  });
  EXPECT_TRUE(edit.done) << path;
  edit_specially(path, config);
  return config;
}

class EditedRecipe : public ::testing::Test {
 protected:
  EditedRecipe() {
    Session session(lively());
    session.iterate(1);
    session.learner->save(checkpoint(), "");
  }

  /// What trains by a recipe.
  struct Session {
    explicit Session(const RunConfig& config)
        : env(make_env(config.env, env_options(config))),
          learner(config.method->make(
              {.env = *env,
               .config = config.learner,
               .seed = 1,
               .mirrors = quadruped_mirrors(robot_named(kDefaultRobot), config.env),
               .num_threads = 1,
               .ops = cpu_ops(),
               .all = alone()})) {}
    void iterate(int count) {
      for (int k = 0; k < count; ++k) {
        learner->set_progress(0.5);
        learner->iterate();
      }
    }
    std::unique_ptr<VecEnv> env;
    std::unique_ptr<Learner> learner;
  };

  std::filesystem::path checkpoint() const { return folder_ / "start.ckpt"; }

  /// The whole state after the checkpoint has gone on by a recipe, as `train --resume` does it.
  std::string gone_on(const RunConfig& config) const {
    Session session(config);
    session.learner->load(checkpoint());
    session.learner->take_edits(lively().learner);
    session.iterate(3);
    session.learner->save(folder_ / "end.ckpt", "");
    return read_file(folder_ / "end.ckpt");
  }

  TempFolder folder_;
};

TEST_F(EditedRecipe, EachKeyIsUsedOrRefusedByName) {
  const RunConfig base = lively();
  const std::string unedited = gone_on(base);
  ASSERT_EQ(gone_on(base), unedited);
  int used = 0, refused = 0;
  for (const std::string& path : all_keys()) {
    const RunConfig config = edited(base, path);
    const std::vector<EditedKey> seen = edited_keys(base, config);
    ASSERT_EQ(seen.size(), 1u) << path;
    EXPECT_EQ(seen[0].path, path);
    std::string error;
    try {
      // As from the file: what no recipe may say is refused when it is read.
      check_resumable(base, parse_run_config(recipe_text(config), "config.toml"), "config.toml");
    } catch (const Error& refusal) {
      error = refusal.what();
    }
    if (!error.empty()) {
      EXPECT_THAT(error, HasSubstr(path));
      EXPECT_THAT(error, HasSubstr("config.toml"));
      ++refused;
    } else if (path == "ppo.precision") {
      // By the device, which has such products or has not.
      EXPECT_THAT(error_of([&] { gone_on(config); }), HasSubstr("precision = \"tf32\""));
      ++refused;
    } else if (path.starts_with("train.")) {
      // Read by the run loop from the very struct; nothing of the checkpoint decides it.
      EXPECT_THAT((std::vector<std::string>{"train.steps", "train.checkpoint_every",
                                            "train.keep_checkpoints", "train.judge_episodes"}),
                  ::testing::Contains(path));
      ++used;
    } else {
      EXPECT_TRUE(gone_on(config) != unedited) << path << " = " << seen[0].now << " has no effect";
      ++used;
    }
  }
  EXPECT_GT(used, 60);
  EXPECT_EQ(refused, 16);  // the fixed keys, and those that know few words
}

TEST_F(EditedRecipe, TheLearningRateOfAFixedScheduleIsTheEditedOne) {
  RunConfig config = lively();
  config.learner.as<PpoConfig>().lr_schedule = "fixed";
  config.learner.as<PpoConfig>().learning_rate = 3e-4f;
  Session session(config);
  session.learner->load(checkpoint());
  session.learner->take_edits(lively().learner);
  EXPECT_FLOAT_EQ(static_cast<float>(session.learner->iterate().at("train/learning_rate")), 3e-4f);
}

TEST_F(EditedRecipe, ACheckpointWithANumberThatIsNoneIsRefusedByItsPart) {
  const TensorArchive good = TensorArchive::load(checkpoint());
  for (const char* part : {"parameters", "normaliser/obs", "normaliser/privileged_obs"}) {
    TensorArchive bad = good;
    torch::Tensor numbers = good.tensor(part).clone();
    numbers[3] = NAN;
    bad.put(part, numbers);
    bad.save(folder_ / "bad.ckpt");
    Session session(lively());
    const std::string whole = error_of([&] { session.learner->load(folder_ / "bad.ckpt"); });
    EXPECT_THAT(whole, HasSubstr(text("bad.ckpt: its ", part, " hold a number")));
    EXPECT_EQ(error_of([&] { session.learner->load_networks(folder_ / "bad.ckpt"); }), whole);
  }
}

TEST(EditedKeys, AreThoseThatDifferWithBothValues) {
  RunConfig before, now;
  now.learner.as<PpoConfig>().learning_rate = 0.5f;
  now.env.randomization.friction = {0.6f, 0.7f};
  const std::vector<EditedKey> keys = edited_keys(before, now);
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0].path, "ppo.learning_rate");
  EXPECT_EQ(keys[0].now, "0.5");
  EXPECT_EQ(keys[1].path, "env.randomization.friction");
  EXPECT_EQ(keys[1].before, "[0.5, 1.3]");
}

}  // namespace
}  // namespace kennel
