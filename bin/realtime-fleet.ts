import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { bundle, bundleGame } from '../runtime/bundle';
import { parseContext } from './context';
import { createStacks } from './stacks';

/** Two stacks for each environment of the context; the programs are bundled first when they are not up to date. */
async function main(): Promise<void> {
  const app = new App();
  const context = parseContext(app.node.getAllContext());
  if (!context.ok) throw new Error(`The configuration is not usable:\n  ${context.mistakes.join('\n  ')}`);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { bundles } = await bundle();
  for (const [name, environment] of context.environments) {
    const plugin = environment.clusters.game?.plugin;
    const game = plugin === undefined ? bundles.game.file : await bundleGame(plugin);
    createStacks(app, name, environment, { balancer: bundles.balancer.file, lobby: bundles.lobby.file, game });
  }
  app.synth();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
