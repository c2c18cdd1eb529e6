// Numbers and times as people read them. Unknown is an empty text, never 0.

const grouped = new Intl.NumberFormat('en-US');

export function count(value) {
  return value === undefined || value === null ? '' : grouped.format(value);
}

// 1,376 stays exact; from ten thousand on three digits are enough.
export function shortCount(value) {
  if (value === undefined || value === null) return '';
  if (value < 10_000) return count(value);
  for (const [size, unit] of [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']]) {
    if (value >= size) return threeDigits(value / size) + unit;
  }
  return count(value);
}

function threeDigits(value) {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

export function duration(milliseconds) {
  if (milliseconds === undefined || milliseconds === null || Number.isNaN(milliseconds)) return '';
  if (milliseconds === 0) return '0 ms';
  if (milliseconds < 1) return `${threeDigits(milliseconds * 1000)} µs`;
  if (milliseconds < 999.5) return `${threeDigits(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${threeDigits(milliseconds / 1000)} s`;
  return longDuration(Math.round(milliseconds / 1000));
}

function longDuration(seconds) {
  const units = [['d', 86_400], ['h', 3600], ['min', 60], ['s', 1]];
  const first = units.findIndex(([, size]) => seconds >= size);
  const parts = [];
  for (const [unit, size] of units.slice(first, first + 2)) {
    const whole = Math.floor(seconds / size);
    seconds -= whole * size;
    if (whole > 0) parts.push(`${whole} ${unit}`);
  }
  return parts.join(' ');
}

export function cost(dollars) {
  if (dollars === undefined || dollars === null) return '';
  if (dollars === 0) return '$0';
  if (dollars >= 1000) return `$${grouped.format(Math.round(dollars))}`;
  if (dollars >= 0.1) return `$${dollars.toFixed(2)}`;
  if (dollars < 1e-6) return '<$0.000001';
  return `$${dollars.toFixed(Math.min(7, 1 - Math.floor(Math.log10(dollars))))}`;
}

export function tokens(input, output) {
  if (input === undefined && output === undefined) return '';
  return `${shortCount(input) || '–'} → ${shortCount(output) || '–'}`;
}

export function bytes(value) {
  if (value === undefined || value === null) return '';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : threeDigits(value)} ${units[unit]}`;
}

// Milliseconds since 1970, with fractions: the service gives nanoseconds, Date knows milliseconds.
export function timeOf(text) {
  if (!text) return undefined;
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const beyond = fraction.length > 3 ? Number(`0.${fraction.slice(3)}`) : 0;
  return Date.parse(text.replace(/\.\d+/, `.${fraction.slice(0, 3).padEnd(3, '0')}`)) + beyond;
}

export function age(time, now = Date.now()) {
  const seconds = Math.max(0, (now - time) / 1000);
  if (seconds < 5) return 'now';
  for (const [unit, size] of [['d', 86_400], ['h', 3600], ['min', 60], ['s', 1]]) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${unit}`;
  }
  return 'now';
}

const dayAndTime = new Intl.DateTimeFormat(undefined, {
  year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
});
const shortDayAndTime = new Intl.DateTimeFormat(undefined, {
  month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
});
const hourAndMinute = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const dayOnly = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });

export function dateTime(milliseconds) {
  return dayAndTime.format(new Date(milliseconds));
}

export function shortDateTime(milliseconds) {
  return shortDayAndTime.format(new Date(milliseconds));
}

// A tick of an axis: the day where a day begins or days are the unit, else the hour.
export function tick(milliseconds, step) {
  const date = new Date(milliseconds);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0;
  return midnight || step >= 86_400_000 ? dayOnly.format(date) : hourAndMinute.format(date);
}

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}
