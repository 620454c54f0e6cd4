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

  /// What commands say of themselves that do not need all of a bundle.
  static let readsInPart = """
    Of a bundle only what is needed is read, and checked as it is read: verify reads every byte.
    """

  private static let aboutPlans = """
    Plans: many runs at once

    A plan is YAML: what its runs have in common, and experiments that say in what they differ. All
    of it is read, every config in it, before anything is started; --dry-run says what it comes to.

      preset: modular-addition                  # as run --preset; a program: FILE in its place
      set: {checkpoint_interval: 0}             # keys with dots, as run --set takes them
      also: [../paper]                          # folders in which a sealed run counts as done
      experiments:
        - name: decay
          about: what it is for
          set: {log_interval: 500}
          cases:                                # alternatives, one after the other
            - {optimizer.weight_decay: 0}
            - {optimizer.weight_decay: 1, max_steps: 20000}
          seeds: 42..51                         # ten seeds; 5 is one seed, [1, 2, 7] are three
        - name: rates
          grid:                                 # every value with every other
            optimizer.learning_rate: [1e-3, 1e-2]
            batch: [64, 128]
          seeds: 1..3
          where:                                # what is so of some of them alone
            - {if: {batch: 64}, set: {max_steps: 10000}}

    A list of values stands in brackets; a range is for seeds. Nothing is interpolated, no file is
    included, and plans of Hydra are not read.

      regrok sweep plan.yaml -o out --dry-run
      regrok sweep plan.yaml -o out
      regrok list out --where optimizer.weight_decay=1
      regrok pack out/RUN.tar.zst --sign KEY -o signed.tar.zst

    SPEC.md has the whole of it: 2.8. Changes on the way: regrok help forks. Many machines: regrok
    help engines. Keys: regrok help configs.
    """

  private static let aboutPrograms = """
    Programs: runs of anything that can be started

    A program that is there already, in any language, is recorded, sealed, compared and performed
    again. Of the trainer here: any machine must get these bits. Of a program: this machine got them
    again, where it was run again.

    It writes a row of metrics.csv for each step that it logs, into the directory of the variable
    RUN_OUTPUT or where it stands; a column named step counts the rows. Nothing else is needed.
    Files of checkpoints/step-N.safetensors are compared tensor by tensor, and a flat object in
    outcome.json is what the run found.

      regrok record --repeat 3 -- python train.py     # inputs: what git tracks here, or --input
      regrok pack runs/RUN
      regrok replay runs/RUN.tar.zst --execute        # with your consent alone
      regrok record --adopt results/                  # of a run that is over: nothing is executed

    The same in a file, which says also what is not compared, or within which tolerance:

      # regrok record -f program.yaml
      run: [python, train.py, --config, "{config}", --out, "{out}"]
      config: conf.yaml                               # or the keys themselves
      inputs: [train.py, data/]
      env: [OMP_NUM_THREADS]                          # variables that are recorded
      metrics: {file: log/metrics.csv, step: iteration}
      compare:
        columns: {seconds: ignore, loss: {relative: 1e-6}}
        files: {"*.png": ignore}

    In its words {out} is an empty directory, {config} a file with the config and {config.KEY} a
    value of it; {{ is a brace. A plan may have a program in the place of the preset: see regrok
    help plans. SPEC.md has the whole of it: 2.13, 2.14 and part 4.
    """

  private static let aboutConfigs =
    """
    Configs: all that determines a run

    A config is YAML, the keys of a section below it. What is left out has its default; what is
    unknown or out of its bounds is told with file and line. `regrok show RUN` says what a run had,
    and the run id is the digest of all of it.

      task: {name: permutations, degree: 4}
      model: {layers: 2, norm: pre}
      optimizer: {name: lion, learning_rate: 1e-4, weight_decay: 10}
      log: {columns: [squared_norms, full_gradient]}
      seed: 43

      regrok run config.yaml --set task.degree=5      a key with its section in front

    Changes on the way stand in `at`: see regrok help forks. SPEC.md has what each key does: 1.7 to
    1.11, 1.16 to 1.20, and all of this once more in 2.1.


    """ + ConfigKeys.lines.joined(separator: "\n")

  private static let aboutEngines = """
    Sweeps on any engine

    A sweep is any number of workers over one directory that all of them see. Nobody drives them: a
    worker takes a trajectory that nobody has (the longest first), performs it, seals its cells and
    takes the next. Workers may be added, ended and killed at any time. What one had that was
    killed is gone on with by another: at once on the same host, and after ten minutes without a
    sign of life on another. Results do not depend on any of this. A worker ends when others have
    all that is left; the same command again does what is still missing.

    The directory has to have hard links, which NFS, Lustre, BeeGFS and every local file system of
    Unix have; locks (flock) are used where there are any, and not needed.

    Two results of one config of the trainer end the sweep with status 1, and both are kept. A
    program that gives another result the second time is told, and both results are kept.

      regrok sweep plan.yaml -o out --status [--json]    what is done, who has what, what is left
      regrok sweep plan.yaml -o out --dry-run            what it will cost
      regrok sweep plan.yaml -o out --clean              removes work in progress, once all is done

    One machine: as many workers as it has processors.

      regrok sweep plan.yaml -o out

    Slurm: an array of workers, as many as you like; cells are not bound to indices. SIGTERM, which
    comes two minutes before the time limit, saves the states. Submit the same script again for
    what is missing; it does nothing when nothing is.

      regrok sweep plan.yaml -o out --slurm 20 --time 4:00:00 -- --partition=long > sweep.sbatch
      sbatch sweep.sbatch

    GNU parallel:

      parallel -N0 regrok sweep plan.yaml -o out --worker ::: $(seq 8)

    Hosts that are reached by ssh and have the directory under the same path:

      for host in alpha beta gamma; do
        ssh "$host" "cd $PWD && regrok sweep plan.yaml -o out --worker" &
      done; wait

    Kubernetes, with a volume that all pods may write (ReadWriteMany):

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

    Programs in a plan have threads of their own: set OMP_NUM_THREADS, or what your library reads,
    so that the programs of all workers on a host have as many threads as it has processors.
    Nothing is set for you, as the number of threads may change a program's result.
    """

  private static let aboutForks = """
    Forks and perturbations: one thing changed at one step of a run

    A config may say what is changed on the way. An item of `at` acts before its step; all that comes
    before it, rows and checkpoints, is the same to the bit as in the run without it. So whatever
    differs afterwards, the change has caused.

      task: {name: modular-addition}
      at:
        - {step: 0, perturb: {tensor: head.weight, element: 5, ulps: 1}}
        - {step: 801, set: {optimizer.weight_decay: 2}}          # also learning_rate, batch,
                                                                 # loss.temperature, decay_on, …
        - {step: 801, scale: {tensors: all, by: 0.70710678}}     # or a list of tensors by name
        - {step: 900, hold: {squared_norm: 1900}, until: 20000}  # after every update

    It is a config as any other: it has
    a run id, is performed from nothing, killed and resumed, sealed, verified and replayed.

      regrok show RUN          says what is changed when, and marks the steps
      regrok diff PARENT RUN   says up to which step the two are equal

    A plan may have the changes of an experiment, or of each case. Beginnings in common are computed
    once. `at_memorization` acts one step after the run without the change has memorised: a sweep plans
    that when the other run is sealed. `perturbations` makes runs that each differ in one element.

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

      regrok sweep plan.yaml -o out --status   says how many wait for a parent

    SPEC.md has the whole of it: 1.16, 2.1 and 2.8.
    """
}
