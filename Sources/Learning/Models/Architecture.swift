/// What learns.
public enum Architecture: Sendable {
  /// One post-norm encoder layer over two tokens, read at the last position; for modular tasks.
  case transformer(
    embedding: Embedding, width: Int, heads: Int, feedforward: Int, embeddingScale: Float)
  /// Linear layers with ReLU between them; for sparse parity.
  case mlp(width: Int, hiddenLayers: Int)

  public enum Embedding: Sendable {
    /// One token table and a position table.
    case shared
    /// One token table an operand, no positions.
    case perOperand
  }
}
