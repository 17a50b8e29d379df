import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ERRORS, FleetError } from '../../../runtime/core/errors';

/** Rows `| `CODE` | status | meaning |` of the README's section "Errors", until the next heading. */
function documented(): { code: string; status: string; meaning: string }[] {
  const readme = readFileSync(join(__dirname, '../../../README.md'), 'utf8');
  const section = /^#{2,3} Errors$([\s\S]*?)(?=^#{1,3} |(?![\s\S]))/m.exec(readme)?.[1] ?? '';
  return [...section.matchAll(/^\| `([A-Z_]+)` \| (\d{3}|–) \| (.*) \|$/gm)].map(([, code, status, meaning]) => ({
    code: code ?? '',
    status: status ?? '',
    meaning: meaning ?? '',
  }));
}

describe('the error table', () => {
  it("is the README's, code by code", () => {
    const ours = Object.entries(ERRORS).map(([code, { status, retry, message }]) => ({
      code,
      status: status === null ? '–' : String(status),
      meaning: retry ? `${message} (retry)` : message,
    }));
    const byCode = (a: { code: string }, b: { code: string }) => a.code.localeCompare(b.code);
    expect(documented().sort(byCode)).toEqual(ours.sort(byCode));
  });
});

describe('FleetError', () => {
  it('says what was wrong this time after what its code means', () => {
    const error = new FleetError('INVALID', { detail: 'unknown field', field: 'body.x' });
    expect(error).toMatchObject({
      code: 'INVALID',
      field: 'body.x',
      message: `${ERRORS.INVALID.message} (unknown field)`,
    });
    expect(new FleetError('FULL', { retryAfterMs: 5 })).toMatchObject({
      message: ERRORS.FULL.message,
      retryAfterMs: 5,
    });
  });
});
