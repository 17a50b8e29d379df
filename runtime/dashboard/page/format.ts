const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export function whole(value: number): string {
  return WHOLE.format(value);
}

/** Of large numbers the first digits: 5K, 1.2M. */
export function short(value: number): string {
  return value < 10_000 ? WHOLE.format(value) : SHORT.format(value);
}

/** A second: with a digit after the point while it is small. */
export function rate(value: number): string {
  return value > 0 && value < 10 ? value.toFixed(1) : WHOLE.format(value);
}

export function share(part: number, all: number): string {
  return all > 0 ? `${Math.round((part / all) * 100)} %` : '–';
}

/** By the viewer's clock and time zone. @param atMs Unix time in milliseconds. */
export function time(atMs: number): string {
  return TIME.format(atMs);
}
