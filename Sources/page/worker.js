// One thread of the page: checks a bundle, or performs a segment of its run, in slices between
// which it listens.
"use strict";

const sliceMilliseconds = 40;
let modules, resume = null;

/** Lets messages in. */
const listen = () => new Promise(done => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => { channel.port1.close(); done(); };
  channel.port2.postMessage(null);
});

/** Follows the bytes of a bundle to their checked records. */
async function open({file}) {
  let last = 0;
  const core = new Core(modules.exact);
  const found = core.open(new Uint8Array(await file.arrayBuffer()), share => {
    if (performance.now() - last < 100) return;
    last = performance.now();
    postMessage({kind: "share", share});
  });
  const contents = [...found.records.values(), ...found.checkpoints.values()];
  postMessage({kind: "opened", ...found}, contents.map(bytes => bytes.buffer));
}

/** A core for a run: with relaxed SIMD where that rounds as it must. */
function coreFor(records, isExact, onRow) {
  const core = new Core(isExact ? modules.exact : modules.relaxed, onRow);
  if (core.prepare(records) === null) throw new Error("the records cannot be read");
  return core;
}

/** Whether a fork that begins with step `first` has come to its end: SPEC.md, the end of a run. */
function endOf({max_steps, stop}, first) {
  let grokked = null;
  return (found, taken, rows) => {
    const row = found === Step.computed ? rows.at(-1) : null;
    // Validation accuracy is the fourth value of a row.
    if (row && row.values[3] >= stop.grokked) grokked ??= row.step;
    return first + taken >= max_steps
      || row !== null && grokked !== null && row.step > grokked + stop.steps_after_grokking;
  };
}

/** Performs a segment, or a fork; says what came of it. */
async function perform({records, segment, isExact, fork}) {
  // A row is told with what its comparison gave; one that differs is the last before the run's end
  // is looked at.
  let rows = [], row = null, steps = 0, began = performance.now();
  const onRow = (step, values) => { row = {step, values: [...values]}; };
  let core = coreFor(records, isExact, onRow);
  const place = (start, turn) => {
    core.begin(start, segment.last, segment.end);
    if (turn) core.turn(turn);
  };
  let isLast = () => false;
  if (fork) {
    core.fork(fork, segment.start);
    isLast = endOf(JSON.parse(fork), segment.first);
  }
  if (!fork) place(segment.start, segment.turn);
  postMessage({kind: "began", initialNorm: core.initialNorm});
  const tell = () => {
    postMessage({kind: "progress", steps, rows});
    [rows, steps] = [[], 0];
  };
  let taken = 0;
  for (;;) {
    const found = core.step();
    if (found !== Step.end) [steps, taken] = [steps + 1, taken + 1];
    if (row) {
      row.agrees = found === Step.row || found === Step.checkpoint;
      rows.push(row);
      row = null;
    }
    if (found === Step.different && !isExact) {
      // A browser may round otherwise than it said: before anything is called different, the other
      // program looks again from the last state that was right, and tells the rows behind that
      // anew.
      postMessage({kind: "again"});
      const start = core.agreed ?? segment.start;
      isExact = true;
      core = coreFor(records, true, onRow);
      place(start, segment.turn);
      continue;
    }
    if (found >= Step.end && found !== Step.computed || isLast(found, taken, rows)) {
      tell();
      const difference = found === Step.different ? core.answer : null;
      return postMessage({kind: "done", difference});
    }
    if (performance.now() - began < sliceMilliseconds) continue;
    tell();
    await listen();
    if (resume) await resume.promise;
    began = performance.now();
  }
}

/** Compares the end of the run and its outcome, when all rows agree. */
function finish({records, initialNorm}) {
  postMessage({kind: "finished", difference: coreFor(records, true).finish(initialNorm)});
}

onmessage = async ({data}) => {
  try {
    if (data.kind === "load") {
      modules = data.modules;
      const isFast = modules.relaxed !== null && new Core(modules.relaxed).roundsOnce;
      postMessage({kind: "loaded", isFast});
    } else if (data.kind === "open") {
      await open(data);
    } else if (data.kind === "plan") {
      const core = new Core(modules.exact);
      postMessage({kind: "planned", plan: core.prepare(data.records)});
    } else if (data.kind === "perform") {
      await perform(data);
    } else if (data.kind === "finish") {
      finish(data);
    } else if (data.kind === "state") {
      const bytes = new Core(modules.exact).statement(data.config, data.facts);
      postMessage({kind: "stated", bytes});
    } else if (data.kind === "pause") {
      resume = {};
      resume.promise = new Promise(done => { resume.done = done; });
    } else if (data.kind === "resume") {
      resume?.done();
      resume = null;
    }
  } catch (error) {
    postMessage({kind: "failed", message: String(error.message ?? error)});
  }
};
