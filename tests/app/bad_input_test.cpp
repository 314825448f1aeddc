// Whatever is wrong, the program says so in one line, ends with an exit code that is not zero, and
// creates nothing.
#include <gmock/gmock.h>

#include <sstream>

#include "../io/temp_folder.h"
#include "kennel/io/npy.h"
#include "subprocess.h"

namespace kennel {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct BadCall {
  const char* description;
  std::vector<std::string> arguments;
  int exit_code;
  const char* message;
};

constexpr int kUser = 1, kUsage = 2;

/// A model may be warned about before something else is refused.
std::vector<std::string> lines_without_warnings(const std::string& err) {
  std::vector<std::string> lines;
  std::istringstream in(err);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("kennel: warning: ")) lines.push_back(line);
  }
  return lines;
}

/// A test's own folder with broken files of every kind.
class BadInput : public ::testing::Test {
 protected:
  BadInput() {
    write_raw(folder_ / "typo.toml", "[ppo]\ngama = 0.9\n");
    write_raw(folder_ / "range.toml", "[train]\n\nnum_envs = 0\n");
    write_raw(folder_ / "method.toml", "[train]\nalgorithm = \"pro\"\n");
    write_raw(folder_ / "syntax.toml", "[ppo\n");
    write_raw(folder_ / "divide.toml",
              "[train]\nnum_envs = 7\n[ppo]\nnum_steps = 5\nnum_minibatches = 4\n");
    write_raw(folder_ / "cut.ckpt", "KENNEL");
    write_raw(folder_ / "cut.json", "{\"layers\": [");
    write_raw(folder_ / "cut.xml", "<mujoco><worldbody>");
    write_raw(folder_ / "text.npy", "not an array");
    write_npy(folder_ / "ctrl.npy", {2, 12}, std::vector<double>(24));
    std::vector<double> init(37);
    init[3] = 1.0;
    write_npy(folder_ / "init.npy", {37}, init);
    write_npy(folder_ / "narrow.npy", {2, 11}, std::vector<double>(22));
    std::filesystem::create_directory(folder_ / "existing");
    write_raw(folder_ / "existing" / "thesis", "years of work");
  }

  void expect_refused(const std::vector<BadCall>& calls) const {
    const std::vector<std::string> before = folder_.names();
    for (const BadCall& call : calls) {
      const Outcome outcome = run_kennel(folder_.path(), call.arguments);
      EXPECT_EQ(outcome.exit_code, call.exit_code) << call.description << ": " << outcome.err;
      const std::vector<std::string> errors = lines_without_warnings(outcome.err);
      EXPECT_THAT(errors, ElementsAre(AllOf(StartsWith("kennel: "), HasSubstr(call.message))))
          << call.description;
      EXPECT_EQ(outcome.out, "") << call.description;
      EXPECT_EQ(folder_.names(), before) << call.description;
    }
  }

  TempFolder folder_;
};

TEST_F(BadInput, WrongUsageNamesTheFlag) {
  expect_refused({
      {"no command", {}, kUsage, "expected a command (see kennel --help)"},
      {"a command that does not exist", {"trian"}, kUsage, "did you mean train?"},
      {"an unknown flag", {"train", "--num-env", "3"}, kUsage, "did you mean --num-envs?"},
      {"an argument too many", {"train", "now"}, kUsage, "unexpected argument now"},
      {"a flag without its value", {"train", "--steps"}, kUsage, "--steps"},
      {"no number", {"train", "--steps", "many"}, kUsage, "expected a whole number from 1"},
      {"a number out of range", {"train", "--num-envs", "0"}, kUsage, "came 0"},
      {"an unknown device",
       {"train", "--device", "tpu"},
       kUsage,
       "expected cpu|cuda|cuda:N|auto, came tpu"},
      {"an unknown learning method",
       {"train", "--algorithm", "pro"},
       kUsage,
       "--algorithm: expected ppo|"},
      {"another method for a run that goes on",
       {"train", "--resume", "a", "--algorithm", "ppo"},
       kUsage,
       "--algorithm"},
      {"a GPU without a number", {"bench", "--device", "cuda:x"}, kUsage, "came cuda:x"},
      {"another recipe for a run that goes on",
       {"train", "--resume", "a", "--recipe", "fast"},
       kUsage,
       "--recipe"},
      {"simulating on a device to be chosen",
       {"simulate", "--out", "o.npy", "--device", "auto"},
       kUsage,
       "expected cpu|cuda|cuda:N, came auto"},
      {"flags that exclude each other",
       {"train", "--resume", "a", "--seed", "1"},
       kUsage,
       "--seed"},
      {"a required flag missing", {"simulate", "--ctrl", "a.npy"}, kUsage, "required"},
      {"two sources of targets",
       {"simulate", "--ctrl", "a.npy", "--init", "b.npy", "--replay", "c.json", "--out", "o.npy"},
       kUsage,
       "excludes --replay"},
      {"an estimate of one sample",
       {"gradient", "friction", "--samples", "1"},
       kUsage,
       "from 2 to"},
      {"a required argument missing", {"eval"}, kUsage, "policy is required"},
  });
}

