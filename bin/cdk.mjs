#!/usr/bin/env node
import { createRequire } from 'node:module';

// `npx cdk` takes this file, as package.json names it `cdk`. It is the CDK's own program, as it is; only a diff where there are no
// credentials is done without AWS.
const [command, ...args] = process.argv.slice(2);
if (command === 'diff') {
  const { tsImport } = await import('tsx/esm/api');
  const { lacksAccount, diffOffline } = await tsImport('./offline-diff.ts', import.meta.url);
  if (await lacksAccount(args, process.env)) process.exit(await diffOffline(args));
}
createRequire(import.meta.url)('aws-cdk/bin/cdk');
