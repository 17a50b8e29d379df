import uPlot from 'uplot';
import type { Course } from '../../core/protocol/page';
import { RANGES, type Range } from './courses';
import { element, Text } from './dom';
import { rate, whole } from './format';

const HEIGHT_PX = 170;

/** While there is less to show than this, in seconds, there is room on the left. */
const LEAST_SPAN_S = 60;

interface Line {
  readonly name: 'connections' | 'capacity' | 'nodes';
  readonly title: string;
  readonly scale: 'players' | 'nodes';
  readonly dash?: number[];
}

const LINES: readonly Line[] = [
  { name: 'connections', title: 'connections', scale: 'players' },
  { name: 'capacity', title: 'capacity', scale: 'players', dash: [6, 4] },
  { name: 'nodes', title: 'nodes', scale: 'nodes', dash: [2, 3] },
];

/** Connections, capacity and nodes of one cluster over time; the key tells the values where the pointer is, else the last ones. */
export class Chart {
  readonly root: HTMLElement;
  readonly #box: HTMLElement;
  readonly #values: ReadonlyMap<string, Text>;
  readonly #when = new Text('span', 'when');
  #plot: uPlot | undefined;
  #course: Course | undefined;
  #range: Range = 'minutes';

  constructor(cluster: string) {
    this.#box = element('div', 'plot');
    this.#box.setAttribute('role', 'img');
    this.#box.setAttribute('aria-label', `Course of connections, capacity and nodes of ${cluster}`);
    this.#values = new Map(LINES.map(({ name }) => [name, new Text('b')]));
    const keys = LINES.map(({ name, title }) => {
      const key = element('li', `key ${name}`, this.#values.get(name)?.element ?? '', ` ${title}`);
      return key;
    });
    this.root = element(
      'figure',
      'chart',
      element('ul', 'keys', ...keys, element('li', '', this.#when.element)),
      this.#box,
    );
    new ResizeObserver(() => this.#plot?.setSize({ width: this.#box.clientWidth, height: HEIGHT_PX })).observe(
      this.#box,
    );
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#forget());
  }

  show(course: Course, range: Range): void {
    this.#course = course;
    this.#range = range;
    const plot = this.#plot ?? this.#made();
    this.#plot = plot;
    const last = course.atS.at(-1) ?? Date.now() / 1_000;
    plot.batch(() => {
      plot.setData([course.atS, ...LINES.map(({ name }) => course[name])], false);
      const first = Math.min(course.atS[0] ?? last, last - LEAST_SPAN_S);
      plot.setScale('x', { min: Math.max(first, last - RANGES[range].spanS), max: last });
    });
    this.#tell(plot.cursor.idx ?? null);
  }

  #tell(index: number | null): void {
    const course = this.#course;
    if (course === undefined) return;
    const at = index ?? course.atS.length - 1;
    for (const { name } of LINES) this.#values.get(name)?.set(format(course[name][at]));
    const ago = (course.atS.at(-1) ?? 0) - (course.atS[at] ?? 0);
    this.#when.set(index === null || ago === 0 ? '' : `${duration(ago)} ago`);
  }

  /** Colours are painted, so that a new scheme of colours needs a new painting. */
  #forget(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    if (this.#course !== undefined) this.show(this.#course, this.#range);
  }

  #made(): uPlot {
    const style = getComputedStyle(this.#box);
    const color = (name: string) => style.getPropertyValue(`--${name}`).trim();
    const axis = { stroke: color('soft'), grid: { stroke: color('line'), width: 1 }, ticks: { show: false } };
    const options: uPlot.Options = {
      width: this.#box.clientWidth,
      height: HEIGHT_PX,
      padding: [10, 4, 0, 4],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: {
        players: { range: (_plot, _least, most) => [0, above(most)] },
        // Below the capacity, which mostly has the same form.
        nodes: { range: (_plot, _least, most) => [0, 1.5 * above(most)] },
      },
      axes: [
        {
          ...axis,
          size: 26,
          space: 70,
          values: (_plot, splits, _axis, _space, step) => splits.map((atS) => clock(atS, step < 60)),
        },
        { ...axis, scale: 'players', size: 52, values: (_plot, splits) => splits.map(axisValue) },
        {
          ...axis,
          scale: 'nodes',
          side: 1,
          size: 34,
          grid: { show: false },
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500],
        },
      ],
      series: [
        {},
        ...LINES.map(({ name, scale, dash }) => ({
          scale,
          stroke: color(name),
          width: name === 'connections' ? 2 : 1.5,
          points: { show: false },
          ...(dash !== undefined && { dash }),
          ...(name === 'connections' && { fill: color('connections-fill') }),
        })),
      ],
      hooks: { setCursor: [(plot) => this.#tell(plot.cursor.idx ?? null)] },
    };
    return new uPlot(options, [[], [], [], []], this.#box);
  }
}

/** Room above the highest value, and a scale also where there is nothing. */
function above(most: number | null): number {
  return Math.max(1, (most ?? 0) * 1.1);
}

function format(value: number | undefined): string {
  return value === undefined ? '–' : Number.isInteger(value) ? whole(value) : rate(value);
}

function axisValue(value: number): string {
  return value >= 1_000 ? `${value / 1_000}k` : String(value);
}

function clock(atS: number, seconds: boolean): string {
  return new Date(atS * 1_000).toTimeString().slice(0, seconds ? 8 : 5);
}

function duration(seconds: number): string {
  return seconds < 120
    ? `${seconds} s`
    : seconds < 7_200
      ? `${Math.round(seconds / 60)} min`
      : `${(seconds / 3_600).toFixed(1)} h`;
}
