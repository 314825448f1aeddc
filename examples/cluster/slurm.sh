#!/usr/bin/env bash
# Slurm: sbatch examples/cluster/slurm.sh
# Shortly before the time is over the ranks are asked to stop, which leaves a checkpoint; then the job is put back into the queue
# and goes on from there, with as many tasks as it gets.
#SBATCH --job-name=walk
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-task=1
#SBATCH --time=01:00:00
#SBATCH --signal=B:USR1@180
#SBATCH --requeue
#SBATCH --open-mode=append
set -u
kennel=${KENNEL:-./kennel}
run=${RUN:-runs/$SLURM_JOB_NAME}
read -ra train <<<"${TRAIN:---recipe default --num-envs 32768}"
train+=(--out "$run")
if [[ -e $run/format ]]; then train=(--resume "$run"); fi

warned=
trap 'warned=1; kill -USR1 "$step"' USR1
srun "$kennel" train "${train[@]}" &
step=$!
wait "$step"
code=$?
while kill -0 "$step" 2>/dev/null; do  # the first wait was ended by the warning
  wait "$step"
  code=$?
done
if [[ -n $warned && $code == 0 ]]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "$code"
