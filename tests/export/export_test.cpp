// Exported policies give the actions of the network they were made from, wherever they run.
#include <gmock/gmock.h>
#include <torch/script.h>

#include <cstdlib>
#include <fstream>

#include "../io/temp_folder.h"
#include "../judge/test_policies.h"
#include "kennel/export/policy_formats.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/npy.h"

namespace kennel {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kObservations = 10000;
constexpr double kTolerance = 1e-5;

/// Every activation that the robot's loader knows, in layers of different widths.
PolicyFile every_activation() {
  PolicyFile policy = standing_policy(2);
  policy.network.layers.clear();
  int in = 2 * kPolicyFrame, index = 0, out = 32;
  for (const char* activation : {"elu", "relu", "sigmoid", "softmax", "", "tanh"}) {
    if (std::string(activation) == "tanh") out = kPolicyJoints;
    DenseLayer layer = constant_layer(in, out, activation);
    for (float& w : layer.weights) w = 0.4f * scrambled(++index);
    for (float& b : layer.bias) b = 0.2f * scrambled(++index);
    policy.network.layers.push_back(layer);
    in = out--;
  }
  return policy;
}

class Export : public ::testing::Test {
 protected:
  Export() {
    const auto size = static_cast<std::size_t>(policy_.network.input_size());
    for (std::size_t i = 0; i < kObservations * size; ++i)
      obs_.push_back(2 * scrambled(static_cast<int>(i) + 1));
    for (std::size_t row = 0; row < kObservations; ++row) {
      const std::vector<float> action =
          forward(policy_.network, std::span(obs_).subspan(row * size, size));
      expected_.insert(expected_.end(), action.begin(), action.end());
    }
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  void expect_actions(const std::vector<double>& actions) const {
    ASSERT_EQ(actions.size(), expected_.size());
    double worst = 0;
    for (std::size_t i = 0; i < actions.size(); ++i) {
      ASSERT_TRUE(std::isfinite(actions[i]));
      worst = std::max(worst, std::abs(actions[i] - static_cast<double>(expected_[i])));
    }
    EXPECT_LT(worst, kTolerance);
  }

  static std::string refusal(const std::string& path) {
    try {
      check_exported(path);
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
      return error.what();
    }
    return "accepted";
  }

  TempFolder folder_;
  PolicyFile policy_ = every_activation();
  std::vector<float> obs_, expected_;
};

TEST_F(Export, TheRobotsFileGivesTheSameActionsWhenReadBack) {
  write_policy_as(PolicyFormat::kJson, path("policy.json"), policy_);
  const PolicyFile read = load_policy(path("policy.json"));
  const auto size = static_cast<std::size_t>(read.network.input_size());
  std::vector<double> actions;
  for (std::size_t row = 0; row < kObservations; ++row)
    for (const float a : forward(read.network, std::span(obs_).subspan(row * size, size)))
      actions.push_back(a);
  expect_actions(actions);
  EXPECT_LE(check_exported(path("policy.json")), 1e-6);
}

TEST_F(Export, TorchScriptRunsInLibTorch) {
  write_policy_as(PolicyFormat::kTorchScript, path("policy.pt"), policy_);
  torch::jit::ExtraFilesMap extra = {{"contract.json", ""}};
  torch::jit::Module module = torch::jit::load(path("policy.pt"), torch::kCPU, extra);
  EXPECT_THAT(extra.at("contract.json"), HasSubstr("joint_names"));
  EXPECT_THAT(extra.at("contract.json"), HasSubstr("observation_frames"));
  const torch::Tensor obs =
      torch::tensor(obs_).view({static_cast<std::int64_t>(kObservations), -1});
  const torch::Tensor out =
      module.forward({obs}).toTensor().to(torch::kFloat64).contiguous().flatten();
  expect_actions({out.const_data_ptr<double>(), out.const_data_ptr<double>() + out.numel()});
  EXPECT_LT(check_exported(path("policy.pt")), kTolerance);
}

TEST_F(Export, TorchScriptRunsInPythonsTorch) {
  write_policy_as(PolicyFormat::kTorchScript, path("policy.pt"), policy_);
  write_npy(path("obs.npy"), {kObservations, obs_.size() / kObservations}, std::span(obs_));
  write_file_atomically(path("run.py"),
                        "import json, numpy, torch\n"
                        "extra = {'contract.json': ''}\n"
                        "policy = torch.jit.load('policy.pt', _extra_files=extra)\n"
                        "assert json.loads(extra['contract.json'])['kp'] == 5.0\n"
                        "with torch.no_grad():\n"
                        "  action = policy(torch.from_numpy(numpy.load('obs.npy')))\n"
                        "numpy.save('action.npy', action.numpy())\n");
  const std::string command =
      "cd '" + folder_.path().string() + "' && '" KENNEL_PYTHON_PATH "' run.py";
  ASSERT_EQ(std::system(command.c_str()), 0);
  expect_actions(read_npy(path("action.npy"), {kObservations, kPolicyJoints}).values);
}

#ifdef KENNEL_ONNX
constexpr bool kHasOnnx = true;
#else
constexpr bool kHasOnnx = false;
#endif
constexpr const char* kNoOnnx = "this build has no ONNX: protobuf or the onnx wheel was missing";

TEST_F(Export, OnnxRunsInOnnxRuntime) {
  if (!kHasOnnx) GTEST_SKIP() << kNoOnnx;
  write_policy_as(PolicyFormat::kOnnx, path("policy.onnx"), policy_);
  write_npy(path("obs.npy"), {kObservations, obs_.size() / kObservations}, std::span(obs_));
  write_file_atomically(
      path("run.py"),
      "import json, numpy, onnx, onnxruntime\n"
      "model = onnx.load('policy.onnx')\n"
      "onnx.checker.check_model(model, full_check=True)\n"
      "contract = {entry.key: json.loads(entry.value) for entry in model.metadata_props}\n"
      "assert contract['kp'] == 5.0 and contract['joint_names'][11] == 'leg_back_l_3', contract\n"
      "session = onnxruntime.InferenceSession('policy.onnx', providers=['CPUExecutionProvider'])\n"
      "run = lambda obs: session.run(['action'], {'obs': obs})[0]\n"
      "obs = numpy.load('obs.npy')\n"
      "action = run(obs)\n"
      "assert abs(run(obs[:1]) - action[:1]).max() < 1e-6\n"
      "golden = contract['golden']\n"
      "assert abs(run(numpy.array([golden['obs']], 'float32'))[0] - golden['action']).max() < "
      "1e-5\n"
      "numpy.save('action.npy', action)\n");
  const std::string command =
      "cd '" + folder_.path().string() + "' && '" KENNEL_PYTHON_PATH "' run.py";
  ASSERT_EQ(std::system(command.c_str()), 0);
  expect_actions(read_npy(path("action.npy"), {kObservations, kPolicyJoints}).values);
}

TEST_F(Export, WhatWasWrittenReadsBackWholeInEveryFormat) {
  policy_.use_imu = false;
  policy_.kp.fill(4.75f);
  policy_.physics_dt = 0.002;
  policy_.size = 2.5;
  for (const PolicyFormatEntry& entry : kPolicyFormats) {
    if (entry.format == PolicyFormat::kC || (entry.format == PolicyFormat::kOnnx && !kHasOnnx))
      continue;
    write_policy_as(entry.format, path("policy"), policy_);
    const PolicyFile read = read_policy(path("policy"));
    EXPECT_EQ(policy_contract(read), policy_contract(completed("", policy_))) << entry.name;
    EXPECT_EQ(read.physics_dt, 0.002) << entry.name;
    EXPECT_EQ(read.size, 2.5) << entry.name;
    ASSERT_EQ(read.network.layers.size(), policy_.network.layers.size());
    for (std::size_t l = 0; l < read.network.layers.size(); ++l) {
      EXPECT_EQ(read.network.layers[l].weights, policy_.network.layers[l].weights) << entry.name;
      EXPECT_EQ(read.network.layers[l].bias, policy_.network.layers[l].bias) << entry.name;
    }
    EXPECT_LT(check_exported(path("policy")), kTolerance) << entry.name;
  }
}

TEST_F(Export, AnotherTasksPolicySaysWhatItIsToldInEveryFormat) {
  const PolicyFile pose = standing_pose_policy();
  for (const PolicyFormatEntry& entry : kPolicyFormats) {
    if (entry.format == PolicyFormat::kC || (entry.format == PolicyFormat::kOnnx && !kHasOnnx))
      continue;
    write_policy_as(entry.format, path("policy"), pose);
    const PolicyFile read = read_policy(path("policy"));
    EXPECT_EQ(static_cast<const RobotContract&>(read), static_cast<const RobotContract&>(pose))
        << entry.name;
  }
  write_policy_as(PolicyFormat::kC, path("policy.h"), pose);
  const std::string header = read_file(path("policy.h"));
  EXPECT_THAT(header, ::testing::StartsWith("/* A policy, written by kennel export."));
  EXPECT_THAT(header, HasSubstr("Command, in this order: pitch from -0.2 to 0.25 rad, roll from "
                                "-0.15 to 0.2 rad, height from -0.03 to 0.015 m."));
  EXPECT_THAT(refusal(path("policy.h")), HasSubstr("a C header runs only where it is compiled"));
  write_policy_as(PolicyFormat::kC, path("policy.h"), policy_);
  const std::string walk = read_file(path("policy.h"));
  EXPECT_THAT(walk, ::testing::StartsWith("/* A walking policy, written by kennel export."));
  EXPECT_THAT(walk, ::testing::Not(HasSubstr("Command, in")));
}

/// Compiles a program around a header and runs it over all observations.
class CHeader : public Export, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Languages, CHeader, ::testing::Values("-x c -std=c99", "-std=c++17"));

TEST_P(CHeader, CompilesWithoutWarningsAndGivesTheSameActions) {
  write_policy_as(PolicyFormat::kC, path("policy.h"), policy_);
  write_file_atomically(
      path("run.c"),
      "#include <stdio.h>\n"
      "#include \"policy.h\"\n"
      "int main(void) {\n"
      "  float obs[KENNEL_POLICY_OBS_SIZE], action[KENNEL_POLICY_ACTION_SIZE];\n"
      "  float target[KENNEL_POLICY_ACTION_SIZE], frame[KENNEL_POLICY_FRAME_SIZE] = {7.0f};\n"
      "  if (!(kennel_policy_self_test() < 1e-5f)) return 1;\n"
      "  while (fread(obs, sizeof obs, 1, stdin) == 1) {\n"
      "    kennel_policy_forward(obs, action);\n"
      "    fwrite(action, sizeof action, 1, stdout);\n"
      "  }\n"
      "  kennel_policy_clear(obs);\n"
      "  if (obs[KENNEL_POLICY_GRAVITY_Z] != -1.0f) return 2;\n"
      "  kennel_policy_push(obs, frame);\n"
      "  if (obs[0] != 7.0f || obs[KENNEL_POLICY_FRAME_SIZE + KENNEL_POLICY_GRAVITY_Z] != -1.0f) "
      "return 3;\n"
      "  action[0] = 100.0f;\n"
      "  kennel_policy_targets(action, target);\n"
      "  if (target[0] != kennel_policy_joint_upper_limits[0]) return 4;\n"
      "  action[0] = NAN;\n"
      "  kennel_policy_targets(action, target);\n"
      "  if (target[0] != kennel_policy_default_joint_pos[0]) return 6;\n"
      "  kennel_policy_clear(obs);\n"
      "  obs[3] = NAN;\n"
      "  kennel_policy_forward(obs, action);\n"
      "  if (action[0] == action[0]) return 7;\n"
      "  return kennel_policy_joint_names[11][0] == 'l' && kennel_policy_kp == 5.0f &&\n"
      "         kennel_policy_kd == 0.25f && kennel_policy_control_dt == 0.02f ? 0 : 5;\n"
      "}\n");
  std::ofstream(path("obs.bin"), std::ios::binary)
      .write(reinterpret_cast<const char*>(obs_.data()),
             static_cast<std::streamsize>(obs_.size() * sizeof(float)));
  const std::string command = "cd '" + folder_.path().string() + "' && '" KENNEL_CXX "' " +
                              GetParam() + " -O1 -Wall -Wextra -Werror -pedantic run.c -o run -lm" +
                              " && ./run < obs.bin > action.bin";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const std::string bytes = read_file(path("action.bin"));
  const auto* actions = reinterpret_cast<const float*>(bytes.data());
  expect_actions({actions, actions + bytes.size() / sizeof(float)});
}

TEST_F(Export, DamagedOrForeignFilesAreRefused) {
  write_policy_as(PolicyFormat::kTorchScript, path("policy.pt"), policy_);
  const std::string module = read_file(path("policy.pt"));
  write_file_atomically(path("half.pt"), std::string_view(module).substr(0, module.size() / 2));
  EXPECT_THAT(refusal(path("half.pt")), HasSubstr("damaged"));

  torch::jit::Module foreign("Foreign");
  foreign.define("def forward(self, obs):\n  return obs\n");
  foreign.save(path("foreign.pt"));
  EXPECT_THAT(refusal(path("foreign.pt")), HasSubstr("no contract"));

  // Kennel's own weights and contract around another forward pass.
  torch::jit::Module swapped = torch::jit::load(path("policy.pt"));
  torch::jit::Module stranger("Stranger");
  for (const auto& buffer : swapped.named_buffers())
    stranger.register_buffer(buffer.name, buffer.value);
  stranger.define("def forward(self, obs):\n  return torch.full([1, 12], float('nan'))\n");
  stranger.save(path("stranger.pt"), {{"contract.json", policy_contract(completed("", policy_))}});
  EXPECT_THAT(refusal(path("stranger.pt")), HasSubstr("does not answer"));
  torch::jit::Module half("Half");
  half.register_buffer("weight_0", torch::ones({1}));
  half.define("def forward(self, obs):\n  return obs\n");
  half.save(path("half.pt"), {{"contract.json", "{}"}});
  EXPECT_THAT(refusal(path("half.pt")), HasSubstr("no TorchScript module of a policy"));

  write_file_atomically(path("deep.json"), "{\"layers\":" + std::string(1 << 20, '[') +
                                               std::string(1 << 20, ']') + "}");
  EXPECT_THAT(refusal(path("deep.json")), HasSubstr("nested deeper"));

  write_policy_as(PolicyFormat::kJson, path("policy.json"), policy_);
  std::string json = read_file(path("policy.json"));
  const std::size_t at = json.find("\"action\":[", json.find("\"golden\""));
  ASSERT_NE(at, std::string::npos);
  json.replace(at, 10, "\"action\":[1");
  write_file_atomically(path("edited.json"), json);
  EXPECT_THAT(refusal(path("edited.json")), HasSubstr("golden"));

  // A weight that the golden observation does not reach.
  PolicyFile dead = completed("", policy_);
  DenseLayer off = constant_layer(kPolicyJoints, 3, "relu");
  off.bias.assign(3, -100.0f);
  DenseLayer last = constant_layer(3, kPolicyJoints, "tanh");
  dead.network.layers.push_back(off);
  dead.network.layers.push_back(last);
  dead.golden_obs.clear();
  dead.golden_action.clear();
  write_policy_as(PolicyFormat::kJson, path("dead.json"), dead);
  EXPECT_EQ(refusal(path("dead.json")), "accepted");
  json = read_file(path("dead.json"));
  const std::size_t weight = json.rfind("[0.0,0.0");
  ASSERT_NE(weight, std::string::npos);
  write_file_atomically(path("dead.json"), json.replace(weight, 4, "[7.0"));
  EXPECT_THAT(refusal(path("dead.json")), HasSubstr("damaged"));

  write_policy_as(PolicyFormat::kC, path("policy.h"), policy_);
  EXPECT_THAT(refusal(path("policy.h")), HasSubstr("kennel_policy_self_test"));
  write_file_atomically(path("noise"), "no policy");
  EXPECT_THAT(refusal(path("noise")), HasSubstr("no policy file"));
  write_file_atomically(path("empty"), "");
  EXPECT_THAT(refusal(path("empty")), HasSubstr("is empty"));
  EXPECT_THAT(refusal(path("missing")), HasSubstr("missing"));
  EXPECT_THROW(policy_format("pt"), Error);
  EXPECT_EQ(policy_format("json"), PolicyFormat::kJson);
  EXPECT_EQ(policy_format("pupper"), PolicyFormat::kJson) << "its name at first";
}

TEST_F(Export, AHugeFileIsRefusedUnread) {
  write_file_atomically(path("huge.json"), "{");
  std::filesystem::resize_file(path("huge.json"), 200u << 20);
  EXPECT_THAT(refusal(path("huge.json")), HasSubstr("200 MiB is no policy"));
}

TEST_F(Export, DamagedOrForeignOnnxIsRefused) {
  if (!kHasOnnx) GTEST_SKIP() << kNoOnnx;
  write_policy_as(PolicyFormat::kOnnx, path("policy.onnx"), policy_);
  const std::string model = read_file(path("policy.onnx"));
  const auto edited = [&](const std::string& from, const std::string& to) {
    std::string bytes = model;
    const std::size_t at = bytes.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    write_file_atomically(path("edited.onnx"), bytes.replace(at, to.size(), to));
    return refusal(path("edited.onnx"));
  };
  write_file_atomically(path("half.onnx"), std::string_view(model).substr(0, model.size() / 2));
  EXPECT_THAT(refusal(path("half.onnx")), HasSubstr("damaged"));
  EXPECT_THAT(edited("kennel", "jennel"), HasSubstr("another producer"));
  EXPECT_THAT(edited("Sigmoid", "Swigoid"), HasSubstr("graph"));
  EXPECT_THAT(edited("\"leg_front_r_1\"", "\"leg_front_r_2\""), HasSubstr("is there twice"));
  const float& weight = policy_.network.layers[0].weights[0];
  const std::string as_bytes(reinterpret_cast<const char*>(&weight), sizeof weight);
  const float other = weight + 30.0f, nan = std::nanf("");
  EXPECT_THAT(edited(as_bytes, std::string(reinterpret_cast<const char*>(&other), sizeof other)),
              HasSubstr("golden"));
  EXPECT_THAT(edited(as_bytes, std::string(reinterpret_cast<const char*>(&nan), sizeof nan)),
              HasSubstr("finite"));
}

TEST_F(Export, ANetworkThatOverflowsIsRefusedInEveryFormat) {
  for (float& weight : policy_.network.layers[0].weights) weight = 1e38f;
  for (const PolicyFormatEntry& entry : kPolicyFormats) {
    EXPECT_THROW(write_policy_as(entry.format, path("policy"), policy_), Error);
    EXPECT_FALSE(std::filesystem::exists(path("policy")));
  }
}

TEST_F(Export, AnUnknownActivationIsRefusedAndLeavesNoFile) {
  policy_.network.layers[0].activation = "swish";
  for (const PolicyFormatEntry& entry : kPolicyFormats) {
    EXPECT_THROW(write_policy_as(entry.format, path("policy"), policy_), Error);
    EXPECT_FALSE(std::filesystem::exists(path("policy")));
  }
}

}  // namespace
}  // namespace kennel
