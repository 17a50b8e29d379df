import { access, constants } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { Id } from '../core/protocol/limits';
import { type Arrival, parseSteps } from './arrivals';
import { type Curve, parseCurve } from './curve';

export function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:\/\//.test(text)) return text;
  throw new InvalidArgumentError('An address like http://127.0.0.1:8080 is needed.');
}

export function curveValue(text: string): Curve {
  try {
    return parseCurve(text);
  } catch (error) {
    throw new InvalidArgumentError(`${error instanceof Error ? error.message : error}; e.g. 0:40,60:800,120:40`);
  }
}

export function stepsValue(text: string): Arrival[] {
  try {
    return parseSteps(text);
  } catch (error) {
    throw new InvalidArgumentError(`${error instanceof Error ? error.message : error}; e.g. 0:10,30:50,60:0`);
  }
}

export function addressesValue(text: string): string[] {
  const all = text.split(',').map((part) => part.trim());
  if (all.every((address) => isIP(address) !== 0)) return all;
  throw new InvalidArgumentError('IP addresses are needed, e.g. 127.0.0.2,127.0.0.3.');
}

export function shareValue(text: string): { index: number; count: number } {
  const [, part = '0', count = '0'] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (Number(part) >= 1 && Number(part) <= Number(count)) return { index: Number(part) - 1, count: Number(count) };
  throw new InvalidArgumentError('A part such as 1/3 is needed.');
}

export function momentValue(text: string): number {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw new InvalidArgumentError('A moment such as 2030-01-31T12:00:00Z is needed.');
}

export function id(text: string): string {
  if (Id.safeParse(text).success) return text;
  throw new InvalidArgumentError('1 to 64 of A-Z a-z 0-9 _ . : @ - are needed.');
}

/** Asked before playing, not after. */
export async function writable(file: string): Promise<boolean> {
  const can = (path: string, mode: number): Promise<boolean> =>
    access(path, mode).then(
      () => true,
      () => false,
    );
  return await can((await can(file, constants.F_OK)) ? file : dirname(file), constants.W_OK);
}
