import type { Market } from './quotas';

/** What AWS answered; `why` is for people. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** An instance of the account that runs, or is about to. */
export interface RunningInstance {
  readonly type: string;
  readonly market: Market;
  readonly vcpus: number;
  /** The environment's own: it is part of what the plan needs. */
  readonly ours: boolean;
}

export interface Certificate {
  /** Unix time in milliseconds. */
  readonly expiresMs: number;
  /** DNS names that it is for, e.g. `*.nodes.example.com`. */
  readonly names: readonly string[];
  /** What else keeps it from being used; null when nothing does. */
  readonly fault: string | null;
}

/** All that the doctor asks of an account. */
export interface Facts {
  readonly region: string;
  /** Account id. */
  readonly account: string;
  /** Names of the region's availability zones that are open to the account, in order. */
  readonly zones: Answer<readonly string[]>;
  /** Virtual processors, and the zones that offer it, by instance type; a type that AWS does not know is absent. */
  readonly types: Answer<ReadonlyMap<string, { readonly vcpus: number; readonly zones: readonly string[] }>>;
  readonly instances: Answer<readonly RunningInstance[]>;
  /** By code. */
  readonly quotas: ReadonlyMap<string, Answer<number>>;
  /** Free addresses of the stack's public subnets; empty when it is not deployed. */
  readonly freeAddresses: Answer<readonly number[]>;
  /** VPCs that the account has in the region, and may have. */
  readonly vpcs: Answer<{ readonly used: number; readonly most: number }>;
  /** Parameters that are missing. */
  readonly missingParameters: Answer<readonly string[]>;
  /** Null: not configured. */
  readonly apiCertificate: Answer<Certificate> | null;
  readonly nodeCertificate: Answer<Certificate> | null;
  /** Whether the hosted zone is there, and the nodes' domain in it. Null: not configured. */
  readonly hostedZone: Answer<boolean> | null;
  /** Whether each is there, by what it is for. */
  readonly secrets: ReadonlyMap<string, Answer<boolean>>;
}
