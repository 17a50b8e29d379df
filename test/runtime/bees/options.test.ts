import { describe, expect, it, jest } from '@jest/globals';
import { ramp } from '../../../runtime/bees/arrivals';
import { readOptions } from '../../../runtime/bees/options';

const API = ['--api', 'http://127.0.0.1:8080'];

describe('readOptions', () => {
  it('has defaults', async () => {
    expect(await readOptions(API, {})).toEqual({
      api: 'http://127.0.0.1:8080',
      apiKey: 'local-dev-key',
      arrivals: ramp(40, 400),
      client: 'light',
      curve: null,
      stay: 'fixed',
      timeout: 5,
      gather: false,
      from: [],
      processes: 1,
      share: { index: 0, count: 1 },
      startAt: null,
      worker: false,
      report: null,
      play: 5,
      patience: 180,
      rate: 10,
      loop: false,
      json: null,
      mode: 'battle',
      pool: 'default',
    });
  });

  it('takes the key from the option before the environment', async () => {
    expect((await readOptions(API, { API_KEY: 'env' })).apiKey).toBe('env');
    expect((await readOptions([...API, '--api-key', 'option'], { API_KEY: 'env' })).apiKey).toBe('option');
  });

  it('reads a curve', async () => {
    const { curve } = await readOptions([...API, '--curve', '0:40,60:800,90.5:0'], {});
    expect(curve?.points.at(-1)).toEqual({ atMs: 90_500, players: 0 });
  });

  it.each([
    [[], "required option '--api <URL>' not specified"],
    [['--api', 'localhost:8080'], 'An address like http://127.0.0.1:8080 is needed.'],
    [[...API, '--players', '0'], 'A whole number from 1 to 100000 is needed.'],
    [[...API, '--players', '1.5'], 'A whole number from 1 to 100000 is needed.'],
    [[...API, '--ramp', '-1'], 'A number from 0 to 86400 is needed.'],
    [[...API, '--curve', '0:40'], 'two points are needed'],
    [[...API, '--curve', '0:40,9:1', '--players', '4'], '--curve goes without --players'],
    [[...API, '--mode', 'no such mode!'], '1 to 64 of'],
    [[...API, '--json', '/no/such/folder/file.json'], '/no/such/folder/file.json cannot be written'],
    [[...API, '--jason', 'x'], "unknown option '--jason'"],
    [[...API, 'more'], 'too many arguments'],
  ])('%j: says what is wrong', async (args, message) => {
    const written: string[] = [];
    const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    try {
      await expect(readOptions(args, {})).rejects.toMatchObject({ exitCode: 1 });
    } finally {
      write.mockRestore();
    }
    expect(written.join('')).toContain(message);
  });
});
