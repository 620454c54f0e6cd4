import Configs
import RunRecords

/// What `regrok help TOPIC` prints, beside the help of the commands.
enum HelpTopic: String, CaseIterable {
  case configs
  case engines
  case forks
  case json
  case plans
  case programs

  /// "plan" means "plans".
  init?(word: String) {
    guard let topic = Self(rawValue: word) ?? Self(rawValue: word + "s") else { return nil }
    self = topic
  }

  var text: String {
    switch self {
    case .configs: Self.aboutConfigs
    case .engines: Self.aboutEngines
    case .forks: Self.aboutForks
    case .json: AnswerForms.text
    case .plans: Self.aboutPlans
    case .programs: Self.aboutPrograms
    }
  }

  /// A sentence in the help of commands that do not read a whole bundle.
  static let readsInPart = """
    Of a bundle, only the parts that are needed are read and checked; `regrok verify` checks every \
    byte.
    """

  private static let aboutPlans = """
    Plans: many runs at once

    A plan is a YAML file. It says what all runs have in common, and lists experiments that say how
    the runs differ. regrok reads the whole plan and checks every config before it starts a run.

      preset: modular-addition                  # as run --preset; or program: FILE
      set: {checkpoint_interval: 0}             # for all runs; keys as in run --set
      also: [../paper]                          # runs sealed in these folders count as done
      experiments:
        - name: decay
          about: what it is for
          set: {log_interval: 500}              # for all runs of this experiment
          cases:                                # one run for each case and seed
            - {optimizer.weight_decay: 0}
            - {optimizer.weight_decay: 1, max_steps: 20000}
          seeds: 42..51                         # ten seeds; 5 is one seed, [1, 2, 7] are three
        - name: rates
          grid:                                 # one run for each combination and seed
            optimizer.learning_rate: [1e-3, 1e-2]
            batch: [64, 128]
          seeds: 1..3
          where:                                # only for the runs that match "if"
            - {if: {batch: 64}, set: {max_steps: 10000}}

    Write a list of values in brackets. Only seeds can be a range. Variables as ${name} are not
    replaced, other files are not included, and plans of Hydra are not read.

      regrok sweep plan.yaml -o out --dry-run
      regrok sweep plan.yaml -o out
      regrok list out --where optimizer.weight_decay=1
      regrok pack out/RUN.tar.zst --sign KEY -o signed.tar.zst

    The first command shows how many runs there are and how long they take; the second performs
    them, and can be stopped and started again.

    More: regrok help configs (the keys), regrok help forks (changes during a run), regrok help
    engines (many machines). SPEC.md, section 2.8, has the whole format.
    """

  private static let aboutPrograms = """
    Programs: runs of any program

    regrok can record, seal, compare and perform again a program that you have, in any language.
    The claim is weaker than for regrok's own trainer. There, every machine must get the same bits.
    For a program, regrok shows only that this machine got the same result again.

    The program has to do one thing: write metrics.csv, with a column "step" and one row for each
    step that it logs. It writes the file into its working directory, or into the directory that
    the environment variable RUN_OUTPUT names. Two kinds of files are optional:
    checkpoints/step-N.safetensors are compared tensor by tensor, and outcome.json, one flat object,
    holds the results of the run.

      regrok record --repeat 3 -- python train.py     # inputs: what git tracks here, or --input
      regrok pack runs/RUN
      regrok replay runs/RUN.tar.zst --execute        # never executed without --execute
      regrok record --adopt results/                  # results that you have: nothing is executed

    A program file can say the same. It can also say what is not compared, and with which tolerance:

      # regrok record -f program.yaml
      run: [python, train.py, --config, "{config}", --out, "{out}"]
      config: conf.yaml                               # or the keys themselves
      inputs: [train.py, data/]
      env: [OMP_NUM_THREADS]                          # variables that are recorded
      metrics: {file: log/metrics.csv, step: iteration}
      compare:
        columns: {seconds: ignore, loss: {relative: 1e-6}}
        files: {"*.png": ignore}

    In the arguments, {out} stands for an empty directory, {config} for a file with the config, and
    {config.KEY} for one value of it; {{ is a brace. A plan may name a program file in place of a
    preset: see regrok help plans. SPEC.md, sections 2.13, 2.14 and part 4, has the whole format.
    """

  private static let aboutConfigs =
    """
    Configs: everything that determines a run

    A config is a YAML file. A key that you leave out has its default. An unknown key, or a value
    out of bounds, is an error with file and line. The run id is a digest of the whole config, with
    all defaults; `regrok show RUN` shows the config of a run.

      task: {name: permutations, degree: 4}
      model: {layers: 2, norm: pre}
      optimizer: {name: lion, learning_rate: 1e-4, weight_decay: 10}
      log: {columns: [squared_norms, full_gradient]}
      seed: 43

    On the command line a key has its section in front:

      regrok run config.yaml --set task.degree=5

    The key `at` changes something during the run: see regrok help forks. SPEC.md says what each key
    does, in sections 1.7 to 1.11, 1.16 to 1.20 and 2.1.

    Below are the key, its default, and the values it takes.


    """ + ConfigKeys.lines.joined(separator: "\n")

