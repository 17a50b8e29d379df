import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { awsAddress } from '../../../runtime/fleet/aws-address';
import { lookupBy, parsePeerAddress } from '../../../runtime/fleet/peer-address';

process.env.AWS_REGION = 'ap-northeast-1';

const ec2 = mockClient(EC2Client);
beforeEach(() => {
  ec2.reset();
});

let nowMs = 0;
const address = () => awsAddress('prod-realtime-balancer-game', () => nowMs);

describe('the address of the one instance of a group', () => {
  it('is that of the running one, the one launched last while it is being replaced', async () => {
    ec2.on(DescribeInstancesCommand).resolves({
      Reservations: [
        { Instances: [{ PrivateIpAddress: '10.0.0.1', LaunchTime: new Date(1_000) }] },
        { Instances: [{ PrivateIpAddress: '10.0.0.2', LaunchTime: new Date(2_000) }, { LaunchTime: new Date(3_000) }] },
      ],
    });
    expect(await address()()).toBe('10.0.0.2');
    expect(ec2.commandCalls(DescribeInstancesCommand)[0]?.args[0].input.Filters).toEqual([
      { Name: 'tag:realtime-fleet:cluster', Values: ['prod-realtime-balancer-game'] },
      { Name: 'instance-state-name', Values: ['running'] },
    ]);
  });

  it('is asked for at most every 5 s, also when there is none', async () => {
    const find = address();
    ec2.on(DescribeInstancesCommand).resolves({});
    for (const at of [0, 4_999]) {
      nowMs = at;
      await expect(find()).rejects.toThrow('no instance of prod-realtime-balancer-game is running');
    }
    ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [{ PrivateIpAddress: '10.0.0.3' }] }] });
    nowMs = 5_000;
    expect(await find()).toBe('10.0.0.3');
    expect(ec2.commandCalls(DescribeInstancesCommand)).toHaveLength(2);
  });
});

describe('PEER_URL', () => {
  it('is a URL, or names a group', () => {
    expect(parsePeerAddress('http://10.0.0.1:9090')).toEqual({ url: 'http://10.0.0.1:9090' });
    expect(parsePeerAddress('aws:prod-realtime-balancer-game:9090')).toEqual({
      url: 'http://prod-realtime-balancer-game:9090',
      lookup: expect.any(Function),
    });
  });

  it.each(['', 'aws:', 'aws:group', 'aws:no group:90', 'aws:group:99999', 'ftp://host'])('refuses %j', (text) => {
    expect(() => parsePeerAddress(text)).toThrow('aws:GROUP:PORT');
  });
});

describe('lookupBy', () => {
  const ask = (find: () => Promise<string>, all: boolean) =>
    new Promise((resolve) => lookupBy(find)('peer', { all }, (...answer) => resolve(answer)));

  it('answers with one address, or with all there are', async () => {
    expect(await ask(async () => '10.0.0.1', false)).toEqual([null, '10.0.0.1', 4]);
    expect(await ask(async () => 'fd00::1', true)).toEqual([null, [{ address: 'fd00::1', family: 6 }]]);
  });

  it('says why there is none', async () => {
    const [error] = (await ask(() => Promise.reject(new Error('none runs')), true)) as [Error];
    expect(error).toMatchObject({ message: 'peer: none runs', code: 'ENOTFOUND' });
  });
});
