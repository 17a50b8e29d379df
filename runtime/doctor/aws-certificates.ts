import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { type ACMClient, DescribeCertificateCommand } from '@aws-sdk/client-acm';
import { GetHostedZoneCommand, type Route53Client } from '@aws-sdk/client-route-53';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import type { Send } from './aws-ec2';
import type { Certificate } from './facts';

/** The form of the secret with the nodes' certificate. */
const CertificateSecret = z.object({ certificate: z.string(), privateKey: z.string() });

export async function acmCertificate(acm: ACMClient, arn: string, send: Send): Promise<Certificate> {
  const { Certificate: found } = await acm.send(new DescribeCertificateCommand({ CertificateArn: arn }), send);
  const issued = found?.Status === 'ISSUED' && found.NotAfter !== undefined;
  return {
    expiresMs: found?.NotAfter?.getTime() ?? 0,
    names: found?.SubjectAlternativeNames ?? [],
    fault: issued ? null : `is ${found?.Status ?? 'not there'}, must be ISSUED`,
  };
}

export async function secretCertificate(secrets: SecretsManagerClient, id: string, send: Send): Promise<Certificate> {
  const { SecretString: text = '' } = await secrets.send(new GetSecretValueCommand({ SecretId: id }), send);
  try {
    const { certificate, privateKey } = CertificateSecret.parse(JSON.parse(text));
    createSecureContext({ cert: certificate, key: privateKey });
    const { validTo, subjectAltName = '' } = new X509Certificate(certificate);
    const names = subjectAltName.split(', ').flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4)] : []));
    return { expiresMs: Date.parse(validTo), names, fault: null };
  } catch (error) {
    const why = error instanceof z.ZodError || error instanceof SyntaxError ? 'no such JSON' : String(error);
    return { expiresMs: 0, names: [], fault: `must be JSON with certificate and privateKey, both PEM: ${why}` };
  }
}

export async function holds(route53: Route53Client, id: string, domain: string, send: Send): Promise<boolean> {
  try {
    const { HostedZone: zone } = await route53.send(new GetHostedZoneCommand({ Id: id }), send);
    const name = zone?.Name?.replace(/\.$/, '');
    return name !== undefined && zone?.Config?.PrivateZone !== true && `.${domain}`.endsWith(`.${name}`);
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchHostedZone') return false;
    throw error;
  }
}
