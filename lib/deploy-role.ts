import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from './acknowledge';

export interface DeployRoleProps {
  /** Name of the environment, in AWS and in the repository's settings, where approval is asked for. */
  readonly stack: string;
  /** `OWNER/NAME` */
  readonly repository: string;
  /** ARNs of the image pipelines that it may start. */
  readonly pipelines: readonly string[];
}

const ISSUER = 'token.actions.githubusercontent.com';

/**
 * The role of workflows on GitHub, without any stored key: only jobs of this repository in this environment get it. What they may
 * deploy is up to the roles of `cdk bootstrap`. The account needs GitHub as identity provider, once:
 * `aws iam create-open-id-connect-provider --url https://token.actions.githubusercontent.com --client-id-list sts.amazonaws.com`.
 */
export class DeployRole extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { stack, repository, pipelines }: DeployRoleProps) {
    super(scope, id);
    const { account, partition } = Stack.of(this);
    const provider = `arn:${partition}:iam::${account}:oidc-provider/${ISSUER}`;
    const role = new Role(this, 'Role', {
      roleName: `${stack}-deploy`,
      description: `Workflows of ${repository} in the environment ${stack}`,
      assumedBy: new WebIdentityPrincipal(provider, {
        StringEquals: {
          [`${ISSUER}:aud`]: 'sts.amazonaws.com',
          [`${ISSUER}:sub`]: `repo:${repository}:environment:${stack}`,
        },
      }),
      maxSessionDuration: Duration.hours(2),
    });
    const bootstrap = `arn:${partition}:iam::${account}:role/cdk-*`;
    // As Image Builder spells the names.
    const images = Stack.of(this).formatArn({
      service: 'imagebuilder',
      resource: 'image',
      resourceName: `${stack.toLowerCase()}-*`,
    });
    role.addToPolicy(new PolicyStatement({ actions: ['sts:AssumeRole'], resources: [bootstrap] }));
    role.addToPolicy(
      new PolicyStatement({ actions: ['imagebuilder:StartImagePipelineExecution'], resources: [...pipelines] }),
    );
    role.addToPolicy(new PolicyStatement({ actions: ['imagebuilder:GetImage'], resources: [images] }));
    acknowledgeWildcards(role, 'The roles of cdk bootstrap, which say themselves what they may.', bootstrap);
    acknowledgeWildcards(role, "This environment's images, by version.", images);
    this.arn = role.roleArn;
  }
}
