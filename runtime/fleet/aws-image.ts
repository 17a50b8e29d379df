import type { LaunchTemplateSpecification } from '@aws-sdk/client-auto-scaling';
import { DescribeLaunchTemplateVersionsCommand, type EC2Client } from '@aws-sdk/client-ec2';

/** How long an answer serves, in milliseconds: images change some times a month. */
const FRESH_MS = 60_000;
/** A call with all its retries ends within this time, in milliseconds. */
const CALL_LIMIT_MS = 10_000;

interface Known {
  readonly version: string;
  readonly image: string | null;
  readonly atMs: number;
}

/** Which image instances are launched from at present: the template names a parameter, whose value changes without the template. */
export class ImageLookup {
  readonly #ec2: EC2Client;
  readonly #nowMs: () => number;
  /** By template. */
  readonly #known = new Map<string, Known>();

  constructor(ec2: EC2Client, nowMs: () => number) {
    this.#ec2 = ec2;
    this.#nowMs = nowMs;
  }

  /** The image's id; null when AWS does not say. Never rejects: replacing nodes can wait, scaling cannot. */
  async of(template: LaunchTemplateSpecification | undefined): Promise<string | null> {
    const { LaunchTemplateId: id, Version: version } = template ?? {};
    if (id === undefined || version === undefined) return null;
    const last = this.#known.get(id);
    const known = last?.version === version ? last : undefined;
    if (known !== undefined && this.#nowMs() - known.atMs < FRESH_MS) return known.image;
    const image = await this.#ask(id, version).catch(() => known?.image ?? null);
    this.#known.set(id, { version, image, atMs: this.#nowMs() });
    return image;
  }

  async #ask(id: string, version: string): Promise<string | null> {
    const command = new DescribeLaunchTemplateVersionsCommand({
      LaunchTemplateId: id,
      Versions: [version],
      ResolveAlias: true,
    });
    const answer = await this.#ec2.send(command, { abortSignal: AbortSignal.timeout(CALL_LIMIT_MS) });
    const image = answer.LaunchTemplateVersions?.[0]?.LaunchTemplateData?.ImageId;
    return image?.startsWith('ami-') ? image : null;
  }
}
