import RunRecords

/// What `regrok help TOPIC` prints, beside the help of the commands.
enum HelpTopic: String, CaseIterable {
  case engines

  var text: String {
    switch self {
    case .engines: Self.aboutEngines
    }
  }

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
}
