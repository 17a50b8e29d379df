import { ACMClient, DescribeCertificateCommand } from '@aws-sdk/client-acm';
import {
  DescribeAvailabilityZonesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { GetHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import { DescribeSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { examine } from '../../../runtime/doctor';
import { askAws } from '../../../runtime/doctor/aws';
import { selfSigned } from '../../support/certificate';
import { NOW_MS, PLAN } from './support';

const ec2 = mockClient(EC2Client);
const sts = mockClient(STSClient);
const quotas = mockClient(ServiceQuotasClient);
const ssm = mockClient(SSMClient);
const acm = mockClient(ACMClient);
const secrets = mockClient(SecretsManagerClient);
const route53 = mockClient(Route53Client);

const REGION = { region: 'ap-northeast-1' };
const refusal = (name: string) => Object.assign(new Error('no'), { name });

beforeEach(() => {
  for (const mock of [ec2, sts, quotas, ssm, acm, secrets, route53]) mock.reset();
  sts.on(GetCallerIdentityCommand).resolves({ Account: '123456789012' });
});

describe('what the doctor asks of AWS', () => {
  it('is read from every page', async () => {
    ec2.on(DescribeAvailabilityZonesCommand).resolves({ AvailabilityZones: [{ ZoneName: 'c' }, { ZoneName: 'a' }] });
    ec2
      .on(DescribeInstanceTypesCommand)
      .resolvesOnce({ InstanceTypes: [{ InstanceType: 'c7g.medium', VCpuInfo: { DefaultVCpus: 1 } }], NextToken: 'n' })
      .resolvesOnce({ InstanceTypes: [{ InstanceType: 't4g.small', VCpuInfo: { DefaultVCpus: 2 } }] });
    ec2
      .on(DescribeInstanceTypeOfferingsCommand)
      .resolves({ InstanceTypeOfferings: [{ InstanceType: 't4g.small', Location: 'a' }] });
    ec2.on(DescribeInstancesCommand).resolves({
      Reservations: [
        {
          Instances: [
            { InstanceType: 'm7i.large', CpuOptions: { CoreCount: 1, ThreadsPerCore: 2 }, InstanceLifecycle: 'spot' },
            {
              InstanceType: 'c7g.medium',
              CpuOptions: { CoreCount: 1, ThreadsPerCore: 1 },
              Tags: [{ Key: 'realtime-fleet:cluster', Value: 'prod-realtime-game' }],
            },
          ],
        },
      ],
    });
    ec2.on(DescribeSubnetsCommand).resolves({ Subnets: [{ AvailableIpAddressCount: 7 }] });
    ec2.on(DescribeVpcsCommand).resolves({ Vpcs: [{}, {}] });
    quotas.on(GetServiceQuotaCommand, { ServiceCode: 'vpc' }).resolves({ Quota: { Value: 5 } });
    quotas.on(GetServiceQuotaCommand, { QuotaCode: 'L-1216C47A' }).resolves({ Quota: { Value: 32 } });
    ssm.on(GetParametersCommand).resolves({ InvalidParameters: ['/cdk-bootstrap/hnb659fds/version'] });

    expect(await askAws(PLAN, REGION)).toEqual({
      ...{ region: 'ap-northeast-1', account: '123456789012' },
      zones: { ok: true, value: ['a', 'c'] },
      types: {
        ok: true,
        value: new Map([
          ['c7g.medium', { vcpus: 1, zones: [] }],
          ['t4g.small', { vcpus: 2, zones: ['a'] }],
        ]),
      },
      instances: {
        ok: true,
        value: [
          { type: 'm7i.large', market: 'spot', vcpus: 2, ours: false },
          { type: 'c7g.medium', market: 'on-demand', vcpus: 1, ours: true },
        ],
      },
      quotas: new Map([['L-1216C47A', { ok: true, value: 32 }]]),
      freeAddresses: { ok: true, value: [7] },
      vpcs: { ok: true, value: { used: 2, most: 5 } },
      missingParameters: { ok: true, value: ['/cdk-bootstrap/hnb659fds/version'] },
      ...{ apiCertificate: null, nodeCertificate: null, hostedZone: null, secrets: new Map() },
    });
  });

  it('goes on when something may not be asked', async () => {
    ec2.rejects(refusal('UnauthorizedOperation'));
    quotas.rejects(refusal('AccessDeniedException'));
    ssm.rejects(refusal('AccessDeniedException'));
    const { findings } = await examine(PLAN, 'ap-northeast-1', NOW_MS);
    expect(findings.filter(({ level }) => level === 'unknown').map(({ text }) => text)).toContain(
      'UnauthorizedOperation: no',
    );
    expect(findings.filter(({ level }) => level === 'problem')).toEqual([]);
  });

  it('is nothing without credentials; the cost is told all the same', async () => {
    sts.rejects(refusal('CredentialsProviderError'));
    const report = await examine(PLAN, 'ap-northeast-1', NOW_MS);
    expect(report.findings).toEqual([expect.objectContaining({ level: 'problem', check: 'credentials' })]);
    expect(report.cost.perMonth).toHaveLength(4);
  });
});

describe('certificates, names and secrets', () => {
  const plan = {
    ...PLAN,
    apiCertificateArn: 'arn:acm',
    names: { domain: 'nodes.example.com', hostedZoneId: 'Z1', certificateSecret: 'arn:tls' },
    secrets: { Slack: 'arn:slack', other: 'arn:gone' },
  };
  const ask = async () => {
    const { apiCertificate, nodeCertificate, hostedZone, secrets: found } = await askAws(plan, REGION);
    return { apiCertificate, nodeCertificate, hostedZone, found };
  };

  it('are looked into', async () => {
    const { certificate, privateKey } = selfSigned('*.nodes.example.com');
    const NotAfter = new Date(NOW_MS);
    acm
      .on(DescribeCertificateCommand)
      .resolves({ Certificate: { Status: 'ISSUED', NotAfter, SubjectAlternativeNames: ['a.b'] } });
    secrets.on(GetSecretValueCommand).resolves({ SecretString: JSON.stringify({ certificate, privateKey }) });
    secrets.on(DescribeSecretCommand, { SecretId: 'arn:slack' }).resolves({});
    secrets.on(DescribeSecretCommand, { SecretId: 'arn:gone' }).rejects(refusal('ResourceNotFoundException'));
    route53.on(GetHostedZoneCommand).resolves({ HostedZone: { Id: 'Z1', Name: 'example.com.', CallerReference: 'x' } });
    expect(await ask()).toEqual({
      apiCertificate: { ok: true, value: { expiresMs: NOW_MS, names: ['a.b'], fault: null } },
      nodeCertificate: {
        ok: true,
        value: { expiresMs: expect.any(Number), names: ['*.nodes.example.com'], fault: null },
      },
      hostedZone: { ok: true, value: true },
      found: new Map([
        ['Slack', { ok: true, value: true }],
        ['other', { ok: true, value: false }],
      ]),
    });
  });

  it('have faults that are named', async () => {
    const { certificate } = selfSigned('*.nodes.example.com');
    const { privateKey } = selfSigned('*.nodes.example.com');
    acm.on(DescribeCertificateCommand).resolves({ Certificate: { Status: 'PENDING_VALIDATION' } });
    route53.on(GetHostedZoneCommand).resolves({ HostedZone: { Id: 'Z1', Name: 'ample.com.', CallerReference: 'x' } });
    for (const text of ['{}', 'nonsense', JSON.stringify({ certificate, privateKey })]) {
      secrets.on(GetSecretValueCommand).resolves({ SecretString: text });
      const { apiCertificate, nodeCertificate, hostedZone } = await ask();
      expect(apiCertificate).toMatchObject({ value: { fault: 'is PENDING_VALIDATION, must be ISSUED' } });
      expect(nodeCertificate).toMatchObject({
        value: { fault: expect.stringContaining('must be JSON with certificate') },
      });
      expect(hostedZone).toEqual({ ok: true, value: false });
    }
  });
});
