#include "src/export/torchscript_policy.h"

#include <torch/script.h>

#include <cmath>
#include <sstream>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"

namespace kennel {
namespace {

constexpr const char* kContract = "contract.json";

std::string activation_of(const std::string& name) {
  if (name.empty()) return "x";
  if (name == "softmax") return "torch.softmax(x, 1)";
  return "torch." + name + "(x)";
}

std::vector<float> numbers(const torch::jit::IValue& value) {
  const torch::Tensor tensor = value.toTensor().to(torch::kFloat32).contiguous();
  return {tensor.const_data_ptr<float>(), tensor.const_data_ptr<float>() + tensor.numel()};
}

/// A module and what was in it.
struct Loaded {
  torch::jit::Module module;
  std::string contract;
  std::vector<LayerNumbers> layers;
};

Loaded load(const std::string& bytes) {
  std::istringstream stream(bytes);
  torch::jit::ExtraFilesMap extra = {{kContract, ""}};
  Loaded loaded{torch::jit::load(stream, torch::kCPU, extra), extra.at(kContract), {}};
  const auto& module = loaded.module;
  while (module.hasattr(text("weight_", loaded.layers.size()))) {
    const std::string l = std::to_string(loaded.layers.size());
    loaded.layers.push_back(
        {numbers(module.attr("weight_" + l)), numbers(module.attr("bias_" + l))});
  }
  return loaded;
}

/// Whether the module answers its golden observation with its golden action.
bool answers(torch::jit::Module& module, const PolicyFile& policy) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor obs = torch::tensor(policy.golden_obs).view({1, -1});
  const std::vector<float> action = numbers(module.forward({obs}));
  if (action.size() != policy.golden_action.size()) return false;
  for (std::size_t i = 0; i < action.size(); ++i)
    if (!(std::abs(action[i] - policy.golden_action[i]) <= kGoldenTolerance)) return false;
  return true;
}

/// What `call` returns; LibTorch's exceptions carry pages.
template <class Call>
auto in_one_line(const std::string& path, const char* complaint, Call&& call) {
  try {
    return call();
  } catch (const std::exception&) {
    fail(path, ": ", complaint, "; expected a module that kennel export wrote, whole");
  }
}

}  // namespace

void write_torchscript(const std::string& path, const PolicyFile& policy) {
  torch::jit::Module module("KennelPolicy");
  std::string code = "def forward(self, obs):\n  x = obs\n";
  const auto& layers = policy.network.layers;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const torch::Tensor weight =
        torch::tensor(layers[l].weights).view({layers[l].in, layers[l].out});
    module.register_buffer(text("weight_", l), weight);
    module.register_buffer(text("bias_", l), torch::tensor(layers[l].bias));
    code += text("  x = torch.matmul(x, self.weight_", l, ") + self.bias_", l, "\n");
    code += "  x = " + activation_of(layers[l].activation) + "\n";
  }
  module.define(code + "  return x\n");
  module.eval();
  std::ostringstream bytes;
  module.save(bytes, {{kContract, policy_contract(policy)}});
  write_file_atomically(path, bytes.str());
}

PolicyFile policy_from_torchscript(const std::string& path, const std::string& bytes) {
  Loaded loaded = in_one_line(path, "no TorchScript module of a policy, or a damaged one",
                              [&] { return load(bytes); });
  KENNEL_CHECK(!loaded.contract.empty(), path,
               ": has no contract; expected a module that kennel export wrote");
  const PolicyFile policy = policy_from_contract(path, loaded.contract, loaded.layers);
  KENNEL_CHECK(!policy.golden_obs.empty(), path,
               ": has no golden pair; expected a module that kennel export wrote");
  const bool same =
      in_one_line(path, "the module cannot be run", [&] { return answers(loaded.module, policy); });
  KENNEL_CHECK(same, path,
               ": the module does not answer its golden observation as its contract says; export "
               "the policy again");
  return policy;
}

}  // namespace kennel
