import Files
import Testing

@Suite struct FileReadingTests {
}
