// node run.mjs PROBE PART: one part of the record of Probe.swift on stdout, from WebAssembly.
import { readFileSync, writeSync } from "node:fs";

const [path, part] = process.argv.slice(2);
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
