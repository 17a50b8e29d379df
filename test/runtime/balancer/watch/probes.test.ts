import { describe, expect, it } from '@jest/globals';
import { ProbeChoice } from '../../../../runtime/balancer/watch/probes';

describe('how a cluster is asked', () => {
  it.each([
    ['tcp=http', { cluster: 'tcp', port: null }],
    ['a:b@c=http:9101', { cluster: 'a:b@c', port: 9_101 }],
  ])('reads %s', (text, choice) => {
    expect(ProbeChoice.parse(text)).toEqual(choice);
  });

  it.each([
    '',
    'tcp',
    '=http',
    'tcp=',
    'tcp=https',
    'tcp=http:',
    'tcp=http:0',
    'tcp=http:65536',
    'tcp=http:x',
    'a b=http',
  ])('refuses %j, and says what is possible', (text) => {
    expect(ProbeChoice.safeParse(text).error?.issues[0]?.message).toMatch(/must be CLUSTER=http, or CLUSTER=http:PORT/);
  });
});
