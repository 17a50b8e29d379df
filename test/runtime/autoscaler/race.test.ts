import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ScalingConfig } from '../../../runtime/core/config/scaling';
import { SECOND, World } from './world';

/** Scale-in is due at once; a ticket lives 15 s and its reservation 5 s longer, as the registry has it. */
const config = ScalingConfig.parse({
  minimum: 1,
  forecast: null,
  in: { cooldownMs: 0, stabiliseMs: 5_000, drainAtLeastMs: 25_000, stepNodes: 1, stepFraction: 0 },
});
const TICKET_MS = 15_000;
const RESERVATION_MS = TICKET_MS + 5_000;

describe('a ticket is issued, its node is chosen to leave, and the client connects', () => {
  it('in every order, nobody is lost, even when the registry has lost the reservation', () => {
    const times = fc.record({
      issuedMs: fc.integer({ min: 0, max: 60_000 }),
      connectAfterMs: fc.integer({ min: 0, max: TICKET_MS - 1 }),
      playsMs: fc.integer({ min: 1, max: 60_000 }),
    });
    fc.assert(
      fc.property(fc.array(times, { minLength: 1, maxLength: 6 }), fc.boolean(), (players, pendingUnknown) => {
        const world = new World(2);
        world.stored.outAtMs = -3_600 * SECOND;
        world.pendingUnknown = pendingUnknown;
        const lost: string[] = [];
        const { scheduler } = world;
        const joinable = () => world.open().find(({ nodeId }) => !world.suspended.has(nodeId));
        players.forEach(({ issuedMs, connectAfterMs, playsMs }, i) => {
          scheduler.schedule(() => {
            const node = joinable();
            if (node === undefined) return;
            let reserved = true;
            node.pending += 1;
            const release = () => {
              if (reserved) node.pending -= 1;
              reserved = false;
            };
            scheduler.schedule(release, RESERVATION_MS);
            scheduler.schedule(() => {
              if (node.phase === 'sealed' || !world.nodes.has(node.nodeId))
                lost.push(`player ${i} came to a closed door`);
              node.sessions += 1;
              release();
              scheduler.schedule(() => {
                if (!world.nodes.has(node.nodeId)) lost.push(`player ${i} was cut off`);
                node.sessions -= 1;
              }, playsMs);
            }, connectAfterMs);
          }, issuedMs);
        });
        world.start(config);
        world.run(300);

        expect(lost).toEqual([]);
        expect(world.desired).toBe(1);
      }),
      { numRuns: 150 },
    );
  });
});
