// kennel play: the flags; src/play has the rest.
#include "kennel/play/play.h"

#include <memory>

#include "command.h"
#include "flags.h"
#include "kennel/app/run_policy.h"
#include "kennel/core/check.h"
#include "kennel/judge/model_for.h"
#include "kennel/run/interrupt.h"

namespace kennel {

RunCommand add_play(CLI::App& app) {
  struct PlayFlags {
    std::string policy;
    play::PlayOptions options;
    std::vector<double> command;
    bool web = false;
  };
  const auto flags = std::make_shared<PlayFlags>();
  play::PlayOptions& options = flags->options;
  app.add_option("policy", flags->policy,
                 "policy file (the robot's JSON, ONNX, TorchScript) or folder of a run")
      ->required();
  app.add_option("--video", options.video,
                 "write an .mp4 instead of opening a window; needs no display, but ffmpeg");
  app.add_flag(
      "--web", flags->web,
      "on a page in a browser instead, which Python's kennel.view serves; --web --help lists "
      "its flags");
  app.add_option("--command", flags->command,
                 "what the robot is told, three numbers: vx,vy,yaw_rate in m/s and rad/s for one "
                 "that walks, else what its policy file names, in that order (default: the "
                 "keyboard; in a video a tour)")
      ->delimiter(',')
      ->expected(3)
      ->check(number_from(-10.0, 10.0));
  app.add_option("--seconds", options.seconds, "end after this time of the robot")
      ->check(number_from(0.02, 3600.0));
  app.add_option("--num-envs", options.robots.count, "robots side by side")
      ->check(number_from(1, 256))
      ->capture_default_str();
  add_choice(app, "--physics",
             "mujoco; kennel: the training simulator; exact: the same in double with exact weights",
             options.robots.physics,
             {{"mujoco", judge::Physics::kMujoco},
              {"kennel", judge::Physics::kKennel},
              {"exact", judge::Physics::kExact}},
             "mujoco");
  CLI::Option* randomised =
      app.add_flag("--randomised", options.robots.randomised,
                   "every robot its own masses, gains, floor and delays, as the judge draws them");
  app.add_option("--friction", options.robots.friction, "of the floor")
      ->check(number_from(0.05, 3.0))
      ->excludes(randomised)
      ->capture_default_str();
  add_seed(app, options.robots.seed, "of the randomisation and the pushes");
  app.add_option("--model", options.model,
                 "MJCF to play in (default: the run's robot.xml, or that of the policy's robot)");
  app.add_option("--width", options.width, "pixels (default: 960; a window 1280)")
      ->check(number_from(64, 7680));
  app.add_option("--height", options.height, "pixels (default: 540; a window 720)")
      ->check(number_from(64, 4320));
  return [flags] {
    KENNEL_CHECK(!flags->web, "--web is the launcher's: ./kennel play ", flags->policy,
                 " --web, or with the Python package: python -m kennel.view ", flags->policy);
    if (flags->command.size() == 3)
      flags->options.command = {flags->command[0], flags->command[1], flags->command[2]};
    const PolicyFile policy = load_named_policy(flags->policy);
    require_robot(policy, flags->policy, "kennel play");
    std::string& model = flags->options.model;
    if (model.empty()) model = judge::model_for(flags->policy, policy);
    const InterruptGuard guard;
    flags->options.interrupted = &InterruptGuard::flag();
    return play::run_play(policy, flags->options);
  };
}

}  // namespace kennel