TEST_F(BadInput, TrainingIsRefusedBeforeAnythingIsCreated) {
  expect_refused({
      {"no recipe", {"train", "--config", "none.toml"}, kUser, "none.toml: no such file"},
      {"an unknown key",
       {"train", "--config", "typo.toml"},
       kUser,
       "unknown key ppo.gama; did you mean gamma? (typo.toml:2)"},
      {"a recipe that does not ship",
       {"train", "--recipe", "fats"},
       kUser,
       "no recipe named \"fats\" ships for this robot and task; did you mean fast? there are: "
       "default, a2c, fast"},
      {"another robot's recipe",
       {"train", "--robot", "go1", "--recipe", "fast"},
       kUser,
       "there are: default;"},
      {"a value out of range",
       {"train", "--config", "range.toml"},
       kUser,
       "train.num_envs = 0 is out of range: expected a number from 1 to 4.1943e+06 "
       "(range.toml:3)"},
      {"an unknown learning method",
       {"train", "--config", "method.toml"},
       kUser,
       "train.algorithm = \"pro\" is unknown; did you mean ppo? known: ppo, "},
      {"a population that does not divide the environments",
       {"train", "--algorithm", "cem", "--num-envs", "100"},
       kUser,
       "cem.population = 256 asks for 256 candidates, which do not divide num_envs = 100; try 100"},
      {"a budget below PPO's first iteration",
       {"train", "--num-envs", "256", "--steps", "100"},
       kUser,
       "train.steps = 100 is less than ppo takes to learn once, "},
      {"a budget below a generation",
       {"train", "--algorithm", "es", "--num-envs", "256", "--steps", "100"},
       kUser,
       " control steps of all 256 environments together; try --steps "},
      {"a budget below a replay buffer's warm-up",
       {"train", "--algorithm", "sac", "--num-envs", "256", "--steps", "100"},
       kUser,
       "train.steps = 100 is less than sac takes to learn once"},
      {"a budget of a comparison below a generation",
       {"compare", "default:a2c", "default:es", "--task", "lqr", "--steps", "50000", "--out", "c"},
       kUser,
       "es: train.steps = 50000 is less than es takes to learn once, 61440 control steps"},
      {"no TOML", {"train", "--config", "syntax.toml"}, kUser, "(syntax.toml:1)"},
      {"numbers that do not fit", {"train", "--config", "divide.toml"}, kUser, "(divide.toml:5)"},
      {"an existing folder", {"train", "--out", "existing"}, kUser, "exists already"},
      {"--force on a folder that is no run",
       {"train", "--out", "existing", "--force"},
       kUser,
       "--force only replaces runs"},
      {"a file in the path", {"train", "--out", "cut.json/run"}, kUser, "is a file, not a folder"},
      {"a folder nobody can write",
       {"train", "--out", "/proc/kennel"},
       kUser,
       "cannot create the run folder /proc/kennel"},
      {"no run to go on with", {"train", "--resume", "none"}, kUser, "no run folder"},
      {"a folder that is no run", {"train", "--resume", "existing"}, kUser, "is not a run folder"},
      {"a checkpoint of no run", {"train", "--checkpoint", "5"}, kUsage, "--resume"},
      {"no checkpoint to start from",
       {"train", "--device", "cpu", "--num-envs", "32", "--init-from", "none.ckpt"},
       kUser,
       "none.ckpt"},
      {"a checkpoint cut in half",
       {"train", "--device", "cpu", "--num-envs", "32", "--init-from", "cut.ckpt"},
       kUser,
       "cut.ckpt"},
  });
}

