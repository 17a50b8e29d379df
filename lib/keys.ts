import { CfnOutput, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';

export interface KeysProps {
  /** Name of the stack, for names and descriptions. */
  readonly stack: string;
}

/**
 * The secrets that balancers hold, all generated. A new value is put in with `aws secretsmanager put-secret-value` and is in use
 * within six minutes, without a restart; the one before stays valid beside it until the next change.
 */
export class Keys extends Construct {
  /** What tickets are derived from. */
  readonly master: Secret;
  /** What the balancers' key pair, by which nodes know them, is derived from. */
  readonly agent: Secret;
  /** The key that callers of the API show. */
  readonly api: Secret;
  /** The public half of the balancers' key: they publish it when they start, and when it changes. */
  readonly agentPublicKeys: StringParameter;

  constructor(scope: Construct, id: string, props: KeysProps) {
    super(scope, id);
    this.master = this.#secret('Master', `${props.stack}: master key of the tickets`);
    this.agent = this.#secret('Agent', `${props.stack}: what nodes know the balancers by`);
    this.api = this.#secret('Api', `${props.stack}: key of the API`);
    this.#output('TicketKeySecret', this.master, 'Secret that holds the master key of the tickets');
    this.#output('AgentKeySecret', this.agent, 'Secret that holds what nodes know the balancers by');
    this.agentPublicKeys = new StringParameter(this, 'AgentPublicKeys', {
      parameterName: `/${props.stack}/agent-public-keys`,
      description: 'Written by the balancers, read by nodes when they start',
      stringValue: 'pending',
    });
  }

  #output(id: string, secret: Secret, description: string): void {
    new CfnOutput(this, id, { value: secret.secretArn, description }).overrideLogicalId(id);
  }

  /** 64 letters and digits: 380 bits, and 48 bytes when they are read as base64url. */
  #secret(id: string, description: string): Secret {
    const secret = new Secret(this, id, {
      description,
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'Changed by hand or by the user on a schedule of their own: callers of the API must get the new key, too.',
    });
    return secret;
  }
}
