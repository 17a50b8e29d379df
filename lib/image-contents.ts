import { LOG_PACKAGES } from './log-shipping';
import type { Program } from './program';
import { BAKED, NODE, SYSCTL } from './unit';
import { file } from './user-data';

/** What Image Builder does to Amazon Linux 2023, as the document of a component. User data finds all of it done. */
export function imageContents(programs: readonly Program[]): object {
  const bash = (name: string, commands: readonly string[]) => ({
    name,
    action: 'ExecuteBash',
    inputs: { commands: ['set -euo pipefail', ...commands] },
  });
  const baked = programs.map(({ sha256, url }) => ({ sha256, url, path: `${BAKED}/${sha256}.js` }));
  const check = baked.map(({ sha256, path }) => `echo '${sha256}  ${path}' | sha256sum --check`);
  return {
    name: 'realtime-fleet',
    schemaVersion: '1.0',
    phases: [
      {
        name: 'build',
        steps: [
          bash('Packages', [`dnf install -y ${[NODE.package, 'aws-cfn-bootstrap', ...LOG_PACKAGES].join(' ')}`]),
          bash('Kernel', [file('/etc/sysctl.d/90-realtime-fleet.conf', SYSCTL)]),
          bash('Programs', [
            `install -d -m 0755 ${BAKED}`,
            ...baked.map(({ url, path }) => `aws s3 cp --only-show-errors '${url}' ${path}`),
            ...check,
          ]),
        ],
      },
      { name: 'test', steps: [bash('Works', [`${NODE.executable} --version`, ...check])] },
    ],
  };
}
