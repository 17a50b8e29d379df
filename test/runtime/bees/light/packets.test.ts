import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventPacket, readPacket } from '../../../../runtime/bees/light/packets';

describe('a packet', () => {
  it.each([
    ['0{"sid":"x","upgrades":[],"pingInterval":5000,"pingTimeout":4000}', { kind: 'handshake', silentMs: 9_000 }],
    ['2', { kind: 'ping' }],
    ['1', { kind: 'engine-close' }],
    ['40{"sid":"x"}', { kind: 'connected' }],
    ['41', { kind: 'disconnected' }],
    ['44{"message":"no"}', { kind: 'refused', message: 'no' }],
    ['42["STATE",{"tick":1}]', { kind: 'event', name: 'STATE', args: [{ tick: 1 }], ack: null }],
    ['4217["ALL_CONNECTED",{}]', { kind: 'event', name: 'ALL_CONNECTED', args: [{}], ack: '17' }],
    ['42/agent,["x"]', { kind: 'other' }],
    ['431["late"]', { kind: 'other' }],
    ['42nonsense', { kind: 'malformed' }],
    ['42[', { kind: 'malformed' }],
    ['42[7]', { kind: 'malformed' }],
    ['451-["x",{"_placeholder":true,"num":0}]', { kind: 'malformed' }],
    ['0nonsense', { kind: 'malformed' }],
    ['0null', { kind: 'malformed' }],
    ['', { kind: 'other' }],
  ])('%s', (text, packet) => {
    expect(readPacket(text)).toEqual(packet);
  });

  it('of any content throws nothing', () => {
    fc.assert(fc.property(fc.string(), (text) => void readPacket(`4${text}`)));
  });

  it('of an event is read as it was written', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.jsonValue()), (name, args) => {
        const written = JSON.parse(JSON.stringify(args));
        expect(readPacket(eventPacket(name, args))).toEqual({ kind: 'event', name, args: written, ack: null });
      }),
    );
  });
});
