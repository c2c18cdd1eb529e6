// From milliseconds of a trace to a share of the width. Long times in which no innermost span runs can be
// compressed: an agent that waited an hour for a person is then as wide as its work.

const leastGap = 0.02;      // of the whole; shorter ones stay as they are
const gapWidth = 0.015;     // of what remains
const worthOffering = 0.25;

export function idleGaps(model) {
  const leaves = [];
  for (let number = 0; number < model.count; number += 1) if (!model.hasChildren(number)) leaves.push(number);
  // As they come from the service they are in order already.
  const inOrder = leaves.every((number, at) => at === 0 || model.start[leaves[at - 1]] <= model.start[number]);
  if (!inOrder) leaves.sort((a, b) => model.start[a] - model.start[b]);
  const gaps = [];
  let busyUntil = 0;
  for (const number of [...leaves, none]) {
    const start = number === none ? model.length : model.start[number];
    if (start - busyUntil > model.length * leastGap) gaps.push([busyUntil, start]);
    if (number !== none) busyUntil = Math.max(busyUntil, model.finish[number]);
  }
  const idle = gaps.reduce((sum, [from, to]) => sum + to - from, 0) / model.length;
  return { gaps, idle, isOffered: idle >= worthOffering };
}

const none = -1;

export class TimeScale {
  // Without gaps the scale is even.
  constructor(length, gaps = []) {
    const busy = gaps.reduce((rest, [from, to]) => rest - (to - from), length);
    const width = Math.max(busy, length * 0.001) * gapWidth;
    this.times = [0];
    this.places = [0];
    this.gaps = gaps;
    let time = 0;
    let place = 0;
    const extend = (until, by) => {
      place += by;
      time = until;
      this.times.push(time);
      this.places.push(place);
    };
    for (const [from, to] of gaps) {
      if (from > time) extend(from, from - time);
      extend(to, width);
    }
    if (length > time) extend(length, length - time);
    for (let index = 0; index < this.places.length; index += 1) this.places[index] /= place;
  }

  share(time) {
    return interpolate(this.times, this.places, time);
  }

  time(share) {
    return interpolate(this.places, this.times, share);
  }

  // Round times for an axis, within a part of the width.
  ticks([from, to], most) {
    const [first, last] = [this.time(from), this.time(to)];
    if (this.gaps.length > 0) return this.#edges(from, to, most);
    const rough = (last - first) / most;
    const step = roundStep(rough);
    const ticks = [];
    for (let time = Math.ceil(first / step) * step; time <= last; time += step) ticks.push(time);
    return ticks;
  }

  // Between compressed gaps only their edges are known places.
  #edges(from, to, most) {
    const found = [];
    let last = -1;
    this.times.forEach((time, index) => {
      const place = this.places[index];
      if (place < from || place > to || place - last < (to - from) / most) return;
      found.push(time);
      last = place;
    });
    return found;
  }
}

const clockSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400].map((one) => one * 1000);

// Decimal below a second and beyond days, as on a clock between.
function roundStep(rough) {
  const size = 10 ** Math.floor(Math.log10(rough));
  const decimal = [1, 2, 5, 10].map((one) => one * size).find((one) => one >= rough);
  return decimal < 1000 ? decimal : clockSteps.find((one) => one >= rough) ?? decimal;
}

function interpolate(from, to, value) {
  let low = 0;
  let high = from.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (from[middle] <= value) low = middle;
    else high = middle;
  }
  const width = from[high] - from[low];
  return to[low] + (width > 0 ? ((value - from[low]) / width) * (to[high] - to[low]) : 0);
}
