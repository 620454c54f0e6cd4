// node run.mjs PROBE PART: one part of the record of Probe.swift on stdout, from WebAssembly.
// node run.mjs --relaxed: whether node has relaxed SIMD.
import { readFileSync, writeSync } from "node:fs";

const [path, part] = process.argv.slice(2);
if (path === "--relaxed") {
  // A function of three vectors that gives f32x4.relaxed_madd of them.
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
