import Configs
public import Digests
import RunRecords

/// Claims about runs as people write them: what is claimed, which runs count, and what decides
/// (SPEC.md, "Claims").
public struct ClaimsFile: Sendable {
  public var title: String
  /// Where the claims are published; empty where the file does not say.
  public var source: String
  public var about: String
  /// The folders in which runs are looked for, relative to the directory of the runs.
  public var folders: [String]
  public var experiments: [Experiment]
  public var claims: [Claim]
  public var figures: [ClaimsFigure]
  public var changes: [Change]
  /// How published results are read; nil where the file does not say.
  var published: PublishedFormat?
  /// The digest of the file's bytes.
  public var digest: Digest

  /// The largest file that is read, in bytes.
  public static let largestFile = 1 << 20

  /// A named set of runs.
  public struct Experiment: Sendable {
    public var name: String
    var source: Source
    /// How many runs of each cell a conclusion needs.
    var leastSeeds: Int
    var spectra: Spectra?

    enum Source: Sendable {
      /// Runs of these configs, or views of other runs under them. With `takesAnySeed` each cell
      /// stands here once, and runs of every seed count. `later` are runs that fork from others
      /// once those have memorised; the others' traces complete their configs.
      case cells([RunSpec], later: [SweepPlan.PlannedRun], takesAnySeed: Bool)
      /// Runs as they were recorded.
      case recorded(Expression)
    }

    enum Spectra: String, Sendable, CaseIterable { case low, full }

    /// The resolution of the logit spectra that it uses. Nil if it uses none, or if the run's task
    /// has no modulus.
    func spectrumResolution(of run: Observation) -> SpectrumResolution? {
      switch (spectra, run.modulus) {
      case (.low, .some): .low
      case (.full, .some(let modulus)): .full(modulus: modulus)
      default: nil
      }
    }
  }

  /// A change of a band or a sentence after runs were sealed.
  public struct Change: Sendable {
    public var date: String
    /// Empty if it concerns all claims.
    public var claims: [Int]
    public var what: String
    public var before: String
    public var after: String
    public var reason: String
    /// The file as it stood before the change, where it is kept: its name and its digest.
    public var earlier: Earlier?

    public struct Earlier: Sendable, Hashable {
      public var name: String
      public var digest: Digest
    }
  }
}
