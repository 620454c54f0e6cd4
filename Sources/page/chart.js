// Charts that answer. new Chart(figure) takes a <figure> as Figure.swift writes it and adds a
// read-out (pointer, arrow keys) and buttons that show and hide curves and make axes logarithmic.
//
// A live page writes such a figure itself, the <g> of its picture empty, with this as its data:
//   {"x": {"name": "step", "log": true}, "y": {"name": "accuracy", "span": [0, 1], "isFixed": true},
//    "series": [{"key": 0, "form": "line", "color": "s0", "label": "A", "x": [0], "y": [0.1]}],
//    "marks": [{"x": 800, "label": "T_mem", "color": "s0"}]}
// chart.set(place, x, y) gives a curve new arrays and draws it with the next frame. key: a .key of
// the figure. form: line or dashes. Without a span an axis shows what there is.
"use strict";
const Chart = (() => {
// The measures of Figure.swift. Of many curves the nearest few are read out.
const [width, height, left, right, top, bottom, letter, lane] = [640, 420, 104, 628, 14, 352, 12, 24];
const few = 8;

const tenths = value => Math.round(value * 10) / 10;
const digits = (value, count) => String(Number(value.toPrecision(count)));
const number = value => Number.isInteger(value) ? String(value) : digits(value, 6);
const within = (value, low, high) => Math.max(low, Math.min(value, high));
const nearest = (list, distance) => list.reduce((a, b) => distance(b) < distance(a) ? b : a);

/** A column of the data: an array, or base64 of its binary64. */
const column = data => typeof data === "string"
  ? new Float64Array(Uint8Array.from(atob(data), c => c.charCodeAt(0)).buffer) : data;

function add(parent, name, attributes = {}, text = "") {
  const element = document.createElementNS(parent.namespaceURI, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  element.textContent = text;
  parent.append(element);
  return element;
}

function button(className, pressed, content) {
  const button = document.createElement("button");
  Object.assign(button, {type: "button", className, ariaPressed: String(pressed)});
  button.append(...content);
  return button;
}

/** Where the values of an axis lie, from 0 to 1, and which are labelled. */
class Axis {
  /** span: of the values or their logarithms; zero: the share of a logarithmic axis that 0 has. */
  constructor({log, span, zero}, values, margin) {
    let [low, first, high] = values.reduce(([low, first, high], value) => [Math.min(low, value),
      value > 0 ? Math.min(first, value) : first, Math.max(high, value)], [1 / 0, 1 / 0, -1 / 0]);
    this.canBeLog = low >= 0 && high >= 10 * first;
    [this.log, this.zero] = [log, zero ?? (log && low <= 0 ? 0.07 : 0)];
    if (log) [low, high] = [first, high].map(Math.log10);
    else if (low > 0 && low < 0.4 * high) low = 0;
    margin *= high - low || 1;
    if (low) low -= margin;
    const most = Number.MAX_VALUE;
    [this.low, this.high] = span ?? [Math.max(low, -most), Math.min(high + margin, most)];
  }

  has(value) { return !this.log || value > 0 || this.zero > 0; }

  share(value) {
    if (this.zero && value <= 0) return 0;
    // Halves, as a difference can be too large for a number.
    const at = this.log ? Math.log10(value) : value, size = this.high / 2 - this.low / 2;
    return this.zero + (1 - this.zero) * (size > 0 ? (at / 2 - this.low / 2) / size : 0.5);
  }

  place(value) { return within(this.share(value), 0, 1); }

  get ticks() {
    const {low, high, zero} = this, ticks = [];
    if (this.log) {
      const stride = Math.max(1, Math.floor((high - low) / 6));
      for (let decade = Math.floor(low); decade <= high; decade++) {
        for (const factor of decade % stride ? [] : high - low < 2.5 ? [1, 2, 5] : [1]) {
          const tick = Number(`${factor}e${decade}`), share = this.share(tick);
          if (share >= zero - 1e-9 && share <= 1 + 1e-9) ticks.push(tick);
        }
      }
      return zero ? [0, ...ticks] : ticks;
    }
    const raw = high / 5 - low / 5, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5].map(n => n * power).find(n => n >= raw) ?? 10 * power;
    for (let n = Math.ceil(low / step); n * step <= high + step / 1e9 && !ticks[20]; n++) {
      ticks.push(Number((n * step).toPrecision(12)));
    }
    return ticks;
  }

  static label(value) {
    const size = Math.abs(value);
    if (size && (size < 1e-3 || size >= 1e6)) return value.toExponential(0).replace("e+", "e");
    return size < 1000 ? digits(value, 4) : digits(value / 1000, 4) + "k";
  }
}

return class Chart {
  constructor(figure) {
    const svg = figure.querySelector("svg"), data = figure.querySelector("script").textContent;
    Object.assign(this, JSON.parse(data), {svg, curves: svg.lastElementChild});
    const shapes = [...this.curves.querySelectorAll("path,circle")];
    const keys = [...figure.querySelectorAll(".key")].map((key, place) => this.toggle(key, place));
    for (const one of this.series) {
      [one.x, one.y] = [column(this.columns?.[one.x] ?? one.x), column(one.y)];
      one.isLine = /line|dashes/.test(one.form);
      one.shapes = shapes.splice(0, one.isLine ? 1 : one.x.length);
      if (!one.shapes[0]) {
        one.shapes = [add(this.curves, "path", {class: `${one.form} ${one.color}`})];
      }
      one.names = one.shapes.map(shape => {
        const title = shape.querySelector("title")?.textContent, link = shape.closest("a");
        // The read-out has the title, and Enter goes where the link does.
        shape.replaceChildren();
        if (link) [link.ariaLabel, link.tabIndex] = [title, -1];
        return one.label ?? [keys[one.key], title].filter(Boolean).join(", ");
      });
    }
    this.isOfPoints = this.series.some(one => one.form === "points");
    const plot = document.createElement("div"), axes = add(figure, "p", {class: "axes"});
    plot.className = "plot";
    svg.replaceWith(plot);
    plot.append(svg, axes);
    this.cursor = add(svg, "g", {class: "cursor"});
    this.readout = add(plot, "div", {class: "readout"});
    this.spoken = add(figure, "p", {class: "spoken", role: "status"});
    for (const axis of [this.x, this.y]) {
      axis.button = button("", axis.log, [`log ${axis.name}`]);
      axes.append(axis.button);
      axis.button.onclick = () => {
        Object.assign(axis, {log: !axis.log, span: null, zero: null});
        this.draw();
      };
    }
    const label = `${svg.ariaLabel}. Arrow keys, Home and End read its values.`;
    Object.assign(svg, {tabIndex: 0, role: "application", ariaLabel: label});
    this.listen();
    this.measure();
  }

  /** Makes an entry of the key a button that shows and hides its curves; gives its name. */
  toggle(key, place) {
    const own = button(key.className, true, key.childNodes);
    key.replaceWith(own);
    own.onclick = () => {
      const isOff = own.ariaPressed === "true";
      own.ariaPressed = String(!isOff);
      for (const one of this.series.filter(one => one.key === place)) {
        one.isOff = isOff;
        for (const shape of one.shapes) shape.classList.toggle("off", isOff);
      }
      this.measure();
    };
    return own.textContent;
  }

  px(x) { return left + this.x.shown.place(x) * (right - left); }
  py(y) { return bottom - this.y.shown.place(y) * (bottom - this.top); }

  /** The axes, the marks and the stops of the read-out, of what there is now. */
  measure() {
    for (const [axis, letter] of [[this.x, "x"], [this.y, "y"]]) {
      const values = this.series.flatMap(one => [...one[letter]]);
      axis.shown = new Axis(axis, values, letter === "x" && !this.isOfPoints ? 0 : 0.05);
      axis.button.ariaPressed = String(Boolean(axis.log));
      axis.button.hidden = axis.isFixed || !axis.log && !axis.shown.canBeLog;
    }
    // Labels in lanes above the picture, none upon another.
    const ends = [];
    for (const mark of this.marks) mark.px = this.px(mark.x);
    for (const mark of [...this.marks].sort((a, b) => a.px - b.px)) {
      const half = mark.label.length * letter / 2;
      mark.middle = Math.min(mark.px, width - half);
      mark.lane = [...ends, 0].findIndex(end => end <= mark.middle - half);
      ends[mark.lane] = mark.middle + half + letter;
    }
    this.top = top + lane * ends.length;
    this.seen = this.series.filter(one =>
      !one.isOff && !one.isModel && !(this.isOfPoints && one.isLine));
    for (const one of this.seen) one.at = new Map(Array.from(one.x, (x, i) => [x, one.y[i]]));
    this.stops = this.isOfPoints
      ? this.seen.flatMap(one => Array.from(one.x, (x, i) => ({x, one, i, y: one.y[i]})))
      : [...new Set(this.seen.flatMap(one => [...one.x]))].map(x => ({x}));
    for (const stop of this.stops) {
      stop.px = this.px(stop.x) + (stop.one?.shift ?? 0);
      stop.py = stop.one && this.py(stop.y);
    }
    this.stops.sort((a, b) => a.px - b.px || a.py - b.py);
    this.show();
  }

  set(place, x, y) {
    Object.assign(this.series[place], {x, y});
    this.frame ??= requestAnimationFrame(() => { this.frame = null; this.draw(); });
  }

  draw() {
    this.measure();
    this.svg.replaceChildren();
    const line = (name, d) => add(this.svg, "path", {class: name, d});
    const text = (label, x, y, anchor, more) =>
      add(this.svg, "text", {x: tenths(x), y: tenths(y), "text-anchor": anchor, ...more}, label);
    let end = -Infinity;
    for (const tick of this.x.shown.ticks) {
      const place = this.px(tick), label = Axis.label(tick), half = label.length * letter / 2;
      line("grid", `M${tenths(place)} ${this.top}V${bottom}`);
      if (place - half <= end + 6) continue;
      end = place + half;
      text(label, Math.min(place, width - half), 376, "middle");
    }
    for (const tick of this.y.shown.ticks) {
      line("grid", `M${left} ${tenths(this.py(tick))}H${right}`);
      text(Axis.label(tick), left - 8, this.py(tick) + 6, "end");
    }
    text(this.x.name, (left + right) / 2, 408, "middle");
    text(this.y.name, 0, 0, "middle", {transform: "translate(18 183) rotate(-90)"});
    for (const mark of this.marks) {
      const y = top + lane * mark.lane;
      line(`mark ${mark.color}`, `M${tenths(mark.px)} ${y + 10}V${bottom}`);
      text(mark.label, mark.middle, y + 6, "middle", {class: mark.color});
    }
    for (const one of this.series) this.drawSeries(one);
    this.svg.append(this.curves, this.cursor);
  }

  drawSeries({x, y, shapes, shift = 0, isLine, form}) {
    const places = Array.from(x, (x, i) => this.x.shown.has(x) && this.y.shown.has(y[i])
      && [tenths(this.px(x) + shift), tenths(this.py(y[i]))]);
    if (isLine) {
      const path = places.filter(Boolean).map(place => place.join(" "));
      shapes[0].setAttribute("d", path[0] ? `M${path.join("L")}${path[1] ? "" : "h0"}` : "");
      return;
    }
    shapes.forEach((shape, i) => {
      const [x, y] = places[i] || [-99, -99];
      const where = form === "bars" ? {d: `M${x - 11} ${y}h22`} : {cx: x, cy: y};
      for (const key in where) shape.setAttribute(key, where[key]);
    });
  }

  /** What is read out at a stop: a value for each curve, or a point. */
  rows(stop) {
    return stop.one ? [stop]
      : this.seen.filter(one => one.at.has(stop.x)).map(one => ({one, i: 0, y: one.at.get(stop.x)}));
  }

  /** Shows what is at a stop, one curve before the others, and gives it as a sentence. */
  show(stop, current) {
    Object.assign(this, {stop, current: current ?? this.current});
    for (const old of [this.readout, this.cursor, this.spoken]) old.replaceChildren();
    for (const lit of this.curves.querySelectorAll(".lit")) lit.classList.remove("lit");
    this.readout.hidden = !stop;
    if (!stop) return;
    const far = row => Math.abs(this.py(row.y) - this.py(current.y)), all = this.rows(stop);
    const rows = all.length > few ? all.sort((a, b) => far(a) - far(b)).slice(0, few) : all;
    if (!stop.one) {
      add(this.cursor, "path", {d: `M${stop.px} ${this.top}V${bottom}`});
      current.one.shapes[0].classList.add("lit");
    }
    for (const {one, y} of rows) {
      const r = stop.one ? 9 : 4.5;
      add(this.cursor, "circle", {class: one.color, cx: stop.px, cy: this.py(y), r});
    }
    const name = ({one, i}) => one.names[i] || this.y.name, x = number(stop.x);
    const head = stop.one ? name(stop) : `${this.x.name} ${x}`;
    const facts = stop.one ? [[this.x.name, x], [this.y.name, number(stop.y)]]
      : rows.map(row => [name(row), number(row.y), row.one]);
    if (all.length > few) facts.push([`and ${all.length - few} more`, ""]);
    if (this.every) facts.push([`one row in ${this.every}`, ""]);
    add(this.readout, "b", {}, head);
    const list = add(this.readout, "ul");
    for (const [label, value, one] of facts) {
      const item = add(list, "li", {class: all[1] && one === current.one ? "current" : ""});
      if (one) add(item, "i", {class: `${one.form} ${one.color}`});
      add(item, "span", {}, label);
      add(item, "span", {}, value);
    }
    this.readout.classList.toggle("before", stop.px > width / 2);
    this.readout.style.left = `${100 * stop.px / width}%`;
    this.readout.style.top = `${100 * this.py(current.y) / height}%`;
    return [head, ...facts.map(fact => fact.slice(0, 2).join(" "))].join("; ");
  }

  /** Says what is at a stop: on the same curve, or on the next one above or below. */
  go(place, by = 0) {
    const stop = this.stops[within(place, 0, this.stops.length - 1)];
    const rows = this.rows(stop).sort((a, b) => this.py(a.y) - this.py(b.y));
    const row = rows.findIndex(row => row.one === this.current?.one) + by;
    this.spoken.textContent = this.show(stop, rows[within(row, 0, rows.length - 1)]);
  }

  listen() {
    const {svg} = this;
    svg.onpointermove = svg.onpointerdown = event => {
      if (!this.stops[0]) return;
      const box = svg.getBoundingClientRect(), scale = width / box.width;
      const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
      const stop = nearest(this.stops, stop => Math.hypot(stop.px - x, (stop.py ?? y) - y));
      this.show(stop, nearest(this.rows(stop), row => Math.abs(this.py(row.y) - y)));
    };
    svg.onpointerleave = event => { if (event.pointerType === "mouse") this.show(); };
    svg.onblur = () => this.show();
    svg.onfocus = () => {
      if (svg.matches(":focus-visible") && this.stops[0]) this.go(Infinity);
    };
    svg.onkeydown = event => {
      if (event.ctrlKey || event.altKey || event.metaKey || !this.stops[0]) return;
      const last = this.stops.length - 1, here = this.stop ? this.stops.indexOf(this.stop) : last;
      const moves = {ArrowLeft: [here - 1], ArrowRight: [here + 1], Home: [0], End: [last],
        ArrowUp: [here, -1], ArrowDown: [here, 1]};
      const {one, i} = this.current ?? {}, link = one?.shapes[i].closest("a");
      if (event.key in moves) this.go(...moves[event.key]);
      else if (event.key === "Escape") this.show();
      else if (event.key === "Enter" && link) location.hash = link.getAttribute("href");
      else return;
      event.preventDefault();
    };
  }
};
})();

for (const figure of document.querySelectorAll("figure:has(> script)")) new Chart(figure);
