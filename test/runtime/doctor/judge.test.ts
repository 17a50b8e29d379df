import { describe, expect, it } from '@jest/globals';
import type { Answer, Facts } from '../../../runtime/doctor/facts';
import { judge } from '../../../runtime/doctor/judge';
import type { Plan } from '../../../runtime/doctor/plan';
import { DAY_MS, FACTS, NOW_MS, PLAN } from './support';

const answered = <T>(value: T): Answer<T> => ({ ok: true, value });
const DENIED = { ok: false, why: 'AccessDenied' } as const;

/** What is said of one check. */
function said(check: string, facts: Partial<Facts>, plan: Partial<Plan> = {}) {
  const found = judge({ ...PLAN, ...plan }, { ...FACTS, ...facts }, NOW_MS).filter(
    (finding) => finding.check === check,
  );
  expect(found).toHaveLength(1);
  return found[0];
}

it('has nothing against an account where all is well, but that nothing is encrypted', () => {
  const findings = judge(PLAN, FACTS, NOW_MS).filter(({ level }) => level !== 'ok');
  expect(findings.map(({ level, check }) => `${level} ${check}`)).toEqual([
    'warning certificate of the API',
    'warning certificate of the nodes',
  ]);
});

it('takes nothing for granted that AWS did not say', () => {
  const unknown = { zones: DENIED, types: DENIED, instances: DENIED, freeAddresses: DENIED, vpcs: DENIED };
  const findings = judge(PLAN, { ...FACTS, ...unknown, missingParameters: DENIED }, NOW_MS);
  expect(findings.filter(({ level }) => level === 'problem' || level === 'ok')).toEqual([]);
  expect(findings.filter(({ level }) => level === 'unknown').length).toBeGreaterThan(5);
});

describe('quotas on processors', () => {
  const check = 'quota L-1216C47A';
  const limit = (value: number) => ({ quotas: new Map([['L-1216C47A', answered(value)]]) });

  it.each([
    [24, 'ok', '24 at the maximum'],
    [23, 'problem', 'stops a scale-out to the maximum'],
    [8, 'problem', 'stops a scale-out to the maximum'],
    [7, 'problem', 'stops the first deploy'],
  ])('with %d', (value, level, text) => {
    expect(said(check, limit(value))).toMatchObject({ level, text: expect.stringContaining(text) });
  });

  it('count what others run, but not what the environment itself runs already', () => {
    const running = (ours: boolean) => ({ type: 'm7g.large', market: 'on-demand', vcpus: 2, ours }) as const;
    const instances = { ok: true, value: [running(false), running(true)] } as const;
    expect(said(check, { ...limit(26), instances })).toMatchObject({ level: 'ok' });
    const short = said(check, { ...limit(25), instances });
    expect(short).toMatchObject({ level: 'problem', remedy: expect.stringContaining('--desired-value 26') });
  });

  it('are apart for Spot instances', () => {
    const clusters = [
      { name: 'game', instanceType: 'c7g.medium', nodes: 4, most: 10, spot: { share: 0.5, onDemandBase: 2 } },
    ];
    const quotas = new Map([
      ['L-1216C47A', { ok: true, value: 10 }],
      ['L-34B43A08', { ok: true, value: 3 }],
    ] as const);
    expect(said(check, { quotas }, { clusters })).toMatchObject({
      level: 'ok',
      text: expect.stringContaining('10 at'),
    });
    expect(said('quota L-34B43A08', { quotas }, { clusters })).toMatchObject({
      level: 'problem',
      text: expect.stringContaining(
        'Standard, spot: 3 vCPUs, 0 used by others, 1 needed to begin with, 4 at the maximum',
      ),
    });
  });

  it('of other families are told to be unknown rather than passed over', () => {
    expect(said('quota for trn1.2xlarge', {}, { balancerType: 'trn1.2xlarge' })?.level).toBe('unknown');
  });
});

