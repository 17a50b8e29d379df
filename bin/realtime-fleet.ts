import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { RealtimeStack } from '../lib/realtime-stack';
import { bundle } from '../runtime/bundle';
import { parseContext } from './context';

/** One stack for each environment of the context; the programs are bundled first when they are not up to date. */
async function main(): Promise<void> {
  const app = new App();
  const context = parseContext(app.node.getAllContext());
  if (!context.ok) throw new Error(`The configuration is not usable:\n  ${context.mistakes.join('\n  ')}`);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { bundles } = await bundle();
  const programs = { balancer: bundles.balancer.file, lobby: bundles.lobby.file, game: bundles.game.file };
  for (const [name, { account, region, ...props }] of context.environments) {
    new RealtimeStack(app, name, {
      ...props,
      programs,
      description: `${name}: lobby and game nodes for direct connections, balancers, registry and API`,
      ...(account === undefined && region === undefined ? {} : { env: { account, region } }),
    });
  }
  app.synth();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
