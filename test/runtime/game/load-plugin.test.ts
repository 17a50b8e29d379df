import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadPlugin } from '../../../runtime/game/load-plugin';

describe('loading a plug-in', () => {
  let folder: string;
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'plugin-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const body = `{ events: { GO: { safeParse: (data) => ({ success: true, data }) } }, create: () => ({}) }`;

  it.each([
    ['exports', `module.exports = ${body};`],
    ['a default export', `exports.default = ${body};`],
  ])('takes %s', (name, text) => {
    const plugin = loadPlugin(file(`${name.replaceAll(' ', '-')}.js`, text));
    expect(Object.keys(plugin.events)).toEqual(['GO']);
    expect(plugin.create).toBeInstanceOf(Function);
  });

  it.each([
    ['no-create', 'module.exports = { events: {} };', 'create: must be a function'],
    ['no-schema', 'module.exports = { events: { GO: {} }, create() {} };', 'events.GO: must be a schema'],
    ['reserved', `module.exports = { ...${body}, events: { CONNECT: ${body}.events.GO } };`, 'CONNECT'],
    ['throws', `throw new Error('my own mistake');`, 'my own mistake'],
  ])('says what is wrong: %s', (name, text, message) => {
    expect(() => loadPlugin(file(`${name}.js`, text))).toThrow(message);
  });

  it('says which file it did not find', () => {
    expect(() => loadPlugin('./no/such/plugin.js')).toThrow('no/such/plugin.js cannot be loaded');
  });
});
