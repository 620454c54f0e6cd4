import RunRecords

/// `data/README.md`: how to check a bundle with standard tools only.
enum BundleReadme {
  static func text(runID: String, hasCheckpoints: Bool) -> String {
    """
    # Run \(runID)

    A training run of a small neural network, sealed by regrok. `config.json` determines every \
    bit of
    it; `expected-sha256.txt` lists the SHA-256 of every result. `regrok verify` checks this bundle,
    `regrok replay` trains again and compares. The tools below need nothing of regrok.

        tar --zstd -xf BUNDLE.tar.zst        # or: zstd -dc BUNDLE.tar.zst | tar -xf -
        cd \(runID)
        sha256sum -c manifest-sha256.txt     # every file under data/
        sha256sum -c tagmanifest-sha256.txt  # the manifest and the tag files
        bagit.py --validate .                # pip install bagit
        rocrate-validator validate -p process-run-crate data    # pip install roc-validator

    The file is several zstandard frames behind each other: a library's call that stops after \
    the first
    (`ZstdDecompressor().decompress` in Python) gives a part of it; one that reads a stream \
    gives all.

    When the bundle is signed (`tagmanifest-sha256.txt.sig`), with the keys that you trust in \
    ALLOWED
    (see "ALLOWED SIGNERS" in ssh-keygen's manual):

        ssh-keygen -Y verify -f ALLOWED -I WHO -n regrok -s tagmanifest-sha256.txt.sig \
    < tagmanifest-sha256.txt

    `ro-crate-preview.html` shows the run in a browser; it needs no network and has no script.

    The bundle's identity is `sha256sum tagmanifest-sha256.txt`, the result's is
    `sha256sum data/expected-sha256.txt`: another honest run of the same config gives the same \
    result.

    `trace/metrics.csv` has a row after each logged step; with all its bits in pandas:

        pandas.read_csv("data/trace/metrics.csv", float_precision="round_trip")

    `trace/hashes.csv` has the SHA-256 of all parameters, and of all optimizer state, as \
    little-endian
    binary32 without gaps in the order of the checkpoint's file.

    \(hasCheckpoints ? checkpoints : missingCheckpoints)

    """
  }

  private static let checkpoints = """
    `checkpoints/step-XXXXXXXX.safetensors` holds the state after that step: the parameters by their
    PyTorch names, and the optimizer's state under `optimizer.`, which a model does not take:

        import safetensors.torch
        file = "data/checkpoints/step-00000000.safetensors"
        state = safetensors.torch.load_file(file)
        model.load_state_dict(
            {k: v for k, v in state.items() if not k.startswith("optimizer.")}, strict=True)
    """

  private static let missingCheckpoints = """
    This is a thin bundle: the checkpoints that `expected-sha256.txt` lists are left out.
    `regrok replay BUNDLE.tar.zst --fill DIR` computes them again and lays them and the other \
    results
    into DIR; there `sha256sum -c expected-sha256.txt` checks them.
    """

  // MARK: A program's

  static func text(of program: FinishedProgram) -> String {
    let record = program.record
    let runID = record.runID
    let missing = record.missingInputs
    return """
      # Run \(runID) of \(program.name)

      The run of a program, recorded and sealed by regrok. `program.json` says what ran and how its
      runs are compared, `inputs-sha256.txt` what it was given, `expected-sha256.txt` what it gave.
      What is sealed is what one machine got: `regrok verify` checks this bundle and executes \
      nothing;
      `regrok replay BUNDLE --execute` runs the program again, if you trust it, and compares.

      The tools below need nothing of regrok.

          tar --zstd -xf BUNDLE.tar.zst        # or: zstd -dc BUNDLE.tar.zst | tar -xf -
          cd \(runID)
          sha256sum -c manifest-sha256.txt     # every file under data/
          sha256sum -c tagmanifest-sha256.txt  # the manifest and the tag files
          (cd data/inputs && sha256sum -c ../inputs-sha256.txt)
          bagit.py --validate .                # pip install bagit
          rocrate-validator validate -p process-run-crate data    # pip install roc-validator

      The program ran as

          \(program.command)

      in a directory that held \
      \(record.spec.ranHere ? "more than its inputs" : "its inputs and nothing else"). \
      \(missing.isEmpty
        ? "All inputs are in `data/inputs/`."
        : "\(missing.count) of its inputs are recorded by their digests alone.") \
      `environment.json` has \
      what it ran with, `repeats.json` how far it differs from itself, `left-out.json` what is \
      not here.

      `data/trace/metrics.csv` has its curves, `data/trace/observed.csv` those that are not \
      compared; in
      pandas with all their bits: `pandas.read_csv(FILE, float_precision="round_trip")`. What it \
      wrote
      where it stood is in `data/results/work/`, its output in `data/results/out/`.

      The bundle's identity is `sha256sum tagmanifest-sha256.txt`, the result's is
      `sha256sum data/expected-sha256.txt`: another run with the same results has the same.

      """
  }
}
