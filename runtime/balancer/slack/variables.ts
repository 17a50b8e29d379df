import { z } from 'zod';
import { WebhookUrl } from '../../notify/slack';

/** Shorter times between two reports are surely a mistake, in milliseconds. */
const LEAST_REPORT_MS = 1_000;

/** A variable that is there but empty is not set. */
function orEmpty<T>(schema: z.ZodType<T, string>) {
  return z.preprocess((text) => (text === '' ? undefined : text), schema.optional());
}

const PageUrl = z.string().refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), {
  error: 'must begin with http:// or https://',
});

/** What the balancer's environment says of Slack. */
export const SlackVariables = z.object({
  SLACK_WEBHOOK_URL: orEmpty(WebhookUrl).describe(
    'address of a Slack webhook that is told what happens (default: none)',
  ),
  SLACK_WEBHOOK_FILE: orEmpty(z.string()).describe(
    'file with that address instead; may come later, and is read again when it changes (default: none)',
  ),
  SLACK_REPORT_MS: z.coerce
    .number()
    .int()
    .max(604_800_000)
    .refine((ms) => ms === 0 || ms >= LEAST_REPORT_MS, `must be ${LEAST_REPORT_MS} or more, or 0 for no reports`)
    .default(3_600_000)
    .describe('time between two state reports, in milliseconds; 0: none (default 3600000)'),
  PAGE_URL: orEmpty(PageUrl).describe('address of the live page, for the link in messages (default: no link)'),
});
export type SlackVariables = z.infer<typeof SlackVariables>;
