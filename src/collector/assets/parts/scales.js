// Round numbers for axes.

export function niceTop(value) {
  if (!(value > 0)) return 1;
  const size = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((one) => one * size).find((top) => top >= value * 0.999);
}

const minute = 60_000;
const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 20_160, 43_200, 129_600].map((one) => one * minute);

// [[time, step], …] at local round times, at most about `most` of them.
export function timeTicks(from, to, most) {
  const step = timeSteps.find((one) => (to - from) / one <= most) ?? timeSteps.at(-1);
  const offset = new Date(from).getTimezoneOffset() * minute;
  const ticks = [];
  for (let time = Math.ceil((from - offset) / step) * step + offset; time < to; time += step) ticks.push([time, step]);
  return ticks;
}

// Points of the service, which leaves out empty steps, as one value a step.
export function valuesOf(line, { from, to, step }, pick, empty = 0) {
  const values = new Array(Math.round((to - from) / step)).fill(empty);
  for (const point of line?.points ?? []) {
    const index = Math.round((Date.parse(point.time) - from) / step);
    if (index >= 0 && index < values.length) values[index] = pick(point) ?? empty;
  }
  return values;
}

export function spanOf(series) {
  return { from: Date.parse(series.from), to: Date.parse(series.to), step: series.step_s * 1000 };
}
