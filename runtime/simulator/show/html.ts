import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Measures } from '../measures';
import type { Noted, Outcome, Point } from '../run';
import { PAGE_SCRIPT, PAGE_STYLE } from './page';

/** Reasons shown for one moment; more are only counted. */
const MOST_REASONS = 12;

/** One file that needs no network: the plot's library and the figures are in it. */
export async function toHtml(outcomes: ReadonlyMap<string, Outcome>, trace: string): Promise<string> {
  const { resolve } = createRequire(__filename);
  const library = await readFile(resolve('uplot/dist/uPlot.iife.min.js'), 'utf8');
  const style = await readFile(resolve('uplot/dist/uPlot.min.css'), 'utf8');
  const policies = [...outcomes].map(([name, { measures, points, notes }]) => ({
    name,
    figures: figures(measures),
    columns: columns(points),
    notes: byMinute(notes),
  }));
  const title = quoted(`A simulated run of ${trace}`);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${style}${PAGE_STYLE}</style></head>
<body><h1>${title}</h1>
<p>Point at a mark at the foot of a plot for the decision and its reason: tall ones add nodes, short ones take them away. Drag to zoom, double-click to go back.</p>
<main id="plots"></main>
<script type="application/json" id="data">${JSON.stringify({ policies }).replaceAll('<', '\\u003c')}</script>
<script>${library}</script>
<script>${PAGE_SCRIPT}</script>
</body></html>
`;
}

function figures({ nodeHours, nodeMinutesOver, connectionMinutesOver, refused, cutOff, launches }: Measures): string {
  return (
    `${nodeHours.toFixed(1)} node-hours, ${nodeMinutesOver.toFixed(1)} node-minutes and ${connectionMinutesOver.toFixed(0)} ` +
    `connection-minutes over capacity, ${refused} joins refused at first, ${cutOff} players cut off, ${launches} launches`
  );
}

/** As uPlot wants them: times in seconds, then a list per line. */
function columns(points: readonly Point[]): number[][] {
  const keys = ['demand', 'capacity', 'waiting', 'open', 'booting', 'draining', 'over'] as const;
  return [points.map(({ atMs }) => atMs / 1000), ...keys.map((key) => points.map((point) => point[key]))];
}

/** What was decided, by the minute that the plot shows it in (seconds). */
function byMinute(notes: readonly Noted[]): [number, string[]][] {
  const minutes = new Map<number, string[]>();
  for (const { atMs, kind, text } of notes) {
    const minute = Math.floor(atMs / 60_000) * 60;
    const texts = minutes.get(minute) ?? [];
    texts.push(`${new Date(atMs).toISOString().slice(5, 19).replace('T', ' ')} ${kind}: ${text}`);
    minutes.set(minute, texts);
  }
  return [...minutes].map(([minute, texts]) => [
    minute,
    texts.length <= MOST_REASONS
      ? texts
      : [...texts.slice(0, MOST_REASONS), `and ${texts.length - MOST_REASONS} more in this minute`],
  ]);
}

function quoted(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
