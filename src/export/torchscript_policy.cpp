#include "src/export/torchscript_policy.h"

#include <torch/script.h>

#include <nlohmann/json.hpp>
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

double check_torchscript(const std::string& path) {
  std::istringstream bytes(read_file(path));
  torch::jit::ExtraFilesMap extra = {{kContract, ""}};
  torch::jit::Module module;
  try {
    module = torch::jit::load(bytes, torch::kCPU, extra);
  } catch (const std::exception&) {
    fail(path, ": no TorchScript module, or a damaged one; export the policy again");
  }
  const auto contract = nlohmann::json::parse(extra.at(kContract), nullptr, false);
  KENNEL_CHECK(contract.is_object() && contract.contains("golden"), path,
               ": has no contract with a golden pair; expected a module that kennel export wrote");
  const auto obs = contract.at("golden").at("obs").get<std::vector<float>>();
  const auto action = contract.at("golden").at("action").get<std::vector<float>>();
  const torch::NoGradGuard no_grad;
  const torch::Tensor out = module.forward({torch::tensor(obs).view({1, -1})}).toTensor().flatten();
  KENNEL_CHECK(out.numel() == static_cast<std::int64_t>(action.size()), path, ": gives ",
               out.numel(), " numbers; its golden action has ", action.size());
  return (out - torch::tensor(action)).abs().max().item<double>();
}

}  // namespace kennel
