// Charts that answer. new Chart(figure) takes a <figure> as Figure.swift writes it, and adds a
// read-out, by pointer and keys, and buttons that hide curves and make axes logarithmic.
//
// A live page writes such a figure, the <g> of its picture empty, and this as its data:
//   {"x": {"name": "step", "log": true},
//    "y": {"name": "accuracy", "span": [0, 1], "isFixed": true},
//    "series": [{"key": 0, "form": "line", "color": "s0", "label": "A", "x": [0], "y": [0.1]}],
//    "marks": [{"x": 800, "label": "T_mem", "color": "s0"}]}
// key: which .key of the figure; form: line or dashes. An axis without a span shows what there is.
// chart.set(place, x, y) gives a curve other arrays and draws it with the next frame. Where y is
// NaN, the line has a gap.
"use strict";
const Chart = (() => {
// The measures of Figure.swift; of many curves the nearest few are read out.
const [width, height, left, right, top, bottom] = [640, 420, 104, 628, 14, 352];
const [letter, lane, few] = [12, 24, 8];

const tenths = value => Math.round(value * 10) / 10;
const digits = (value, count) => String(Number(value.toPrecision(count)));
const number = value => Number.isInteger(value) ? String(value) : digits(value, 6);
const within = (value, low, high) => Math.max(low, Math.min(value, high));
const isKnown = value => !Number.isNaN(value);
const nearest = (list, distance) => list.reduce((a, b) => distance(b) < distance(a) ? b : a);
/** A column of the data: an array, or base64 of its binary64. */
const column = data => typeof data !== "string" ? data
  : new Float64Array(Uint8Array.from(atob(data), c => c.charCodeAt(0)).buffer);

function add(parent, name, attributes = {}, text = "") {
  const element = document.createElementNS(parent.namespaceURI, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  element.append(text);
  parent.append(element);
  return element;
}

/** Where the values of an axis lie, from 0 to 1, and which are labelled. */
class Axis {
  /** span: of the values or their logarithms; zero: the share that 0 has beside logarithms. */
  constructor({log, span, zero}, values, margin) {
    values = Float64Array.from(values).sort();
    let low = values[0] ?? 0, high = values.at(-1) ?? 1;
    const first = values.find(value => value > 0);
    this.canBeLog = low >= 0 && high >= 10 * first;
    this.log = log && first > 0;
    this.zero = zero ?? (log && low <= 0 ? 0.07 : 0);
    if (this.log) [low, high] = [Math.log10(first), Math.log10(high)];
    else if (low > 0 && low < 0.4 * high) low = 0;
    margin *= high - low || 1;
    [this.low, this.high] = span ?? [low && low - margin, high + margin];
    // Halves, as a difference can be too large for a number.
    this.size = this.high / 2 - this.low / 2;
  }

  has(value) { return !this.log || value > 0 || this.zero > 0; }

  share(value) {
    if (this.zero && value <= 0) return 0;
    const share = ((this.log ? Math.log10(value) : value) / 2 - this.low / 2) / this.size;
    return this.zero + (1 - this.zero) * (this.size > 0 ? share : 0.5);
  }

  get ticks() {
    const {low, high, size, zero} = this, ticks = [];
    if (this.log) {
      const stride = Math.max(1, Math.floor(size / 3));
      for (let decade = Math.floor(low); decade <= high; decade++) {
        for (const factor of decade % stride ? [] : size < 1.25 ? [1, 2, 5] : [1]) {
          const tick = Number(`${factor}e${decade}`), share = this.share(tick);
          if (share >= zero - 1e-9 && share <= 1 + 1e-9) ticks.push(tick);
        }
      }
      return zero ? [0, ...ticks] : ticks;
    }
    const raw = size / 2.5, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5].map(n => n * power).find(n => n >= raw) ?? 10 * power;
    for (let n = Math.ceil(low / step); n * step <= high + step / 1e9 && !ticks[20]; n++) {
      ticks.push(Number((n * step).toPrecision(12)));
    }
    return ticks;
  }
}

function label(value) {
  const size = Math.abs(value);
  if (size && (size < 1e-3 || size >= 1e6)) return value.toExponential(0).replace("e+", "e");
  return size < 1000 ? digits(value, 4) : digits(value / 1000, 4) + "k";
}

return class Chart {
  constructor(figure) {
    const svg = figure.querySelector("svg"), data = figure.querySelector("script").textContent;
    Object.assign(this, JSON.parse(data), {svg, curves: svg.lastElementChild});
    const shapes = [...this.curves.querySelectorAll("path,circle")];
    const keys = [...figure.querySelectorAll(".key")].map((key, i) => this.toggle(key, i));
    for (const one of this.series) {
      one.y = column(one.y);
      one.x = column(this.columns?.[one.x] ?? one.x).slice(0, one.y.length);
      one.isLine = /line|dashes/.test(one.form);
      one.shapes = shapes.splice(0, one.isLine ? 1 : one.x.length);
      one.shapes[0] ??= add(this.curves, "path", {class: `${one.form} ${one.color}`});
      one.titles = one.shapes.map(shape => {
        const title = shape.textContent, link = shape.closest("a");
        // The read-out says it, and Enter goes where the link does.
        shape.replaceChildren();
        if (link) [link.ariaLabel, link.tabIndex] = [title, -1];
        return title ? title.split(", ") : [];
      });
    }
    // What the titles of all runs say tells none apart.
    const titles = this.series.flatMap(one => one.form === "bars" ? [] : one.titles)
      .filter(title => title[0]);
    const told = titles.length < 2 ? []
      : titles.reduce((a, b) => a.filter(part => b.includes(part)));
    for (const one of this.series) {
      one.names = one.titles.map(title => one.label ?? [keys[one.key], ...title]
        .filter(part => part && !told.includes(part)).join(", "));
    }
    this.isOfPoints = this.series.some(one => one.form === "points");
    const plot = add(figure, "div", {class: "plot"}), axes = add(figure, "p", {class: "axes"});
    svg.replaceWith(plot);
    plot.append(svg);
    plot.after(axes);
    this.cursor = add(svg, "g", {class: "cursor"});
    this.readout = add(plot, "div", {class: "readout", role: "status"});
    for (const axis of [this.x, this.y]) {
      axis.button = add(axes, "button", {type: "button"}, `log ${axis.name}`);
      axis.button.onclick = () => {
        Object.assign(axis, {log: !axis.log, span: null, zero: null});
        this.draw();
      };
    }
    const ariaLabel = `${svg.ariaLabel}. Arrow keys, Home and End read its values.`;
    Object.assign(svg, {tabIndex: 0, role: "application", ariaLabel});
    this.listen();
    this.measure();
  }

  /** Makes an entry of the key a button that hides its curves; gives its name. */
  toggle(key, place) {
    const button = add(key.parentNode, "button", {type: "button", class: key.className});
    button.ariaPressed = "true";
    button.replaceChildren(...key.childNodes);
    key.replaceWith(button);
    button.onclick = () => {
      const isOff = button.ariaPressed === "true";
      button.ariaPressed = String(!isOff);
      for (const one of this.series.filter(one => one.key === place)) {
        one.isOff = isOff;
        for (const shape of one.shapes) shape.classList.toggle("off", isOff);
      }
      this.measure();
    };
    return button.textContent;
  }

  px(x) { return left + within(this.x.shown.share(x), 0, 1) * (right - left); }
  py(y) { return bottom - within(this.y.shown.share(y), 0, 1) * (bottom - this.top); }

  /** The axes, the marks and the stops of the read-out, of what there is now. */
  measure() {
    for (const key of ["x", "y"]) {
      const axis = this[key];
      const marks = key === "x" ? this.marks.map(mark => mark.x) : [];
      const values = [...this.series.flatMap(one => [...one[key]]), ...marks].filter(isKnown);
      axis.shown = new Axis(axis, values, key === "x" && !this.isOfPoints ? 0 : 0.05);
      axis.button.ariaPressed = String(Boolean(axis.log));
      axis.button.hidden = axis.isFixed || !axis.log && !axis.shown.canBeLog;
    }
    // Labels in lanes above the picture, none upon another.
    const ends = [];
    this.placed = this.marks.filter(mark => this.x.shown.has(mark.x));
    for (const mark of this.placed) {
      const half = mark.label.length * letter / 2;
      mark.px = this.px(mark.x);
      mark.middle = Math.min(mark.px, width - half);
      mark.lane = [...ends, 0].findIndex(end => end <= mark.middle - half);
      ends[mark.lane] = mark.middle + half + letter;
    }
    this.top = top + lane * ends.length;
    this.seen = this.series.filter(one =>
      !one.isOff && !one.isModel && !(this.isOfPoints && one.isLine));
    // Of points each is a stop, of curves each step.
    const rows = this.seen.flatMap(one => Array.from(one.x, (x, i) =>
      ({x, y: one.y[i], one, i: one.isLine ? 0 : i}))).filter(row => isKnown(row.y));
    const groups = Map.groupBy(rows, row => this.isOfPoints ? row : row.x);
    this.stops = [...groups.values()].map(rows => ({
      rows, x: rows[0].x, px: this.px(rows[0].x) + (rows[0].one.shift ?? 0)}));
    this.stops.sort((a, b) => a.px - b.px || this.py(a.rows[0].y) - this.py(b.rows[0].y));
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
    const text = (text, x, y, anchor, more) =>
      add(this.svg, "text", {x: tenths(x), y: tenths(y), "text-anchor": anchor, ...more}, text);
    let end = -Infinity;
    for (const tick of this.x.shown.ticks) {
      const place = this.px(tick), half = label(tick).length * letter / 2;
      line("grid", `M${tenths(place)} ${this.top}V${bottom}`);
      if (place - half <= end + 6) continue;
      end = place + half;
      text(label(tick), Math.min(place, width - half), 376, "middle");
    }
    for (const tick of this.y.shown.ticks) {
      line("grid", `M${left} ${tenths(this.py(tick))}H${right}`);
      text(label(tick), left - 8, this.py(tick) + 6, "end");
    }
    text(this.x.name, (left + right) / 2, 408, "middle");
    text(this.y.name, 0, 0, "middle", {transform: "translate(18 183) rotate(-90)"});
    for (const mark of this.placed) {
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
      const parts = [[]];
      places.forEach((place, i) => {
        if (!isKnown(y[i])) parts.push([]);
        else if (place) parts.at(-1).push(place.join(" "));
      });
      shapes[0].setAttribute("d", parts.filter(part => part[0])
        .map(part => `M${part.join("L")}${part[1] ? "" : "h0"}`).join(""));
      return;
    }
    shapes.forEach((shape, i) => {
      const [x, y] = places[i] || [-99, -99];
      const where = form === "bars" ? {d: `M${x - 11} ${y}h22`} : {cx: x, cy: y};
      for (const key in where) shape.setAttribute(key, where[key]);
    });
  }

  /** Shows what is at a stop, one curve before the others; or nothing. */
  show(stop, current = this.current) {
    Object.assign(this, {stop, current});
    const {readout, cursor} = this;
    readout.replaceChildren();
    cursor.replaceChildren();
    for (const lit of this.curves.querySelectorAll(".lit")) lit.classList.remove("lit");
    readout.hidden = !stop;
    if (!stop) return;
    const far = row => Math.abs(this.py(row.y) - this.py(current.y)), count = stop.rows.length;
    const rows = count <= few ? stop.rows
      : [...stop.rows].sort((a, b) => far(a) - far(b)).slice(0, few);
    add(cursor, "path", {d: `M${stop.px} ${this.top}V${bottom}`});
    for (const {one, y} of rows) {
      add(cursor, "circle", {class: one.color, cx: stop.px, cy: this.py(y), r: 5});
    }
    current.one.shapes[current.i].classList.add("lit");
    const facts = rows.map(({one, i, y}) => [one.names[i] || this.y.name, number(y), one]);
    if (count > few) facts.push([`and ${count - few} more`, ""]);
    if (this.every) facts.push([`one row in ${this.every}`, ""]);
    add(readout, "b", {}, `${this.x.name} ${number(stop.x)}`);
    const list = add(readout, "ul");
    for (const [label, value, one] of facts) {
      const item = add(list, "li", {class: count > 1 && one === current.one ? "current" : ""});
      add(item, "i", {class: one ? `${one.form} ${one.color}` : ""});
      add(item, "span", {}, label);
      add(item, "span", {}, value);
    }
    readout.classList.toggle("before", stop.px > width / 2);
    readout.style.left = `${100 * stop.px / width}%`;
    readout.style.top = `${100 * this.py(current.y) / height}%`;
  }

  /** Shows what is at a stop, and has it said: on the same curve, or the next above or below. */
  go(place, by = 0) {
    const stop = this.stops[within(place, 0, this.stops.length - 1)];
    if (!stop) return;
    const rows = [...stop.rows].sort((a, b) => this.py(a.y) - this.py(b.y));
    const row = rows.findIndex(row => row.one === this.current?.one) + by;
    this.readout.ariaLive = "polite";
    this.show(stop, rows[within(row, 0, rows.length - 1)]);
  }

  listen() {
    const {svg} = this;
    svg.onpointermove = svg.onpointerdown = event => {
      if (!this.stops[0]) return;
      const box = svg.getBoundingClientRect(), scale = width / box.width;
      const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
      const up = row => this.py(row.y) - y;
      const stop = nearest(this.stops, stop =>
        Math.hypot(stop.px - x, this.isOfPoints ? up(stop.rows[0]) : 0));
      this.readout.ariaLive = "off";
      this.show(stop, nearest(stop.rows, row => Math.abs(up(row))));
    };
    svg.onpointerleave = event => { if (event.pointerType === "mouse") this.show(); };
    svg.onblur = () => this.show();
    svg.onfocus = () => this.stop ?? this.go(Infinity);
    svg.onkeydown = event => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
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