  private static let aboutEngines = """
    Engines: sweeps on many machines

    Many workers can share one sweep. They need one directory that all of them see, and no server.
    A worker takes a run that no other worker has, the longest first. It performs the run, seals it,
    and takes the next one. Runs that share their steps are computed together. You may add, stop or
    kill workers at any time. If a worker is killed, another one continues its run: at once on the
    same machine, after ten minutes without a sign of life on another machine. The results do not
    depend on any of this. A worker ends when other workers have all remaining runs. Start the same
    command again to do what is still missing.

    The file system must have hard links. NFS, Lustre, BeeGFS and the local file systems of Unix
    have them. File locks (flock) are used if they work, but they are not needed.

    If two workers get different results for one config of regrok's trainer, the sweep ends with
    status 1 and keeps both. If a program gives another result the second time, the sweep reports it
    and keeps both.

      regrok sweep plan.yaml -o out --status [--json]    what is done, who has what, what is left
      regrok sweep plan.yaml -o out --dry-run            how long it will take
      regrok sweep plan.yaml -o out --clean              removes out/.work, when all is done

    One machine: one worker for each processor.

      regrok sweep plan.yaml -o out

    Slurm: an array of workers, as many as you like. The runs do not depend on the array index.
    Slurm sends SIGTERM two minutes before the time limit; then the states are saved. Submit the
    same script again for what is missing. If nothing is missing, it does nothing.

      regrok sweep plan.yaml -o out --slurm 20 --time 4:00:00 -- --partition=long > sweep.sbatch
      sbatch sweep.sbatch

    GNU parallel:

      parallel -N0 regrok sweep plan.yaml -o out --worker ::: $(seq 8)

    Machines that you reach by ssh and that have the directory under the same path:

      for host in alpha beta gamma; do
        ssh "$host" "cd $PWD && regrok sweep plan.yaml -o out --worker" &
      done; wait

    Kubernetes, with a volume that all pods can write (ReadWriteMany):

      apiVersion: batch/v1
      kind: Job
      metadata: {name: sweep}
      spec:
        completions: 8
        parallelism: 8
        completionMode: Indexed
        template:
          spec:
            restartPolicy: OnFailure
            terminationGracePeriodSeconds: 60
            containers:
              - name: worker
                image: your/regrok
                command: [regrok, sweep, /data/plan.yaml, -o, /data/out, --worker]
                volumeMounts: [{name: data, mountPath: /data}]
            volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]

    Programs in a plan have threads of their own. Set OMP_NUM_THREADS, or what your library reads,
    so that all programs on one machine together have as many threads as it has processors. regrok
    does not set it for you, because the number of threads may change a program's result.
    """

  private static let aboutForks = """
    Forks: runs with a change at some step

    A config may list changes under `at`. Each one acts just before its step. Everything before that
    step, rows and checkpoints, has the same bits as in the run without the change. So any later
    difference is caused by the change.

      task: {name: modular-addition}
      at:
        - {step: 0, perturb: {tensor: head.weight, element: 5, ulps: 1}}
        - {step: 801, set: {optimizer.weight_decay: 2}}          # also learning_rate, batch,
                                                                 # loss.temperature, decay_on, …
        - {step: 801, scale: {tensors: all, by: 0.70710678}}     # or a list of tensors by name
        - {step: 900, hold: {squared_norm: 1900}, until: 20000}  # after every update

    Apart from that it is an ordinary config. The run has its own run id, starts at step 0, and can
    be resumed, sealed, verified and replayed.

      regrok show RUN          lists the changes, and marks their steps in the charts
      regrok diff PARENT RUN   says up to which step the two runs are equal

    In a plan, an experiment or each of its cases may have changes. A beginning that several runs
    share is computed once. `at_memorization` acts one step after the run without the change has
    memorised; so these runs are planned when that run is sealed. `perturbations` makes many runs,
    each with a tiny change of one parameter.

      preset: modular-addition
      set: {checkpoint_interval: 0}
      experiments:
        - name: base
          seeds: 42..51
        - name: arms
          seeds: 42..51
          cases:
            - {at_memorization: [{set: {optimizer.weight_decay: 0}}]}
            - {at_memorization: [{scale: {tensors: all, by: 0.5}}]}
            - {at: [{step: 0, scale: {tensors: [tok.weight, pos.weight], by: 0.02}}]}
        - name: noise
          perturbations: {count: 200, ulps: 1, at: memorization}

      regrok sweep plan.yaml -o out --status   says how many runs wait for another run

    SPEC.md, sections 1.16, 2.1 and 2.8, has the whole format.
    """
}
