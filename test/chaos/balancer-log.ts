import { z } from 'zod';

/** An event in a balancer's log: its kind begins the message. */
const EventLine = z.object({
  msg: z.string(),
  reason: z.string(),
  cluster: z.string().optional(),
  details: z.object({ rule: z.string().optional(), epoch: z.number().optional() }).optional(),
});

/** The event that a line of a balancer's log tells of, the rule of a scaling decision before its reason; null for any other line. */
export function balancerEvent(line: string): { what: string; cluster?: string; reason: string } | null {
  const parsed = EventLine.safeParse(fromJson(line));
  if (!parsed.success) return null;
  const { msg, reason, cluster, details } = parsed.data;
  const what = msg.split(' ')[0] ?? '';
  const rule = details?.rule === undefined ? '' : `${details.rule}: `;
  return { what, ...(cluster === undefined ? {} : { cluster }), reason: `${rule}${reason}` };
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
