import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readOptions } from '../../../runtime/local/options';
import { SCENARIOS } from '../../../runtime/local/scenario';

describe('the options of npm start', () => {
  it('have defaults', async () => {
    expect(await readOptions([])).toEqual({
      lobby: 2,
      game: 2,
      players: 40,
      ramp: 2,
      rate: 10,
      client: 'light',
      exit: false,
      json: null,
      port: 8080,
      capacity: { lobby: 5_000, game: 5_000 },
      max: null,
      scenario: null,
      verbose: false,
    });
  });

  it('are read', async () => {
    const args =
      '--lobby 3 --game 5 --players 400 --exit --json out.json --port 9000 --capacity 10 --max 7 --client socket.io --verbose'.split(
        ' ',
      );
    expect(await readOptions(args)).toEqual({
      lobby: 3,
      game: 5,
      players: 400,
      ramp: 4,
      rate: 10,
      client: 'socket.io',
      exit: true,
      json: resolve('out.json'),
      port: 9000,
      capacity: { lobby: 10, game: 10 },
      max: 7,
      scenario: null,
      verbose: true,
    });
    expect((await readOptions(['--ramp', '0.5'])).ramp).toBe(0.5);
    expect(await readOptions(['--players', '10000'])).toMatchObject({ ramp: 60, rate: 0.5 });
  });

  it('take from a scenario what is not given', async () => {
    const { tide } = SCENARIOS;
    const { players, max, capacity } = tide;
    expect(await readOptions(['--scenario', 'tide'])).toMatchObject({
      scenario: tide,
      exit: true,
      players,
      max,
      capacity,
    });
    const given = ['--scenario', 'tide', '--players', '80', '--max', '3', '--capacity', '20'];
    const own = { players: 80, max: 3, capacity: { lobby: 20, game: 20 } };
    expect(await readOptions(given)).toMatchObject({ scenario: tide, exit: true, ...own });
  });

  it.each([
    [['--players', 'many'], "'--players <N>' argument 'many' is invalid. A whole number from 0"],
    [['--lobby', '0'], 'A whole number from 1 to 32'],
    [['--game', '1.5'], 'A whole number from 1 to 32'],
    [['--port', '70000'], 'A whole number from 0 to 65535'],
    [['--ramp', '-1'], 'A number from 0 to 3600'],
    [['--scenario', 'storm'], 'Allowed choices are tide'],
    [['--max', '0'], 'A whole number from 1 to 100'],
    [['--nonsense'], "unknown option '--nonsense'"],
    [['surplus'], 'too many arguments'],
    [['--json', 'x.json'], '--json needs --exit'],
    [['--exit', '--players', '0'], '--exit needs players'],
    [['--exit', '--json', join(__dirname, 'nowhere', 'x.json')], 'cannot be written'],
    [['--exit', '--json', __dirname], 'is a folder'],
  ])('refuse %j', async (args, why) => {
    await expect(readOptions(args)).rejects.toThrow(why);
  });
});
