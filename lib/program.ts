import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';

export interface ProgramProps {
  /** Path of the bundle: one file that Node.js runs as it is. */
  readonly file: string;
}

/** A program as instances get it: one file in S3, pinned by its hash. */
export class Program extends Construct {
  /** Of the file, in hex. */
  readonly sha256: string;
  /** `s3://BUCKET/KEY` */
  readonly url: string;
  /** What a role must be allowed to fetch it: this object, no other. */
  readonly mayFetch: PolicyStatement;

  constructor(scope: Construct, id: string, props: ProgramProps) {
    super(scope, id);
    const asset = new Asset(this, 'Bundle', { path: props.file });
    this.sha256 = createHash('sha256').update(readFileSync(props.file)).digest('hex');
    this.url = asset.s3ObjectUrl;
    this.mayFetch = new PolicyStatement({
      actions: ['s3:GetObject'],
      resources: [asset.bucket.arnForObjects(asset.s3ObjectKey)],
    });
  }
}
