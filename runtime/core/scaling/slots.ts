/** What is remembered of a week: the highest load of each five minutes. In milliseconds. */
export const SLOT_MS = 300_000;
export const DAY_SLOTS = 288;
export const WEEK_SLOTS = 7 * DAY_SLOTS;
