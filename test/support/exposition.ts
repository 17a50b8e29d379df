/** Prometheus' text as values by series, e.g. `realtime_nodes{cluster="game",state="red"}`; throws for a line that is none. */
export function parseExposition(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, series, value] = /^([a-z_:][a-z0-9_:]*(?:\{[^}]*\})?) (\S+)$/i.exec(line) ?? [];
      if (series === undefined || value === undefined) throw new Error(`not a line of Prometheus: ${line}`);
      return [series, value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value)];
    }),
  );
}
