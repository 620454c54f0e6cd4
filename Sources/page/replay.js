// The page: takes a bundle, has it checked and performed again by workers, and shows what comes of
// it.
"use strict";

const mostBytes = 512 * 2 ** 20;
const element = id => document.getElementById(id);
const decoded = bytes => new TextDecoder().decode(bytes);
const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

function time(seconds) {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.max(0, Math.round(seconds));
  const two = number => String(number).padStart(2, "0");
  return whole < 3600 ? `${Math.floor(whole / 60)}:${two(whole % 60)} min`
    : `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)} h`;
}

function make(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

// MARK: The programs

const fromBase64 = text => Uint8Array.from(atob(text.trim()), c => c.charCodeAt(0));

/** Both programs, unpacked by a small one; relaxed is null where its instructions are lacking. */
const programs = (async () => {
  const small = await WebAssembly.instantiate(fromBase64(element("unpacker").textContent));
  const unpacker = small.instance.exports;
  const packed = fromBase64(element("programs").textContent);
  const [exactSize, relaxedSize] = element("programs").dataset.sizes.split(" ").map(Number);
  const from = unpacker.place(packed.length);
  new Uint8Array(unpacker.memory.buffer, from, packed.length).set(packed);
  const to = unpacker.unpack(from, packed.length, exactSize + relaxedSize);
  const bytes = new Uint8Array(unpacker.memory.buffer, to, exactSize + relaxedSize).slice();
  const relaxed = bytes.subarray(exactSize);
  const isOff = new URLSearchParams(location.search).has("exact");
  return {
    exact: await WebAssembly.compile(bytes.subarray(0, exactSize)),
    relaxed: !isOff && WebAssembly.validate(relaxed) ? await WebAssembly.compile(relaxed) : null,
  };
})();

/** A thread with the programs. */
class Thread {
  static code = URL.createObjectURL(
    new Blob([element("worker").textContent], {type: "text/javascript"}));

  constructor() {
    this.worker = new Worker(Thread.code);
    this.worker.onmessage = ({data}) => this.onMessage?.(data);
    this.worker.onerror = event => this.onMessage?.({kind: "failed", message: event.message});
  }

  async load() {
    const modules = await programs;
    return this.ask({kind: "load", modules}, "loaded");
  }

  send(message) { this.worker.postMessage(message); }

  /** Sends a message, and waits for an answer of that kind; others go to `onOther`. */
  ask(message, kind, onOther = () => {}) {
    return new Promise((done, fail) => {
      this.onMessage = answer => {
        if (answer.kind === kind) done(answer);
        else if (answer.kind === "failed") fail(new Error(answer.message));
        else onOther(answer);
      };
      this.send(message);
    });
  }

  end() { this.worker.terminate(); }
}

// MARK: Records

/** The columns of a trace, by their names. */
function columns(csv) {
  const [head, ...lines] = decoded(csv).trim().split("\n");
  const rows = lines.map(line => line.split(","));
  return new Map(head.split(",").map((name, place) => [name, rows.map(row => row[place])]));
}

const numbers = column => column.map(Number);

/** RFC 8785: keys in the order of their UTF-16, the shortest numbers. */
function canonical(value) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const members = Object.keys(value).sort()
    .map(key => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(",")}}`;
}

// MARK: Curves

const pictures = [
  {name: "validation accuracy", column: "validation_accuracy", span: [0, 1], at: 3},
  {name: "training accuracy", column: "train_accuracy", span: [0, 1], at: 1},
  {name: "V, the squared norm", column: "squared_norm", span: null, at: 4},
  {name: "validation loss", column: "validation_loss", span: null, at: 2},
];

/** Where a row of metrics has what a picture shows: the order of MetricsRow. */
const places = {
  train_loss: 0, train_accuracy: 1, validation_loss: 2, validation_accuracy: 3, squared_norm: 4,
};

class Picture {
  constructor({name, column, span}, trace, outcome, last) {
    // What was performed, the run and its fork: the value of each step.
    [this.place, this.values] = [places[column], [new Map(), new Map()]];
    this.next = new Map(trace.steps.map((step, row) => [step, trace.steps[row + 1]]));
    const sealed = numbers(trace.metrics.get(column));
    const series = [
      {key: 0, form: "line", color: "grey", label: "sealed", x: trace.steps, y: sealed},
      {key: 1, form: "line", color: "s0", label: "performed again", x: [], y: []},
      {key: 2, form: "line", color: "s1", label: "fork", x: [], y: []},
    ];
    const marks = [["T_mem", outcome.t_mem], ["T_grok", outcome.t_grok]]
      .filter(([, step]) => step !== null && /accuracy/.test(name))
      .map(([label, x]) => ({x, label, color: "s6"}));
    const data = {
      x: {name: "step", span: [0, Math.max(last, 1)]},
      y: {name, span, isFixed: span !== null}, series, marks,
    };
    const figure = make("figure");
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 640 420");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", name);
    svg.append(document.createElementNS(svg.namespaceURI, "g"));
    const keys = make("p", "", "keys");
    for (const [place, one] of series.entries()) {
      const key = make("span", "", `key ${one.color}`);
      key.append(make("i", "", one.form), one.label);
      keys.append(key, " ");
    }
    const json = make("script", JSON.stringify(data));
    json.type = "application/json";
    figure.append(make("h3", name), svg, keys, json);
    element("curves").append(figure);
    this.chart = new Chart(figure);
    this.keys = keys;
    keys.children[2].hidden = true;
    this.chart.draw();
  }

  add(rows, isFork) {
    for (const {step, values} of rows) this.values[Number(isFork)].set(step, values[this.place]);
  }

  /**
   * Draws the rows in the order of their steps: segments are performed side by side. Rows that
   * were not performed leave a gap.
   */
  draw(isFork) {
    const [x, y] = [[], []];
    for (const [step, value] of [...this.values[Number(isFork)]].sort(([a], [b]) => a - b)) {
      if (!isFork && x.length > 0 && this.next.get(x.at(-1)) !== step) {
        x.push(step);
        y.push(NaN);
      }
      x.push(step);
      y.push(value);
    }
    this.chart.set(isFork ? 2 : 1, x, y);
  }

  beginFork() {
    this.values[1].clear();
    this.keys.children[2].hidden = false;
  }
}

// MARK: Replay

/** The order of what is compared within a step: row, checkpoint, outcome. */
const orders = {checkpoint: 1, "no-checkpoint": 1, "unexpected-checkpoint": 1, outcome: 2};
const isBefore = (step, order, finding) => finding === null || step < finding.step
  || step === finding.step && order < (orders[finding.kind] ?? 0);

class Replay {
  constructor(bundle, page) {
    Object.assign(this, {bundle, page, steps: 0, stepsDone: 0, again: 0});
    [this.threads, this.isPaused] = [[], false];
    // Whether the row of a step was the recorded one.
    this.rows = new Map();
  }

  /** The parts between stored checkpoints, or all in one where there is one thread. */
  segments(jobs) {
    const {plan, checkpoints} = this.bundle;
    const cuts = jobs === 1 ? []
      : plan.checkpoints.filter(step => checkpoints.has(step) && step < plan.last);
    return [null, ...cuts].map((from, index) => {
      const last = cuts[index] ?? plan.last;
      return {
        first: (from ?? -1) + 1, last, start: from === null ? null : checkpoints.get(from),
        end: checkpoints.get(last) ?? null,
      };
    });
  }

  async perform() {
    const {bundle, page} = this;
    const cores = Math.max(1, Math.min(navigator.hardwareConcurrency || 1, 8));
    const segments = this.segments(cores);
    const jobs = Math.min(cores, segments.length);
    this.steps = bundle.plan.last + 1;
    this.began = performance.now();
    this.waited = 0;
    // What differs in each segment; the first counts.
    const differences = segments.map(() => null);
    let next = 0, initialNorm = NaN;
    const first = () => differences.find(difference => difference) ?? null;
    this.isFast = true;
    await Promise.all(Array.from({length: jobs}, async () => {
      const thread = new Thread();
      this.threads.push(thread);
      this.isFast = (await thread.load()).isFast && this.isFast;
      while (next < segments.length && first() === null && !this.isEnded) {
        const index = next++;
        const done = await thread.ask({
          kind: "perform", records: bundle.records, segment: segments[index],
          isExact: !this.isFast,
        }, "done", answer => {
          if (answer.kind === "began" && index === 0) initialNorm = answer.initialNorm;
          if (answer.kind === "again") this.again += 1;
          if (answer.kind === "progress") this.take(answer);
        });
        differences[index] = done.difference;
      }
      thread.end();
    }));
    if (this.isEnded) return null;
    this.seconds = (performance.now() - this.began - this.waited) / 1000;
    let difference = first();
    if (difference === null) {
      const thread = new Thread();
      await thread.load();
      const finish = {kind: "finish", records: bundle.records, initialNorm};
      ({difference} = await thread.ask(finish, "finished"));
      thread.end();
    }
    this.differences = difference?.differences ?? [];
    return this.report(difference?.finding ?? null, segments.length, jobs);
  }

  take({steps, rows}) {
    this.stepsDone += steps;
    for (const {step, agrees} of rows) this.rows.set(step, agrees);
    this.page.showProgress(this, rows);
  }

  /** As `regrok replay --json`. */
  report(finding, segments, jobs) {
    const {plan, answer, outcome} = this.bundle;
    const report = {
      run: answer.run, verdict: finding ? "different" : "identical",
      rows_compared: plan.logged.filter(step => isBefore(step, 0, finding)).length,
      checkpoints_compared: plan.checkpoints.filter(step => isBefore(step, 1, finding)).length,
      outcome_compared: finding === null,
      diverged_by: finding === null && outcome.stop_reason === "diverged" ? plan.last : null,
      steps_executed: this.stepsDone, segments, jobs, segments_at_once: jobs,
      threads_per_segment: 1, seconds: this.seconds, bundle_sha256: answer.bundle_sha256,
      result_sha256: answer.result_sha256,
    };
    if (finding) report.first_difference = finding;
    return report;
  }

  pause() {
    this.isPaused = !this.isPaused;
    if (this.isPaused) this.pausedAt = performance.now();
    else this.waited += performance.now() - this.pausedAt;
    for (const thread of this.threads) thread.send({kind: this.isPaused ? "pause" : "resume"});
  }

  end() {
    this.isEnded = true;
    for (const thread of this.threads) thread.end();
  }
}

// MARK: The page

const page = {
  pictures: [],

  state(name, text) {
    document.body.dataset.state = name;
    element("state").textContent = text;
  },

  clear() {
    this.replay?.end();
    this.trial?.end();
    const parts = ["verdict", "ledger", "trials", "facts", "machine", "bar", "pause"];
    for (const id of parts) element(id).hidden = true;
    for (const id of ["curves", "verified", "replayed"]) element(id).replaceChildren();
    element("ledger").querySelector("tbody").replaceChildren();
    for (const found of document.querySelectorAll(".found")) found.textContent = "";
    [this.pictures, this.replay, this.trial, this.lastDrawn] = [[], null, null, 0];
  },

  async take(file) {
    this.clear();
    const turn = this.turn = {};
    this.state("opening", `checking ${file.name}`);
    if (file.size > mostBytes) {
      return this.open("Too large for this page", [
        `${file.name} has ${count(file.size, "byte")}, and this page takes up to 512 MiB.`,
        "regrok verify and regrok replay have no such limit."]);
    }
    element("bar").hidden = false;
    element("bar").firstElementChild.value = 0;
    try {
      const thread = new Thread();
      await thread.load();
      const opened = await thread.ask({kind: "open", file}, "opened", ({share}) => {
        if (this.turn !== turn || share === undefined) return;
        element("bar").firstElementChild.value = share;
      });
      const {plan} = opened.answer.sound && opened.answer.kind === "trainer"
        ? await thread.ask({kind: "plan", records: opened.records}, "planned") : {plan: null};
      thread.end();
      if (this.turn === turn) await this.show(file, {...opened, plan}, turn);
    } catch (error) {
      if (this.turn === turn) {
        this.open("Not decided", [`This browser could not do it: ${error.message}.`,
          "That says nothing of the bundle. regrok verify and regrok replay can."]);
      }
    }
  },

  async show(file, bundle, turn) {
    const {answer, records} = bundle;
    element("bar").hidden = true;
    element("machine").hidden = false;
    element("verified").textContent = canonical({...answer, path: file.name});
    if (!answer.sound) {
      return answer.sound === null
        ? this.open("Not for this page", [answer.message])
        : this.judge("damaged", "bad", `✗ Damaged: ${answer.reason}`, [answer.message,
          `It was found in ${answer.member ?? "the file's outer form"}.`,
          "Nothing of such a file is shown or performed."]);
    }
    this.showFacts(file, bundle);
    if (answer.kind !== "trainer") {
      return this.open("Sound, and not performed here", [
        "It holds the run of a program. Every byte was read, and its seal and its records agree.",
        "Only regrok replay can perform a program again."]);
    }
    bundle.config = JSON.parse(decoded(records.get("data/config.json")));
    bundle.outcome = JSON.parse(decoded(records.get("data/outcome.json")));
    const metrics = columns(records.get("data/trace/metrics.csv"));
    const hashes = columns(records.get("data/trace/hashes.csv"));
    const steps = numbers(metrics.get("step"));
    const trace = bundle.trace = {steps, metrics, parameters: hashes.get("parameters_sha256")};
    this.bundle = bundle;
    this.pictures = pictures.map(one => new Picture(one, trace, bundle.outcome, bundle.plan.last));
    this.offerTrials(bundle);
    const replay = this.replay = new Replay(bundle, this);
    element("bar").hidden = element("pause").hidden = false;
    element("pause").textContent = "Pause";
    this.state("running", "performing the run again");
    const report = await replay.perform();
    if (report === null || this.turn !== turn) return;
    this.drawRows(true);
    element("bar").hidden = true;
    element("replayed").textContent = canonical(report);
    this.conclude(report, replay);
  },

  showFacts(file, {answer, records, checkpoints}) {
    const list = element("facts").querySelector("dl");
    list.replaceChildren();
    const add = (name, value) => list.append(make("dt", name), make("dd", value));
    add("file", `${file.name}, ${count(answer.file_bytes, "byte")}, by ${answer.agent}`);
    add("run", answer.run);
    add("bundle", answer.bundle_sha256);
    add("result", answer.result_sha256);
    const text = value => value === null ? "none"
      : typeof value === "object" ? canonical(value) : String(value);
    const addAll = (members, textOf) => {
      for (const [key, value] of Object.entries(members)) add(named(key), textOf(value));
    };
    const named = key => key.replaceAll("_", " ");
    if (answer.kind === "trainer") {
      const config = JSON.parse(decoded(records.get("data/config.json")));
      addAll(config, value => value && typeof value === "object" && !Array.isArray(value)
        ? Object.entries(value).map(([key, one]) => `${named(key)} ${text(one)}`).join(", ")
        : text(value));
      addAll(JSON.parse(decoded(records.get("data/outcome.json"))), text);
      add("checkpoints", `${checkpoints.size} stored${answer.thin ? " (thin)" : ""}`);
    } else {
      addAll(JSON.parse(decoded(records.get("data/program.json"))), text);
    }
    add("signature", answer.signed ? "there is one; whose, this page does not check" : "none");
    element("facts").hidden = false;
  },

  showProgress(replay, rows) {
    for (const picture of this.pictures) picture.add(rows, false);
    const seconds = (performance.now() - replay.began - replay.waited) / 1000;
    const speed = replay.stepsDone / Math.max(seconds, 0.001);
    const same = [...replay.rows.values()].filter(agrees => agrees).length;
    element("bar").firstElementChild.value = replay.stepsDone / replay.steps;
    const whole = number => number.toLocaleString("en");
    element("state").textContent = `step ${whole(replay.stepsDone)} of ${whole(replay.steps)}, `
      + `${speed.toFixed(speed < 10 ? 1 : 0)} a second, about `
      + `${time((replay.steps - replay.stepsDone) / speed)} left; `
      + `${count(same, "row")} the same so far`;
    this.drawRows(false);
  },

  drawRows(isLast) {
    if (!isLast && performance.now() - this.lastDrawn < 250) return;
    this.lastDrawn = performance.now();
    for (const picture of this.pictures) picture.draw(false);
    const {trace} = this.bundle, body = element("ledger").querySelector("tbody");
    // The last ones, or those before the first that differs.
    const all = [...this.replay.rows.keys()].sort((a, b) => a - b);
    const other = all.findIndex(step => !this.replay.rows.get(step));
    const steps = all.slice(0, other < 0 ? all.length : other + 1).slice(-8);
    body.replaceChildren(...steps.map(step => {
      const row = make("tr"), place = trace.steps.indexOf(step);
      row.append(make("td", step), make("td", trace.parameters[place] ?? "none", "digest"),
        make("td", this.replay.rows.get(step) ? "✓ the same" : "✗ another row"));
      return row;
    }));
    element("ledger").hidden = steps.length === 0;
  },

  /** What to say of a run that was performed. */
  conclude(report, replay) {
    const finding = report.first_difference;
    const how = replay.isFast
      ? "fused multiply-adds of relaxed SIMD, after a test of how they round"
      : "the exact program, as this browser or machine has no fused multiply-adds";
    const compared = `${count(report.rows_compared, "row")} of metrics and digests, `
      + count(report.checkpoints_compared, "checkpoint")
      + `${report.outcome_compared ? " and the outcome" : ""} compared, in `
      + `${time(report.seconds)}: ${how}; ${count(report.jobs, "thread")}.`;
    if (!finding) {
      const steps = count(replay.steps, "step");
      this.judge("identical", "good", "✓ Identical, to the bit", [
        `Your browser trained the network again for ${steps} and came to the sealed numbers.`,
        compared], report);
    } else {
      const lines = [describe(finding), compared];
      if (replay.again) lines.splice(1, 0, "The exact program looked again and found the same.");
      this.judge("different", "bad", `✗ Different at step ${finding.step}`, lines, report);
    }
  },

  /** A result that is neither good nor bad. */
  open(title, lines) { this.judge("open", "open", title, lines); },

  judge(state, kind, title, lines, report) {
    const verdict = element("verdict");
    element("bar").hidden = true;
    verdict.className = kind;
    verdict.replaceChildren(make("h2", title), ...lines.map(line => make("p", line)));
    if (report) {
      const gaps = [
        "who made the bundle: a signature is checked by regrok verify --allowed-signers",
        "that no other run was made and not shown", "a second reading of the archive by libarchive",
      ];
      const list = make("ul");
      list.append(...gaps.map(gap => make("li", gap)));
      const save = make("button", "Save this as an unsigned statement");
      save.type = "button";
      save.onclick = () => saveStatement(this.bundle, this.replay, report)
        .catch(error => save.after(make("p", `It cannot be saved: ${error.message}.`)));
      verdict.append(make("p", "Not shown by this:"), list, save);
    }
    verdict.hidden = false;
    this.state(state, "");
    verdict.focus({preventScroll: true});
  },

  offerTrials({plan, config, outcome}) {
    const [breaking, forking] = [element("break"), element("fork")];
    const middle = outcome.t_mem ?? plan.logged[Math.floor(plan.logged.length / 2)] ?? 0;
    for (const form of [breaking, forking]) {
      form.elements.step.value = Math.min(middle + 1, plan.last);
      form.elements.step.max = plan.last;
    }
    const decay = config.optimizer?.weight_decay;
    forking.hidden = typeof decay !== "number";
    if (!forking.hidden) forking.elements.decay.value = decay / 2;
    element("trials").hidden = plan.last < 1;
  },

  /** Performs something beside the replay, on a thread of its own. */
  async try(form, message, onOther) {
    this.trial?.end();
    const thread = this.trial = new Thread();
    const say = text => { form.querySelector(".found").textContent = text; };
    try {
      const {isFast} = await thread.load();
      const whole = {kind: "perform", records: this.bundle.records, isExact: !isFast, ...message};
      const done = await thread.ask(whole, "done", onOther);
      thread.end();
      return done;
    } catch (error) {
      say(error.message);
      return null;
    }
  },

  /** The stored checkpoint before a step, or the beginning. */
  start(step) {
    const {plan, checkpoints} = this.bundle;
    const from = plan.checkpoints.filter(stored => checkpoints.has(stored) && stored < step).at(-1);
    return {from: from ?? -1, start: from === undefined ? null : checkpoints.get(from)};
  },
};

/** What a finding of a replay says. */
function describe(finding) {
  if (finding.kind === "row") {
    const numbers = finding.cells.filter(cell => cell.ulps !== null)
      .map(cell => `${cell.column} is ${cell.b}, sealed ${cell.a}`);
    const digests = finding.cells.filter(cell => cell.ulps === null).map(cell => cell.column);
    const state = finding.state === "same"
      ? " The state is the sealed one, so the numbers written of it are not."
      : finding.state === "unknown" ? "" : ` ${describeState(finding.state.checkpoint)}`;
    const cells = [...numbers, ...digests.map(name => `${name} is another`)].join("; ");
    return `The row of step ${finding.step}: ${cells}.${state}`;
  }
  if (finding.kind === "checkpoint") {
    return `The checkpoint of step ${finding.step} has other bytes.`
      + (finding.difference ? ` ${describeState(finding.difference)}` : "");
  }
  if (finding.kind === "outcome") {
    const keys = finding.keys.map(({key, a, b}) => `${key} is ${b}, sealed ${a}`).join("; ");
    return `All rows agree, but the sealed outcome does not follow from them: ${keys}.`;
  }
  return {
    "no-row": "The config asks for a row there that the record does not have.",
    "unexpected-row": "The record has a row there that the config does not ask for.",
    "no-checkpoint": "The config asks for a checkpoint there that was not kept.",
    "unexpected-checkpoint": "A checkpoint is kept there that the config does not ask for.",
    "diverged": "The loss is not finite there, and the record goes on.",
    "did-not-diverge": "The record says that the loss was not finite there, and it is.",
  }[finding.kind];
}

function describeState({step, tensors}) {
  const [first] = tensors;
  if (!first) return `The checkpoint of step ${step} is the sealed one.`;
  const others = tensors.length > 1 ? ` and ${count(tensors.length - 1, "other tensor")}` : "";
  const where = `In the checkpoint of step ${step}, `;
  if (first.kind !== "values") return `${where}${first.name}${others} is another tensor.`;
  const {index, a, b} = first.first;
  return `${where}${count(first.differing, "number")} of ${first.name}${others} differ, `
    + `first [${index}]: ${b}, sealed ${a}.`;
}

/** Saves the statement of SPEC.md, 3.18: what ssh-keygen can sign, and what is not signed yet. */
async function saveStatement(bundle, replay, report) {
  const {software, compiler, digests} = element("programs").dataset;
  const [exact, relaxed] = digests.split(" ");
  const facts = canonical({
    bundle: report.bundle_sha256, compiler, day: new Date().toISOString().slice(0, 10),
    differences: replay.differences,
    instructions: replay.isFast ? "wasm relaxed-simd" : "wasm simd128",
    program: replay.isFast ? relaxed : exact, result: report.result_sha256, software,
    steps: report.steps_executed, threads: report.jobs, verdict: report.verdict,
  });
  const thread = new Thread();
  await thread.load();
  const config = bundle.records.get("data/config.json");
  const state = {kind: "state", config, facts: new TextEncoder().encode(facts)};
  const {bytes} = await thread.ask(state, "stated");
  thread.end();
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([bytes], {type: "application/json"}));
  link.download = `${report.result_sha256.slice(0, 16)}.unsigned.replay.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}

