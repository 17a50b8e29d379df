import { Durations } from '../histogram';
import type { RunResult } from '../result';

/** One plot: its lines share the x axis of all plots, seconds since the start. */
export interface Plot {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
}

interface Line {
  readonly label: string;
  /** One value for each second; null where there is none. */
  readonly values: readonly (number | null)[];
}

/** More nodes than this are not told apart in a plot: the largest, the mean and the smallest are. */
const MOST_NODES = 12;

/** The plots of a run, and the seconds that they share. */
export function plotsOf(result: RunResult): { readonly seconds: readonly number[]; readonly plots: readonly Plot[] } {
  const { slices } = result;
  const lengths = slices.map(({ second }, i) => second - (slices[i - 1]?.second ?? 0));
  const perSecond = (of: (slice: RunResult['slices'][number]) => number): number[] =>
    slices.map((slice, i) => of(slice) / (lengths[i] ?? 1));
  const clusters = [...new Set(result.nodes.map(({ cluster }) => cluster))];
  return {
    seconds: slices.map(({ second }) => second),
    plots: [
      {
        title: 'Players connected',
        unit: '',
        lines: [{ label: 'players', values: slices.map(({ connected }) => connected) }],
      },
      {
        title: 'Joins and finishes',
        unit: '/s',
        lines: [
          { label: 'arrived', values: perSecond(({ arrived }) => arrived) },
          { label: 'on a lobby node', values: perSecond(({ joined }) => joined) },
          { label: 'finished', values: perSecond(({ finished }) => finished) },
          { label: 'failed', values: perSecond(({ failed }) => failed) },
        ],
      },
      { title: 'From arrival to the lobby node', unit: 'ms', lines: percentiles(slices.map(({ lobby }) => lobby)) },
      {
        title: 'Messages',
        unit: '/s',
        lines: [
          { label: 'positions sent', values: perSecond(({ sent }) => sent) },
          { label: 'states received', values: perSecond(({ received }) => received) },
        ],
      },
      {
        title: 'Delay of a position, from when it was due until it is back',
        unit: 'ms',
        lines: percentiles(slices.map(({ relay }) => relay)),
      },
      ...clusters.map((cluster) => loadOf(cluster, result)),
    ],
  };
}

function percentiles(encoded: readonly string[]): Line[] {
  const all = encoded.map((text) => Durations.decode(text));
  return [50, 90, 99].map((percentile) => ({
    label: `p${percentile}`,
    values: all.map((durations) => (durations.count === 0 ? null : durations.percentile(percentile))),
  }));
}

function loadOf(cluster: string, { nodes, slices }: RunResult): Plot {
  const ids = nodes.filter((node) => node.cluster === cluster).map(({ id }) => id);
  const title = `Connections of ${cluster} nodes`;
  if (ids.length <= MOST_NODES) {
    const lines = ids.map((id) => ({ label: id, values: slices.map(({ nodes: open }) => open[id] ?? 0) }));
    return { title, unit: '', lines };
  }
  const each = slices.map(({ nodes: open }) => ids.map((id) => open[id] ?? 0));
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    title,
    unit: '',
    lines: [
      { label: 'largest', values: each.map((values) => Math.max(...values)) },
      { label: 'mean', values: each.map(mean) },
      { label: 'smallest', values: each.map((values) => Math.min(...values)) },
    ],
  };
}
