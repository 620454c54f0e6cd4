// node perform.mjs CORE.js PROGRAM.wasm [--steps N] BUNDLE...
//
// Checks each bundle and replays its run as the page does, in one segment. Prints a line of JSON
// for each bundle. With --steps at most N steps are taken.
import { readFileSync } from "node:fs";
import vm from "node:vm";

const [script, program, ...rest] = process.argv.slice(2);
const most = rest[0] === "--steps" ? Number(rest.splice(0, 2)[1]) : Infinity;
const { Core, Step } = vm.runInThisContext(readFileSync(script, "utf8") + "\n;({ Core, Step })");
const module = new WebAssembly.Module(readFileSync(program));

function performed(path) {
  const began = performance.now();
  const { answer, records, checkpoints } =
    new Core(module).open(new Uint8Array(readFileSync(path)));
  const opened = performance.now();
  let replay = null;
  if (answer.sound && answer.kind === "trainer") {
    const core = new Core(module);
    if (!core.roundsOnce) throw new Error("the program does not round multiply-adds once");
    const plan = core.prepare(records);
    core.begin(null, plan.last, checkpoints.get(plan.last) ?? null);
    const norm = core.initialNorm;
    replay = { verdict: "identical", rows: 0, checkpoints: 0, steps: 0 };
    for (let found = Step.plain; replay.steps < most && found < Step.end; replay.steps++) {
      found = core.step();
      if (found === Step.end) break;
      if (found === Step.row || found === Step.checkpoint) replay.rows += 1;
      if (found === Step.checkpoint) replay.checkpoints += 1;
      if (found === Step.different) replay.difference = core.answer.finding;
    }
    if (replay.steps < most) replay.difference ??= core.finish(norm)?.finding ?? null;
    if (replay.difference) replay.verdict = "different";
  }
  const seconds = (a, b) => Math.round(b - a) / 1000;
  return {
    path, answer, replay, opened: seconds(began, opened),
    seconds: seconds(opened, performance.now()),
  };
}

for (const path of rest) {
  let line;
  try {
    line = performed(path);
  } catch (error) {
    line = { path, trap: String(error) };
  }
  console.log(JSON.stringify(line));
}
