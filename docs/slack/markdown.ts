import type { MessageBlock, SlackMessage } from '../../runtime/notify/slack/blocks';

/** A message about as Slack shows it, as a quotation, and below it what is sent. */
export function markdownOf(message: SlackMessage): string {
  const shown = message.blocks.map((block) => quoted(linesOf(block))).join('\n>\n');
  const sent = JSON.stringify(message, null, 2);
  return `${shown}\n\n<details><summary>Block Kit</summary>\n\n\`\`\`json\n${sent}\n\`\`\`\n\n</details>\n`;
}

function linesOf(block: MessageBlock): string[] {
  if (block.type === 'header') return [`**${block.text.text}**`];
  if (block.type === 'context') return block.elements.map(({ text }) => `<sub>${readable(text)}</sub>`);
  return readable(block.text.text).split('\n');
}

/** Slack's own mark-up as that of Markdown. */
function readable(text: string): string {
  return text
    .replace(/<!date\^[^|]*\|([^>]*)>/g, '`$1`')
    .replace(/<(http[^|>]*)\|([^>]*)>/g, '[$2]($1)')
    .replace(/(?<!\u200b)\*([^*\n]+)\*(?!\u200b)/g, '**$1**')
    .replaceAll('\u200b', '');
}

function quoted(lines: readonly string[]): string {
  // Two blanks at the end of a line break it.
  return lines.map((line) => `> ${line}`).join('  \n');
}
