import type { Answer, Certificate, Facts } from './facts';
import { type Finding, known } from './finding';
import type { Plan } from './plan';

const DAY_MS = 86_400_000;
/** A certificate that expires sooner is told. */
const SOON_DAYS = 30;

/** The certificates of the API and of the nodes, and the nodes' hosted zone. */
export function certificateFindings({ names }: Plan, facts: Facts, nowMs: number): Finding[] {
  const { apiCertificate, nodeCertificate, hostedZone } = facts;
  const findings: Finding[] = [];
  if (apiCertificate !== null) findings.push(...certificate('certificate of the API', apiCertificate, nowMs));
  else findings.push({ level: 'warning', check: 'certificate of the API', ...UNENCRYPTED_API });
  if (names === null || nodeCertificate === null || hostedZone === null) {
    findings.push({ level: 'warning', check: 'certificate of the nodes', ...UNENCRYPTED_NODES });
    return findings;
  }
  findings.push(...certificate('certificate of the nodes', nodeCertificate, nowMs, `*.${names.domain}`));
  const check = 'hosted zone';
  findings.push(
    ...known(check, hostedZone, (there): Finding => {
      if (there) return { level: 'ok', check, text: `is there for ${names.domain}` };
      const text = `${names.hostedZoneId} is no public hosted zone that ${names.domain} is in`;
      return { level: 'problem', check, text, remedy: 'create one, and delegate the domain to its name servers' };
    }),
  );
  return findings;
}

const UNENCRYPTED_API = {
  text: 'none: the API speaks plain HTTP, and its key and tickets can be read on the way',
  remedy: 'api.certificateArn',
} as const;
const UNENCRYPTED_NODES = {
  text: 'none: players speak ws:// to the nodes, and tickets and play can be read on the way',
  remedy: 'see wss:// in the README',
} as const;

/** @param name that it must be for, if given. */
function certificate(check: string, answer: Answer<Certificate>, nowMs: number, name?: string): Finding[] {
  return known(check, answer, ({ expiresMs, names, fault }): Finding => {
    const days = Math.floor((expiresMs - nowMs) / DAY_MS);
    if (fault !== null) return { level: 'problem', check, text: fault };
    if (name !== undefined && !names.includes(name)) {
      return { level: 'problem', check, text: `is for ${names.join(', ') || 'no name'}, must be for ${name}` };
    }
    if (expiresMs <= nowMs) return { level: 'problem', check, text: 'has expired', remedy: 'renew it' };
    if (days < SOON_DAYS) return { level: 'warning', check, text: `expires in ${days} days`, remedy: 'renew it' };
    return { level: 'ok', check, text: `good for ${days} days` };
  });
}
