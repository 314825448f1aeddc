// The learner's arithmetic on the CPU: slices small enough for a core's cache, each operation one
// pass over it.
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/random.h"
#include "src/rl/cpu_layers.h"
#include "src/rl/fused_rows.h"

namespace kennel {
namespace {

// Small where a step of a laptop's batch shall still fill its cores; else activations stay in a
// core's second-level cache; measured with bench/ppo_update_bench.
constexpr RowsASlice kRowsASlice = {
    .act = 256, .value = 512, .update = 512, .moments = 512, .parameters = 4096};

torch::Generator generator(std::uint64_t seed, torch::Device) { return cpu_generator(seed); }

// Each step's noise has its own seed, so that the steps can be drawn at the same time.
void draw_noise(WorkerPool& pool, std::uint64_t seed, const torch::Tensor& noise) {
  pool.run(noise.size(0), [&](std::int64_t step, int) {
    const auto stream = static_cast<std::uint64_t>(step);
    noise[step].normal_(0, 1, cpu_generator(stream_seed(seed, Stream::kActionNoise, stream)));
  });
}

torch::Tensor set_flags(const torch::Tensor& flags, std::int64_t) {
  return flags.nonzero().squeeze(1);
}

void scale(const torch::Tensor& x, const Scaling& scaling, const Parity* parity,
           torch::Tensor& out) {
  if (parity != nullptr) {
    scale_by_parity(x, scaling, *parity, out);
    return;
  }
  at::sub_out(out, x, scaling.mean);
  out.mul_(scaling.inv_std);
}

}  // namespace

const LearnerOps& cpu_ops() {
  static constexpr LearnerOps kOps = {.name = "cpu",
                                      .rows_a_slice = kRowsASlice,
                                      .threads = true,
                                      .gathers_epochs = false,
                                      .transposed_weights = true,
                                      .by_parity = true,
                                      .generator = generator,
                                      .draw_noise = draw_noise,
                                      .set_flags = set_flags,
                                      .scale = scale,
                                      .gather = gather,
                                      .dense_forward = cpu::dense_forward,
                                      .activation_backward = cpu::activation_backward,
                                      .weight_gradient = cpu::weight_gradient,
                                      .input_gradient = cpu::input_gradient};
  return kOps;
}

const LearnerOps& ops_for(torch::Device device) {
  return device.is_cpu() ? cpu_ops() : torch_ops();
}

}  // namespace kennel
