import { z } from 'zod';

/** Forms of single values in the context, with messages that say what is expected. */

export const InstanceTypeName = z
  .string()
  .regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, 'must be an instance type such as c7g.medium');

export const CertificateArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/,
    'must be the ARN of a certificate: arn:aws:acm:REGION:ACCOUNT:certificate/ID',
  );

/** With the six characters that Secrets Manager adds to the name: policies would not fit without them. */
export const SecretArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}$/,
    'must be the whole ARN of a secret: arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SIXCHR',
  );

export const TopicArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$/,
    'must be the ARN of a topic: arn:aws:sns:REGION:ACCOUNT:NAME',
  );

export const DomainName = z
  .string()
  .max(200, 'must have at most 200 characters, so that a node can put its name before it')
  .regex(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    'must be a domain name in small letters such as nodes.example.com',
  );

/** Variables that a program gets in addition. Characters that systemd or bash would read otherwise than they stand are refused. */
export function settings(ours: readonly string[]) {
  return z
    .record(
      z
        .string()
        .regex(/^[A-Z][A-Z0-9_]*$/, 'must be capital letters, digits and underscores')
        .refine((name) => !ours.includes(name), 'is set by the infrastructure'),
      z.string().regex(/^[A-Za-z0-9_.,:/@%+=-]*$/, 'must be letters, digits and _ . , : / @ % + = -'),
    )
    .default({});
}
