/**
 * The rules of the original (2015), as its open-source release published them, with two conversions. It counted the nodes of
 * both its clusters together, so sizes are halved here; and its ladder of fixed sizes knew no step limit.
 * Its thresholds counted the balancer's own connection to each node, which ours do not: 20 there is 19 players.
 */
const ORIGINAL = {
  minimum: 2,
  maximum: 250,
  average: {
    rule: 'ladder',
    outAt: 19,
    inAt: 2,
    // It compared "at most the minimum", so it also grew with exactly the minimum.
    outAtNodes: 2,
    out: [
      { upTo: 20, size: 50 },
      { upTo: 50, size: 100 },
      { upTo: 100, size: 150 },
      { upTo: 150, size: 200 },
      { upTo: 200, size: 250 },
    ],
    in: [225, 200, 175, 150, 125, 100, 75, 50, 40, 30, 20, 3].map((size) => ({ above: size, size })),
  },
  schedule: [{ name: 'evening', from: '18:00', to: '23:00', zone: 'Asia/Tokyo', atLeast: 20 }],
  forecast: null,
  history: null,
  emergency: null,
  out: { cooldownMs: 180_000, stepNodes: 250 },
  in: {
    cooldownMs: 3_600_000,
    stepNodes: 250,
    windows: [{ from: '04:00', to: '05:00', zone: 'Asia/Tokyo' }],
  },
} as const;

/** Joins on as few nodes as hold everybody, so that the others empty by themselves and can leave, one scale-in soon after the other. */
const LEAN = { consolidate: 0.95, in: { cooldownMs: 180_000 } } as const;

const PRESETS = { original: ORIGINAL, lean: LEAN } as const;

export const PRESET_NAMES = ['default', 'original', 'lean'] as const;

/** Puts the named preset under the given fields; leaves anything that it does not understand for the schema to refuse. */
export function applyPreset(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || !('preset' in input)) return input;
  if (input.preset !== 'original' && input.preset !== 'lean') return input;
  const preset: { readonly in: object; readonly out?: object } = PRESETS[input.preset];
  return {
    ...preset,
    ...input,
    out: under(preset.out ?? {}, 'out' in input ? input.out : {}),
    in: under(preset.in, 'in' in input ? input.in : {}),
  };
}

function under(base: object, fields: unknown): unknown {
  return typeof fields === 'object' && fields !== null ? { ...base, ...fields } : fields;
}