describe('the network', () => {
  it('needs an address for each node at the maximum, less those that run', () => {
    const free = (...value: number[]) => ({ freeAddresses: { ok: true, value } }) as const;
    expect(said('addresses', {})).toMatchObject({ level: 'ok', text: expect.stringContaining('12273 in the public') });
    expect(said('addresses', free(10, 12))?.level).toBe('ok');
    expect(said('addresses', free(10, 11))?.level).toBe('problem');
  });

  it('needs room for a VPC, but only before the first deploy', () => {
    const vpcs = { ok: true, value: { used: 5, most: 5 } } as const;
    expect(said('VPCs', { vpcs })?.level).toBe('problem');
    const deployed = judge(PLAN, { ...FACTS, vpcs, freeAddresses: { ok: true, value: [100] } }, NOW_MS);
    expect(deployed.filter(({ check }) => check === 'VPCs')).toEqual([]);
  });

  it('needs the zones that are configured', () => {
    expect(said('zones', { zones: { ok: true, value: ['a', 'b'] } })).toMatchObject({
      level: 'problem',
      remedy: '-c azs=2',
    });
  });
});

it('says which instance type the region, or one of the zones, does not have', () => {
  const types = (zones: string[]) =>
    ({ types: { ok: true, value: new Map([['t4g.small', { vcpus: 2, zones }]]) } }) as const;
  expect(said('instance type c7g.medium', types([]))?.level).toBe('problem');
  expect(said('instance type t4g.small', types(['ap-northeast-1a']))).toMatchObject({
    level: 'warning',
    text: expect.stringContaining('ap-northeast-1c, ap-northeast-1d'),
  });
  expect(said('instance type t4g.small', types(['elsewhere']))?.level).toBe('problem');
});

it('says how to mend missing parameters', () => {
  const missing = (name: string) => ({ missingParameters: { ok: true, value: [name] } }) as const;
  const bootstrap = '/cdk-bootstrap/hnb659fds/version';
  expect(said(`parameter ${bootstrap}`, missing(bootstrap))?.remedy).toBe('npx cdk bootstrap');
  expect(said('parameter /my/image', missing('/my/image'))?.level).toBe('problem');
});

it('finds secrets that are not there', () => {
  const secrets = { Slack: 'arn:slack' };
  const found = (value: boolean) => ({ secrets: new Map([['Slack', answered(value)]]) });
  expect(said('secret for Slack', found(true), { secrets })?.level).toBe('ok');
  expect(said('secret for Slack', found(false), { secrets })?.level).toBe('problem');
});

describe('certificates', () => {
  const names = { domain: 'nodes.example.com', hostedZoneId: 'Z1', certificateSecret: 'arn:tls' };
  const certificate = (days: number, over: { names?: string[]; fault?: string } = {}) =>
    ({
      ok: true,
      value: { expiresMs: NOW_MS + days * DAY_MS, names: ['*.nodes.example.com'], fault: null, ...over },
    }) as const;
  const ofNodes = (nodeCertificate: Facts['nodeCertificate'], hostedZone = true) =>
    said('certificate of the nodes', { nodeCertificate, hostedZone: { ok: true, value: hostedZone } }, { names });

  it.each([
    [31, 'ok'],
    [29, 'warning'],
    [0, 'problem'],
  ])('that expire in %d days', (days, level) => {
    expect(ofNodes(certificate(days))?.level).toBe(level);
    const api = said('certificate of the API', { apiCertificate: certificate(days) }, { apiCertificateArn: 'arn:acm' });
    expect(api?.level).toBe(level);
  });

  it('must be for the nodes, and usable', () => {
    expect(ofNodes(certificate(99, { names: ['*.example.com'] }))).toMatchObject({
      level: 'problem',
      text: 'is for *.example.com, must be for *.nodes.example.com',
    });
    expect(ofNodes(certificate(99, { fault: 'no such JSON' }))?.level).toBe('problem');
  });

  it('need the zone in which the names are', () => {
    const facts = { nodeCertificate: certificate(99), hostedZone: { ok: true, value: false } } as const;
    expect(said('hosted zone', facts, { names })?.level).toBe('problem');
  });
});
