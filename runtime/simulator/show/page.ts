/** What the page does in the browser: one plot per policy, the marks of decisions, and their reasons on hover. Plain JavaScript. */
export const PAGE_SCRIPT = `
const data = JSON.parse(document.getElementById('data').textContent);
const place = document.getElementById('plots');
const width = () => Math.max(320, document.body.clientWidth - 32);
const line = (label, stroke, more) => ({ label, stroke, width: 1.5, points: { show: false }, ...more });
const whole = (u, v) => v == null ? '–' : String(v);
const plots = data.policies.map((policy) => {
  const section = document.createElement('section');
  const title = document.createElement('h2');
  title.textContent = policy.name;
  const figures = document.createElement('p');
  figures.textContent = policy.figures;
  const reasons = document.createElement('ul');
  reasons.setAttribute('aria-live', 'polite');
  section.append(title, figures);
  place.append(section);
  const byTime = new Map(policy.notes);
  const times = policy.notes.map(([time]) => time);
  const nearest = (time) => {
    let best = null;
    for (const t of times) if (best === null || Math.abs(t - time) < Math.abs(best - time)) best = t;
    return best;
  };
  const show = (u) => {
    const index = u.cursor.idx;
    if (index == null) return;
    const time = u.data[0][index];
    const span = (u.scales.x.max - u.scales.x.min) / u.width * 8;
    const found = nearest(time);
    reasons.replaceChildren();
    if (found === null || Math.abs(found - time) > Math.max(60, span)) return;
    for (const text of byTime.get(found)) {
      const item = document.createElement('li');
      item.textContent = text;
      reasons.append(item);
    }
  };
  const marks = (u) => {
    const { ctx, bbox } = u;
    ctx.save();
    for (const time of times) {
      const x = u.valToPos(time, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      const out = byTime.get(time).some((text) => text.includes(' grow: ') || text.includes(' undrain: '));
      ctx.fillStyle = out ? '#0a7d33' : '#b35c00';
      ctx.fillRect(x, bbox.top + bbox.height - (out ? 12 : 6), 1.5, out ? 12 : 6);
    }
    ctx.restore();
  };
  const plot = new uPlot({
    width: width(), height: 260, hooks: { setCursor: [show], draw: [marks] },
    scales: { players: { range: (u, min, max) => [0, Math.max(10, max)] }, nodes: { range: (u, min, max) => [0, Math.max(2, max * 2)] } },
    axes: [{}, { scale: 'players', label: 'players', size: 70 }, { scale: 'nodes', side: 1, label: 'nodes', grid: { show: false } }],
    series: [
      {},
      line('demand', '#1f5fbf', { scale: 'players', value: whole }),
      line('capacity', '#444', { scale: 'players', value: whole, dash: [6, 3] }),
      line('waiting', '#c00', { scale: 'players', value: whole }),
      line('open nodes', '#0a7d33', { scale: 'nodes', value: whole }),
      line('booting', '#8a6d00', { scale: 'nodes', value: whole }),
      line('draining', '#b35c00', { scale: 'nodes', value: whole }),
      line('nodes over', '#c0008a', { scale: 'nodes', value: whole }),
    ],
  }, policy.columns, section);
  section.append(reasons);
  return plot;
});
addEventListener('resize', () => { for (const plot of plots) plot.setSize({ width: width(), height: 260 }); });
`;

export const PAGE_STYLE = `
body { font: 15px/1.4 system-ui, sans-serif; margin: 16px; color: #111; background: #fff; }
h1 { font-size: 20px; } h2 { font-size: 16px; margin: 24px 0 0; } p { margin: 4px 0 8px; }
ul { min-height: 84px; margin: 4px 0; padding-left: 20px; }
`;
