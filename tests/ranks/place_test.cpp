#include "kennel/ranks/place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/io/temp_folder.h"

namespace kennel {
namespace {

using testing::HasSubstr;

using Set = std::map<std::string, std::string>;

RankPlace place_in(const Set& set) {
  return find_place([&](const char* name) -> std::optional<std::string> {
    const auto found = set.find(name);
    return found == set.end() ? std::nullopt : std::optional(found->second);
  });
}

std::string error_in(const Set& set) {
  return error_of([&] { place_in(set); });
}

TEST(RankPlace, IsAloneWhereNobodyStartedOthers) {
  const RankPlace place = place_in({{"HOME", "/root"}});
  EXPECT_EQ(place.size, 1);
  EXPECT_EQ(place.launcher, "");
}

TEST(RankPlace, ReadsWhatEveryLauncherSets) {
  const Set at = {{"MASTER_ADDR", "10.0.0.1"}, {"MASTER_PORT", "29500"}};
  const Set launchers[] = {
      {{"RANK", "5"}, {"WORLD_SIZE", "8"}, {"LOCAL_RANK", "1"}, {"LOCAL_WORLD_SIZE", "4"}},
      {{"OMPI_COMM_WORLD_RANK", "5"},
       {"OMPI_COMM_WORLD_SIZE", "8"},
       {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
       {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"},
       {"SLURM_PROCID", "0"},  // mpirun within a job
       {"SLURM_STEP_NUM_TASKS", "2"}},
      {{"PMI_RANK", "5"}, {"PMI_SIZE", "8"}, {"MPI_LOCALRANKID", "1"}, {"MPI_LOCALNRANKS", "4"}},
      {{"SLURM_PROCID", "5"},
       {"SLURM_STEP_NUM_TASKS", "8"},
       {"SLURM_LOCALID", "1"},
       {"SLURM_STEP_TASKS_PER_NODE", "4(x2)"}}};
  const char* names[] = {"torchrun", "Open MPI", "MPICH", "Slurm"};
  for (int k = 0; k < 4; ++k) {
    Set set = launchers[k];
    set.insert(at.begin(), at.end());
    const RankPlace place = place_in(set);
    EXPECT_EQ(place.launcher, names[k]);
    EXPECT_EQ(place.rank, 5);
    EXPECT_EQ(place.size, 8);
    EXPECT_EQ(place.local_rank, 1);
    EXPECT_EQ(place.local_size, 4);
    EXPECT_EQ(place.host, "10.0.0.1");
    EXPECT_EQ(place.port, 29500);
  }
}

TEST(RankPlace, ABatchScriptOfSlurmIsNoRank) {
  EXPECT_EQ(place_in({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}}).size, 1);
}

TEST(RankPlace, RanksOfOneMachineMeetByAFileOfTheirOwn) {
  const Set set = {
      {"PMI_RANK", "1"}, {"PMI_SIZE", "2"}, {"MPI_LOCALRANKID", "1"}, {"MPI_LOCALNRANKS", "2"}};
  const RankPlace place = place_in(set);
  EXPECT_EQ(place.host, "");
  EXPECT_THAT(place.file.string(), HasSubstr("kennel-ranks-"));
  EXPECT_EQ(place.file, place_in(set).file);
}

TEST(RankPlace, OfSlurmsTheFirstHostKeepsTheMeetingPoint) {
  const Set set = {{"SLURM_PROCID", "3"},
                   {"SLURM_STEP_NUM_TASKS", "4"},
                   {"SLURM_LOCALID", "1"},
                   {"SLURM_STEP_TASKS_PER_NODE", "2(x2)"},
                   {"SLURM_STEP_NODELIST", "gpu[07-08]"},
                   {"SLURM_JOB_ID", "812"},
                   {"SLURM_STEP_ID", "0"}};
  const RankPlace place = place_in(set);
  EXPECT_EQ(place.host, "gpu07");
  EXPECT_GE(place.port, 20000);
  EXPECT_LT(place.port, 45000);
  EXPECT_EQ(first_host("a"), "a");
  EXPECT_EQ(first_host("a,b"), "a");
  EXPECT_EQ(first_host("node[003-005,9],x"), "node003");
  EXPECT_EQ(first_host("node[12,14]"), "node12");
}

TEST(RankPlace, SaysWhichVariableIsMissingOrWrong) {
  EXPECT_THAT(error_in({{"RANK", "0"}}), HasSubstr("RANK is set and WORLD_SIZE is not"));
  EXPECT_THAT(error_in({{"RANK", "zero"}, {"WORLD_SIZE", "2"}}), HasSubstr("RANK is \"zero\""));
  EXPECT_THAT(error_in({{"RANK", "2"}, {"WORLD_SIZE", "2"}}), HasSubstr("RANK is 2"));
  EXPECT_THAT(error_in({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "x"}}),
              HasSubstr("MASTER_PORT is not"));
  EXPECT_THAT(
      error_in(
          {{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "x"}, {"MASTER_PORT", "70000"}}),
      HasSubstr("MASTER_PORT is 70000"));
  EXPECT_THAT(error_in({{"OMPI_COMM_WORLD_RANK", "0"},
                        {"OMPI_COMM_WORLD_SIZE", "4"},
                        {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}}),
              HasSubstr("MASTER_ADDR"));
}

}  // namespace
}  // namespace kennel
