// Prints the hashes of Probe.swift, one a line, from WebAssembly.
import { readFileSync } from "node:fs";

const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]));
for (const name of ["exp", "log", "erf", "cospi", "transformer", "mlp"]) {
  const hash = BigInt.asUintN(64, instance.exports["probe_" + name]());
  console.log(name, hash.toString(16).padStart(16, "0"));
}
