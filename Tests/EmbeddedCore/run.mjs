// node run.mjs PROBE PART: writes one part of Probe.swift's record to stdout, from WebAssembly.
// node run.mjs --relaxed: exits with 0 if node has relaxed SIMD.
import { readFileSync, writeSync } from "node:fs";

const [path, part] = process.argv.slice(2);
if (path === "--relaxed") {
  // A function that returns f32x4.relaxed_madd of its three vectors.
  const code = [0x20, 0, 0x20, 1, 0x20, 2, 0xfd, 0x85, 0x02, 0x0b];
  const module = [
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 8, 1, 0x60, 3, 0x7b, 0x7b, 0x7b, 1, 0x7b, 3, 2, 1, 0,
    10, code.length + 3, 1, code.length + 1, 0, ...code,
  ];
  process.exit(WebAssembly.validate(new Uint8Array(module)) ? 0 : 1);
}
const { instance } = await WebAssembly.instantiate(readFileSync(path), {
  env: {
    probe_write(start, count) {
      const bytes = new Uint8Array(instance.exports.memory.buffer, start, count);
      for (let written = 0; written < count; ) {
        written += writeSync(1, bytes.subarray(written));
      }
    },
  },
});
instance.exports.probe(Number(part));
