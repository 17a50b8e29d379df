import { ACMClient } from '@aws-sdk/client-acm';
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { Route53Client } from '@aws-sdk/client-route-53';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { acmCertificate, holds, secretCertificate } from './aws-certificates';
import { freePublicAddresses, instanceTypes, openZones, runningInstances, type Send } from './aws-ec2';
import type { Answer, Facts } from './facts';
import type { Plan } from './plan';
import { quotasOf } from './processors';

/** Everything is asked for within this time, in milliseconds. */
const LIMIT_MS = 20_000;

/**
 * Asks an account for all that the plan depends on; changes nothing. What cannot be asked is told in its answer.
 * @throws when there are no credentials, or no region: then nothing can be asked.
 */
export async function askAws(plan: Plan, options: { readonly region?: string }): Promise<Facts> {
  const client = { ...options, maxAttempts: 3 };
  const send = { abortSignal: AbortSignal.timeout(LIMIT_MS) };
  const sts = new STSClient(client);
  const region = await sts.config.region();
  const { Account: account = 'unknown' } = await sts.send(new GetCallerIdentityCommand({}), send);
  const ec2 = new EC2Client(client);
  const secrets = new SecretsManagerClient(client);
  const quotas = new ServiceQuotasClient(client);
  const quota = (service: string, code: string) => answer(() => getQuota(quotas, service, code, send));
  const wantedTypes = [...new Set([...plan.clusters.map((cluster) => cluster.instanceType), plan.balancerType])];
  const { names, apiCertificateArn } = plan;

  const [zones, types, instances, freeAddresses, vpcs, missingParameters] = await Promise.all([
    answer(() => openZones(ec2, send)),
    answer(() => instanceTypes(ec2, wantedTypes, send)),
    answer(() => runningInstances(ec2, plan.stack, send)),
    answer(() => freePublicAddresses(ec2, plan.stack, send)),
    answer(async () => {
      const { Vpcs: found = [] } = await ec2.send(new DescribeVpcsCommand({}), send);
      return { used: found.length, most: await getQuota(quotas, 'vpc', 'L-F678F1CE', send) };
    }),
    answer(async () => {
      const request = new GetParametersCommand({ Names: [...plan.parameters] });
      return (await new SSMClient(client).send(request, send)).InvalidParameters ?? [];
    }),
  ]);
  const [apiCertificate, nodeCertificate, hostedZone] = await Promise.all([
    apiCertificateArn === null ? null : answer(() => acmCertificate(new ACMClient(client), apiCertificateArn, send)),
    names === null ? null : answer(() => secretCertificate(secrets, names.certificateSecret, send)),
    names === null ? null : answer(() => holds(new Route53Client(client), names.hostedZoneId, names.domain, send)),
  ]);
  const codes = quotasOf(plan);
  const limits = await Promise.all(codes.map(async (code) => [code, await quota('ec2', code)] as const));
  const found = await Promise.all(
    Object.entries(plan.secrets).map(
      async ([purpose, id]) => [purpose, await answer(() => isThere(secrets, id, send))] as const,
    ),
  );
  return {
    ...{ region, account, zones, types, instances, freeAddresses, vpcs, missingParameters },
    ...{ apiCertificate, nodeCertificate, hostedZone, quotas: new Map(limits), secrets: new Map(found) },
  };
}

async function answer<T>(ask: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { ok: true, value: await ask() };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

/** An account whose quota was never changed may have only the default, which the same call gives. */
async function getQuota(client: ServiceQuotasClient, service: string, code: string, send: Send): Promise<number> {
  const command = new GetServiceQuotaCommand({ ServiceCode: service, QuotaCode: code });
  const value = (await client.send(command, send)).Quota?.Value;
  if (value === undefined) throw new Error(`the quota ${code} has no value`);
  return value;
}

async function isThere(secrets: SecretsManagerClient, id: string, send: Send): Promise<boolean> {
  try {
    return (await secrets.send(new DescribeSecretCommand({ SecretId: id }), send)).DeletedDate === undefined;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return false;
    throw error;
  }
}
