#include "kennel/render/renderer.h"

#include <memory>

namespace kennel::render {
namespace {

constexpr int kCoarseSlices = 12;
constexpr int kCoarseStacks = 6;
constexpr int kCoarseQuads = 1;

}  // namespace

// The renderer takes its size and quality from the model, which is the caller's: a copy has ours.
void make_renderer(const mjModel& model, const Quality& quality, int offscreen_width,
                   int offscreen_height, mjtFontScale font, mjrContext& renderer) {
  const std::unique_ptr<mjModel, void (*)(mjModel*)> copy(mj_copyModel(nullptr, &model),
                                                          mj_deleteModel);
  copy->vis.global.offwidth = offscreen_width;
  copy->vis.global.offheight = offscreen_height;
  if (!quality.smooth_edges) copy->vis.quality.offsamples = 0;
  if (quality.coarse_geoms) {
    copy->vis.quality.numslices = kCoarseSlices;
    copy->vis.quality.numstacks = kCoarseStacks;
    copy->vis.quality.numquads = kCoarseQuads;
  }
  mjr_defaultContext(&renderer);
  mjr_makeContext(copy.get(), &renderer, font);
}

}  // namespace kennel::render
