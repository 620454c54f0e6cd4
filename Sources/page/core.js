// The program in WebAssembly, from a script's side. One Core has one state and is used by one
// thread.
"use strict";

/** What a call of step() came to, as in Performance.swift. */
const Step = Object.freeze({
  plain: 0, row: 1, checkpoint: 2, end: 3, different: 4, computed: 5, diverged: 6,
});

class Core {
  /**
   * module: a WebAssembly.Module. onRow(step, values) gets each row of metrics when it has been
   * computed.
   */
  constructor(module, onRow = () => {}) {
    const bytes = (place, count) => new Uint8Array(this.memory.buffer, place, count);
    const text = (place, count) => new TextDecoder().decode(bytes(place, count).slice());
    this.program = new WebAssembly.Instance(module, {env: {
      host_read: (offset, count, to) => {
        bytes(to, count).set(this.file.subarray(offset, offset + count));
      },
      host_member: (name, nameCount, step, content, count) => {
        const member = bytes(content, count).slice();
        if (step >= 0) this.checkpoints.set(step, member);
        else this.records.set(text(name, nameCount), member);
      },
      host_progress: share => this.onProgress(share),
      host_row: (step, values, count) => {
        onRow(step, new Float64Array(this.memory.buffer.slice(values, values + 8 * count)));
      },
      // Only what is a number to the program's own grammar comes here.
      host_number: (place, count) => count ? Number(text(place, count)) : NaN,
    }}).exports;
    this.memory = this.program.memory;
  }

  /** Whether vectors' multiply-adds are rounded once: with relaxed SIMD not every machine does. */
  get roundsOnce() { return this.program.page_rounds_once() === 1; }

  /** The bytes of the last answer. */
  get bytes() {
    const count = this.program.page_answer_count();
    if (count === 0) return new Uint8Array();
    return new Uint8Array(this.memory.buffer, this.program.page_answer(), count).slice();
  }

  get answer() { return JSON.parse(new TextDecoder().decode(this.bytes)); }

  put(bytes) {
    if (bytes === null || bytes.length === 0) return;
    const place = this.program.page_inbox(bytes.length);
    new Uint8Array(this.memory.buffer, place, bytes.length).set(bytes);
  }

  /**
   * Checks a bundle, a Uint8Array. Gives the answer of `regrok verify --json`, the records and the
   * checkpoints.
   */
  open(file, onProgress = () => {}) {
    [this.file, this.records, this.checkpoints] = [file, new Map(), new Map()];
    this.onProgress = onProgress;
    const sound = this.program.page_open(file.length) === 1;
    const answer = this.answer;
    const {records, checkpoints} = this;
    this.file = this.records = this.checkpoints = null;
    return {answer, records: sound ? records : new Map(), checkpoints};
  }

  /** Gets ready for the run of a bundle's records; the plan, or null where they are none. */
  prepare(records) {
    for (const name of ["config.json", "trace/metrics.csv", "trace/hashes.csv", "outcome.json"]) {
      this.put(records.get("data/" + name));
      this.program.page_add_text();
    }
    this.put(records.get("data/expected-sha256.txt"));
    this.program.page_add_text();
    return this.program.page_prepare() === 1 ? this.answer : null;
  }

  /**
   * Begins a segment: behind the checkpoint `start`, or with the first step where that is null.
   * Its last step is `last`; `end` is the checkpoint stored there, or null.
   */
  begin(start, last, end) {
    this.put(start);
    if (this.program.page_begin(last) !== 1) throw new Error("a checkpoint does not fit the run");
    if (end === null) return;
    this.put(end);
    if (this.program.page_store() !== 1) throw new Error("a checkpoint cannot be read");
  }

  /** Turns one bit of one parameter after a step. */
  turn({step, tensor, element, bit}) { this.program.page_turn(step, tensor, element, bit); }

  /** Begins a run of another config behind a checkpoint; nothing of it is compared. */
  fork(config, start) {
    this.put(new TextEncoder().encode(config));
    this.program.page_add_text();
    this.put(start);
    if (this.program.page_fork() !== 1) throw new Error(new TextDecoder().decode(this.bytes));
  }

  /**
   * Takes a step. Where something differs, `answer` has the finding, as `replay --json` gives it,
   * and the differences that a statement lists.
   */
  step() { return this.program.page_step(); }

  /** The bytes of a statement (SPEC.md, 3.18). config: the run's; facts: see Statement.swift. */
  statement(config, facts) {
    this.put(config);
    this.program.page_add_text();
    this.put(facts);
    if (this.program.page_statement() !== 1) throw new Error("the statement cannot be written");
    return this.bytes;
  }

  get initialNorm() { return this.program.page_initial_norm(); }

  /** The last state that was the recorded one, as a checkpoint; null where there is none. */
  get agreed() {
    this.program.page_agreed();
    const bytes = this.bytes;
    return bytes.length ? bytes : null;
  }

  /**
   * Compares the end of the run and its outcome, when all rows and checkpoints agree. Gives what
   * differs, as step() does, or null.
   */
  finish(initialNorm) { return this.program.page_finish(initialNorm) === 1 ? null : this.answer; }
}
