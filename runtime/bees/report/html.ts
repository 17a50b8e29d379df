import type { RunResult } from '../result';
import { describeSummary, summarise } from '../summary';
import type { Library } from './library';
import { PAGE_SCRIPT, PAGE_STYLE } from './page';
import { plotsOf } from './series';

/** One file that needs no network: the library of the plots and all figures are in it. Of several runs the plots stand side by side. */
export function toHtml(runs: ReadonlyMap<string, RunResult>, summary: string, library: Library): string {
  const title = quoted(`Bees: ${[...runs.keys()].join(' and ')}`);
  const data = [...runs].map(([name, result]) => ({ name, ...plotsOf(result) }));
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${library.style}${PAGE_STYLE}</style></head>
<body><h1>${title}</h1>
<pre>${quoted(summary)}</pre>
<main id="plots"></main>
<script type="application/json" id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
<script>${library.script}</script>
<script>${PAGE_SCRIPT}</script>
</body></html>
`;
}

/** The page of one run. */
export function pageOf(result: RunResult, library: Library): string {
  const name = new Date(result.startedAtMs).toISOString().slice(0, 19).replace('T', ' ');
  return toHtml(new Map([[name, result]]), describeSummary(summarise(result)), library);
}

function quoted(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
