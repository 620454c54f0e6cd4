#!/usr/bin/env bash
# A real Slurm on this machine: its own munged, slurmctld and slurmd, in a directory that is removed
# afterwards. The script of `regrok sweep --slurm` performs 40 cells in 4 workers. Meanwhile one
# worker is cancelled, one killed and one requeued. Every cell is sealed once, with the result of a
# local sweep. The same script again does nothing.
#
#   Tests/Engines/slurm.sh REGROK
set -euo pipefail
regrok=$(realpath "$1")
work=$(mktemp -d)
# munge does not trust a directory that others may write to.
chmod 755 "$work"
mkdir -m 700 "$work/munge"
die() { echo "slurm: $*" >&2; exit 1; }

finish() {
  for daemon in slurmd slurmctld munged; do
    if [ -e "$work/$daemon.pid" ]; then kill "$(cat "$work/$daemon.pid")" 2>/dev/null || true; fi
  done
  sleep 1
  if [ -n "${KEEP:-}" ]; then echo "slurm: kept in $work" >&2; else rm -rf "$work"; fi
}
trap finish EXIT

# MARK: the cluster

port=$((20000 + RANDOM % 20000))
host=$(hostname -s)
cat >"$work/slurm.conf" <<CONF
ClusterName=regrok
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
CredType=cred/munge
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
# Four workers, however many processors there are.
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=10
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
mkdir "$work/state" "$work/spool"
export SLURM_CONF=$work/slurm.conf
head -c 128 /dev/urandom >"$work/munge/key"
chmod 400 "$work/munge/key"
munged --force --key-file="$work/munge/key" --socket="$work/munge.socket" \
  --pid-file="$work/munged.pid" \
  --log-file="$work/munged.log" --seed-file="$work/munge/seed" 2>/dev/null
slurmctld
slurmd
for _ in $(seq 60); do
  if sinfo --noheader --format=%T 2>/dev/null | grep -qx idle; then break; fi
  sleep 1
done
sinfo --noheader --format=%T | grep -qx idle || die "no node: $(tail -n 5 "$work"/slurm*.log)"

# MARK: the work

mkdir "$work/plan"
cat >"$work/plan/plan.yaml" <<'PLAN'
preset: tiny
set: {checkpoint_interval: 0, log_interval: 500, max_steps: 30000, stop.grokked: 1}
experiments:
  - {name: forty, seeds: 1..20, grid: {optimizer.weight_decay: [0.5, 1]}}
PLAN
cd "$work/plan"
"$regrok" sweep plan.yaml -o ../out --slurm 4 --time 0:30:00 -- --comment=forty \
  >"$work/script" 2>"$work/costs"
cat "$work/costs"
grep -q '40 of 40 configs missing' "$work/costs" || die "the costs: $(cat "$work/costs")"
status() { "$regrok" sweep plan.yaml -o ../out --status --json; }
# value KEY: the number that follows it
value() { grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d: -f2; }
running() { grep -o '"runs":\["[^]]*\]' | grep -o '"[0-9a-f]\{16\}"' | wc -l || true; }
check_status() {
  local found done missing at_work
  found=$(status)
  done=$(value done <<<"$found") missing=$(value missing <<<"$found") at_work=$(running <<<"$found")
  [ $((done + missing + at_work)) = 40 ] || die "a status that does not add up: $found"
  echo "$1: $done done, $at_work at work, $missing missing"
}
check_status "before"
[ "$(status | value missing)" = 40 ] || die "before the first worker: $(status)"

job=$(sbatch --parsable <"$work/script")
until [ "$(status | running)" = 4 ]; do sleep 0.3; done
check_status "all at work"
until [ "$(grep -l '^sealed ' ../out/.work/logs/*.log | wc -l)" = 4 ]; do sleep 0.3; done
check_status "each has sealed"
# process TASK: the process id of the worker with this task number
process() {
  local batch
  batch=$(pgrep -f \
    "slurmstepd: \[$(squeue --noheader --array --format=%A --jobs "${job}_$1").batch\]")
  pgrep -P "$batch"
}
kill -KILL "$(process 3)"
scancel "${job}_2"
scontrol requeue "${job}_4"
sleep 2
check_status "one cancelled, one killed, one requeued"
# Slurm delays a requeued job for two minutes.
for _ in $(seq 20); do
  if scontrol update "JobId=${job}_4" StartTime=now 2>/dev/null; then break; fi
  sleep 0.5
done
while squeue --noheader --jobs "$job" 2>/dev/null | grep -q .; do sleep 1; done
check_status "after"

sealed() { cat ../out/.work/logs/*.log | grep '^sealed ' | cut -d' ' -f2; }
[ -z "$(sealed | sort | uniq -d)" ] || die "sealed twice: $(sealed | sort | uniq -d)"
found=$(find ../out -maxdepth 1 -name '*.tar.zst' | wc -l)
[ "$found" = 40 ] || die "$found bundles: $(tail -n 3 ../out/.work/logs/*.log)"
[ "$(status | value done)" = 40 ] || die "after the last worker: $(status)"
grep -q '^regrok: interrupted; ' ../out/.work/logs/*-2.log ||
  die "the cancelled worker: $(cat ../out/.work/logs/*-2.log)"

# MARK: a local sweep, and the same script again

"$regrok" sweep plan.yaml -o ../local >/dev/null 2>&1
results() {
  "$regrok" verify --json "$1"/*.tar.zst |
    grep -o '"\(result_sha256\|run\)":"[0-9a-f]*"' | sort
}
cmp <(results ../out) <(results ../local) || die "other results than a local sweep has"
times() { (cd ../out && stat -c '%n %Y %i' ./*.tar.zst); }
before=$(times)
again=$(sbatch --parsable --wait <"$work/script" | head -n 1)
[ "$before" = "$(times)" ] || die "the same script again has changed bundles"
for log in ../out/.work/logs/"${again%%;*}"-*.log; do
  grep -q '^40 of 40 configs sealed; 40 were there already$' "$log" || die "again: $(cat "$log")"
done
"$regrok" sweep plan.yaml -o ../out --clean
[ ! -e ../out/.work ] || die ".work is still there"
echo "slurm: 40 cells in 4 workers, one cancelled, one killed, one requeued: each sealed once," \
  "as a local sweep does"
