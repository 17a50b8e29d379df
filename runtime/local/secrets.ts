import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** The secrets of one run of the local cluster, in the form in which the programs' environment wants them. */
export interface Secrets {
  /** What tickets are derived from; balancers only. */
  readonly masterKeys: string;
  /** What a balancer shows nodes; PEM in base64. */
  readonly agentPrivateKey: string;
  /** What nodes check it with; PEM in base64. */
  readonly agentPublicKeys: string;
  /** What the balancer shows the supervisor. */
  readonly fleetToken: string;
}

export function newSecrets(): Secrets {
  const pair = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return {
    masterKeys: randomBytes(32).toString('hex'),
    agentPrivateKey: Buffer.from(pair.privateKey).toString('base64'),
    agentPublicKeys: Buffer.from(pair.publicKey).toString('base64'),
    fleetToken: randomBytes(24).toString('base64url'),
  };
}