// MARK: What people do

element("file").onchange = event => {
  if (event.target.files[0]) page.take(event.target.files[0]);
};
const drop = element("drop");
document.ondragover = event => {
  event.preventDefault();
  drop.classList.add("over");
};
document.ondragleave = () => drop.classList.remove("over");
document.ondrop = event => {
  event.preventDefault();
  drop.classList.remove("over");
  if (event.dataTransfer.files[0]) page.take(event.dataTransfer.files[0]);
};
element("pause").onclick = () => {
  const {replay} = page;
  replay.pause();
  const [state, text, next] = replay.isPaused ? ["paused", "paused", "Go on"]
    : ["running", "performing the run again", "Pause"];
  page.state(state, text);
  element("pause").textContent = next;
};

element("break").onsubmit = async event => {
  event.preventDefault();
  const form = event.target;
  const [step, bit] = ["step", "bit"].map(name => Number(form.elements[name].value));
  const {from, start} = page.start(step), {plan, checkpoints} = page.bundle;
  const after = plan.checkpoints.find(stored => checkpoints.has(stored) && stored >= step);
  const last = after ?? plan.last;
  let done = 0;
  const say = text => { form.querySelector(".found").textContent = text; };
  say("performing");
  const result = await page.try(form, {
    segment: {
      start, last, end: checkpoints.get(last) ?? null, turn: {step, tensor: 0, element: 0, bit},
    },
  }, answer => {
    if (answer.kind !== "progress") return;
    done += answer.steps;
    say(`step ${from + 1 + done}`);
  });
  if (!result) return;
  const finding = result.difference?.finding;
  say(finding
    ? `Turned bit ${bit} of the first parameter after step ${step}. Found at step ${finding.step}, `
      + `${count(finding.step - step, "step")} later. ${describe(finding)}`
    : "Not found: nothing behind that step is sealed.");
};