TEST_F(BadInput, OtherCommandsNameTheFile) {
  expect_refused({
      {"export of no run", {"export", "none", "-o", "p.json"}, kUser, "no run folder"},
      {"export of another folder",
       {"export", "existing", "-o", "p.json"},
       kUser,
       "not a run folder"},
      {"no policy", {"eval", "none.json"}, kUser, "none.json"},
      {"a policy cut in half", {"eval", "cut.json"}, kUser, "cut.json"},
      {"info about no recipe", {"info", "--config", "none.toml"}, kUser, "none.toml"},
      {"bench of a broken recipe", {"bench", "--config", "typo.toml"}, kUser, "(typo.toml:2)"},
      {"an unknown system", {"gradient", "pushng"}, kUser, "did you mean pushing?"},
      {"a physics step that does not divide a control step",
       {"gradient", "pupper_v3", "--step-ms", "3"},
       kUser,
       "does not divide"},
      {"an unknown parameter",
       {"simulate", "--ctrl", "c.npy", "--init", "i.npy", "--out", "o.npy", "--set", "kq=5"},
       kUser,
       "did you mean kp?"},
      {"double on a GPU",
       {"simulate", "--ctrl", "c.npy", "--init", "i.npy", "--out", "o.npy", "--device", "cuda",
        "--precision", "double"},
       kUser,
       "use --precision float"},
      {"a model cut in half",
       {"simulate", "--model", "cut.xml", "--ctrl", "ctrl.npy", "--init", "init.npy", "--out",
        "o.npy"},
       kUser,
       "cut.xml"},
      {"controls that are no array",
       {"simulate", "--ctrl", "text.npy", "--init", "init.npy", "--out", "o.npy"},
       kUser,
       "text.npy: expected a .npy file"},
      {"controls for eleven joints",
       {"simulate", "--ctrl", "narrow.npy", "--init", "init.npy", "--out", "o.npy"},
       kUser,
       "narrow.npy: expected an array of shape (n, 12), came (2, 11)"},
      {"a replay cut in half",
       {"simulate", "--replay", "cut.json", "--out", "o.npy"},
       kUser,
       "cut.json: this is no JSON"},
      {"a result that cannot be written",
       {"simulate", "--ctrl", "ctrl.npy", "--init", "init.npy", "--out", "none/o.npy"},
       kUser,
       "cannot write none/o.npy"},
  });
}

TEST_F(BadInput, AGpuThatIsNotThereIsNamed) {
  const Outcome info = run_kennel(folder_.path(), {"info", "--json"});
  if (info.out.find("no_gpu_because") == std::string::npos)
    GTEST_SKIP() << "this machine has a GPU";
  expect_refused({
      {"train", {"train", "--device", "cuda"}, kUser, "--device cuda needs a GPU"},
      {"bench", {"bench", "--device", "cuda:1"}, kUser, "--device cuda:1 needs a GPU"},
      {"compare",
       {"compare", "default:es", "--task", "lqr", "--gpus", "all", "--out", "o"},
       kUser,
       "--gpus needs a GPU"},
  });
}

TEST_F(BadInput, ResultsThatCannotBeWrittenAreAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  const Outcome outcome = run_kennel(folder_.path(), {"info"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string command = std::string(KENNEL_PROGRAM) + " info > /dev/full 2> /dev/null";
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
}

}  // namespace
}  // namespace kennel
