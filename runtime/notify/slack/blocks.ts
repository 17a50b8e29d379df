/** The parts of Block Kit that we use, and its limits: https://docs.slack.dev/reference/block-kit/blocks */
type Text = { readonly type: 'mrkdwn' | 'plain_text'; readonly text: string };

export type MessageBlock =
  | { readonly type: 'header'; readonly text: Text }
  | { readonly type: 'section'; readonly text: Text }
  | { readonly type: 'context'; readonly elements: readonly Text[] };

/** A message as Slack takes it. */
export interface SlackMessage {
  /** What notifications and screen readers say. */
  readonly text: string;
  readonly blocks: readonly MessageBlock[];
}

/** In characters. */
const MOST_IN_HEADER = 150;
const MOST_IN_SECTION = 3_000;

export function header(text: string): MessageBlock {
  return { type: 'header', text: { type: 'plain_text', text: cut(text, MOST_IN_HEADER) } };
}

/** @param lines in mrkdwn; what comes from outside must be `plain`. */
export function section(lines: readonly string[]): MessageBlock {
  return { type: 'section', text: { type: 'mrkdwn', text: cut(lines.join('\n'), MOST_IN_SECTION) } };
}

export function context(parts: readonly string[]): MessageBlock {
  return { type: 'context', elements: [{ type: 'mrkdwn', text: cut(parts.join(' · '), MOST_IN_SECTION) }] };
}

/** Text that Slack shows as it is: no mention, no link, no formatting comes of it. At most `most` characters. */
export function plain(text: string, most = 300): string {
  const escaped = cut(text.replace(/\s+/g, ' '), most)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
  // A zero-width space behind each sign that would begin formatting.
  return escaped.replace(/[*_~`]/g, '$&\u200b');
}

/** A moment in the reader's own time zone. @param atMs Unix time in milliseconds. */
export function moment(atMs: number, form: '{time_secs}' | '{date_short_pretty} {time}' = '{time_secs}'): string {
  const utc = `${new Date(atMs).toISOString().slice(11, 19)} UTC`;
  return `<!date^${Math.floor(atMs / 1_000)}^${form}|${utc}>`;
}

export function link(url: string, text: string): string {
  return `<${url.replace(/[<>|]/g, encodeURIComponent)}|${text}>`;
}

/** Half a character, of a cut or from outside, would not be Unicode. */
function cut(text: string, most: number): string {
  const short = text.length <= most ? text : `${text.slice(0, most - 1)}…`;
  return short.replace(/\p{Surrogate}/gu, '\ufffd');
}
