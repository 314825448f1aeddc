#include "src/export/torchscript_policy.h"

#include <torch/script.h>

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

/// \param contract  becomes the text of the contract inside, empty where there is none
torch::jit::Module load_module(const std::string& path, std::string& contract) {
  std::istringstream bytes(read_file(path));
  torch::jit::ExtraFilesMap extra = {{kContract, ""}};
  try {
    torch::jit::Module module = torch::jit::load(bytes, torch::kCPU, extra);
    contract = extra.at(kContract);
    return module;
  } catch (const std::exception&) {
    fail(path, ": no TorchScript module, or a damaged one; export the policy again");
  }
}

std::vector<float> numbers(const torch::jit::IValue& value) {
  const torch::Tensor tensor = value.toTensor().to(torch::kFloat32).contiguous();
  return {tensor.const_data_ptr<float>(), tensor.const_data_ptr<float>() + tensor.numel()};
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

PolicyFile read_torchscript(const std::string& path) {
  std::string contract;
  const torch::jit::Module module = load_module(path, contract);
  KENNEL_CHECK(!contract.empty(), path,
               ": has no contract; expected a module that kennel export wrote");
  std::vector<LayerNumbers> layers;
  while (module.hasattr(text("weight_", layers.size()))) {
    const std::string l = std::to_string(layers.size());
    layers.push_back({numbers(module.attr("weight_" + l)), numbers(module.attr("bias_" + l))});
  }
  return policy_from_contract(path, contract, layers);
}

double check_torchscript(const std::string& path, const PolicyFile& policy) {
  std::string contract;
  torch::jit::Module module = load_module(path, contract);
  const torch::NoGradGuard no_grad;
  const torch::Tensor out =
      module.forward({torch::tensor(policy.golden_obs).view({1, -1})}).toTensor().flatten();
  KENNEL_CHECK(out.numel() == std::ssize(policy.golden_action), path, ": gives ", out.numel(),
               " numbers; its golden action has ", policy.golden_action.size());
  return (out - torch::tensor(policy.golden_action)).abs().max().item<double>();
}

}  // namespace kennel
