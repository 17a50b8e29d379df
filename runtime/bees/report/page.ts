/** Look of the page. */
export const PAGE_STYLE = `
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 1300px; padding: 0 1rem; color: #1a1a1a; background: #fff; }
h1 { font-size: 1.3rem; } h2 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
pre { background: #f4f4f4; padding: .8rem; overflow-x: auto; }
.row { display: flex; flex-wrap: wrap; gap: 1rem; }
.row > figure { flex: 1 1 420px; min-width: 0; margin: 0; } figcaption { color: #555; }
`;

/** Draws the plots of each run; those of one kind share a row and a scale, and all share the cursor. */
export const PAGE_SCRIPT = `
const runs = JSON.parse(document.getElementById('data').textContent);
const main = document.getElementById('plots');
const colours = ['#0b62c4', '#c4550b', '#2a8a3c', '#8a2a86', '#b8860b', '#0b8f8f', '#c40b3a', '#555555', '#6a5acd', '#7a9a01', '#a0522d', '#000000'];
const titles = [...new Set(runs.flatMap((run) => run.plots.map((plot) => plot.title)))];
const drawn = [];
for (const title of titles) {
  const heading = main.appendChild(document.createElement('h2'));
  heading.textContent = title;
  const row = main.appendChild(document.createElement('div'));
  row.className = 'row';
  const same = runs.map((run) => run.plots.find((plot) => plot.title === title));
  const values = same.flatMap((plot) => (plot ? plot.lines.flatMap((line) => line.values) : []));
  const top = values.reduce((most, value) => Math.max(most, value ?? 0), 1) * 1.05;
  runs.forEach((run, i) => {
    const plot = same[i];
    if (!plot) return;
    const figure = row.appendChild(document.createElement('figure'));
    if (runs.length > 1) figure.appendChild(document.createElement('figcaption')).textContent = run.name;
    const options = {
      width: 600, height: 220, cursor: { sync: { key: 'bees' } },
      scales: { x: { time: false }, y: { range: [0, top] } },
      axes: [{ label: 'seconds', labelSize: 20 }, { size: 70, values: (_, ticks) => ticks.map((tick) => tick + (plot.unit ? ' ' + plot.unit : '')) }],
      series: [{ label: 'second' }, ...plot.lines.map((line, n) => ({ label: line.label, stroke: colours[n % colours.length], width: 1.5, points: { show: run.seconds.length < 3 } }))],
    };
    drawn.push({ figure, plot: new uPlot(options, [run.seconds, ...plot.lines.map((line) => line.values)], figure) });
  });
}
const fit = () => drawn.forEach(({ figure, plot }) => plot.setSize({ width: figure.clientWidth, height: 220 }));
addEventListener('resize', fit);
fit();
`;