element("fork").onsubmit = async event => {
  event.preventDefault();
  const form = event.target;
  const [step, decay] = ["step", "decay"].map(name => Number(form.elements[name].value));
  const {config} = page.bundle, {from, start} = page.start(step);
  const change = {set: {"optimizer.weight_decay": decay}, step};
  const at = [...config.at ?? [], change].sort((a, b) => a.step - b.step);
  for (const picture of page.pictures) picture.beginFork();
  const say = text => { form.querySelector(".found").textContent = text; };
  let grokked = null;
  say("performing");
  const result = await page.try(form, {
    fork: canonical({...config, at}),
    segment: {start, first: from + 1, last: config.max_steps - 1, end: null},
  }, answer => {
    if (answer.kind !== "progress") return;
    for (const picture of page.pictures) {
      picture.add(answer.rows, true);
      picture.draw(true);
    }
    for (const {step, values} of answer.rows) {
      if (values[places.validation_accuracy] >= config.stop.grokked) grokked ??= step;
    }
    const last = answer.rows.at(-1);
    if (last) say(`step ${last.step}`);
  });
  if (!result) return;
  const sealed = page.bundle.outcome.t_grok;
  const end = grokked === null ? "it does not grok" : `it groks at step ${grokked}`;
  const sealedEnd = sealed === null ? "does not" : `does at step ${sealed}`;
  say(`λ = ${decay} from step ${step}: ${end}; the sealed run ${sealedEnd}.`);
};

page.state("empty", "");
const enclosed = JSON.parse(element("bundles").textContent);
for (const {name, content} of enclosed) {
  const button = make("button", name);
  button.type = "button";
  button.onclick = () => page.take(new File([fromBase64(content)], name));
  element("enclosed").append(button);
}
element("enclosed").hidden = enclosed.length === 0;

/** A report's link says behind the # which file it means; no page may open it by itself. */
const showWanted = () => {
  let name = location.hash.slice(1);
  try {
    name = decodeURIComponent(name);
  } catch {
    // As it stands.
  }
  element("wanted").hidden = name === "";
  element("wanted").querySelector("code").textContent = name.slice(0, 300);
};
addEventListener("hashchange", showWanted);
showWanted();
if (enclosed.length === 1) page.take(new File([fromBase64(enclosed[0].content)], enclosed[0].name));
