import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserData } from 'aws-cdk-lib/aws-ec2';
import { agentConfig, LOG_FOLDER, LOGS_CONFIG, LOGS_UNIT, ROTATION, ROTATION_HOURLY } from './log-shipping';
import type { Program } from './program';
import {
  BAKED,
  ENVIRONMENT_TIMER,
  environmentUnit,
  FILES_GROUP,
  NODE,
  NOTICE_UNIT,
  PATHS,
  SYSCTL,
  serviceUnit,
} from './unit';

export interface UserDataOptions {
  /** Shown by systemd, e.g. `prod-realtime-game`. */
  readonly name: string;
  readonly program: Program;
  /** Which script puts the environment together. */
  readonly role: 'node' | 'balancer';
  /** Environment of the program, as far as it is no secret and the same for all instances. */
  readonly settings: Readonly<Record<string, string>>;
  /** Where the rest is: names of secrets and parameters, for the script. */
  readonly sources: Readonly<Record<string, string>>;
  /** The group in CloudWatch Logs that the program's log goes to. */
  readonly logGroup: string;
  /** Shell commands that come last. @default none */
  readonly afterStart?: readonly string[];
}

/** Which variable tells the program of the file that changes while it runs. */
const FILES = { node: { LEAVING_FILE: PATHS.leaving }, balancer: { KEYS_FILE: PATHS.keys } } as const;

/**
 * What an instance does at its first boot: fetch the program that the hash names, unless the image has it, and run it under
 * systemd. A failure ends the script: the program is not started, the balancer sees no answer, and the group gets another instance.
 */
export function userData(options: UserDataOptions): UserData {
  const { name, program, role, settings, sources, logGroup } = options;
  const data = UserData.custom('#!/bin/bash\nset -euo pipefail');
  data.addCommands(
    'retry() { local n; for n in 1 2 4 8 16 30 30 30; do "$@" && return; sleep "$n"; done; "$@"; }',
    `pinned() { echo '${program.sha256}  ${PATHS.program}' | sha256sum --check --status; }`,
    `[ -x ${NODE.executable} ] || retry dnf install -y ${NODE.package}`,
    'install -d -m 0755 /opt/realtime-fleet /etc/realtime-fleet',
    `install -d -m 0750 ${LOG_FOLDER}`,
    `cp ${BAKED}/${program.sha256}.js ${PATHS.program} 2>/dev/null || retry aws s3 cp --only-show-errors '${program.url}' ${PATHS.program}`,
    'pinned',
    file('/etc/sysctl.d/90-realtime-fleet.conf', SYSCTL),
    'sysctl --quiet --system',
    file(PATHS.settings, assignments({ ...settings, ...FILES[role] })),
    file(PATHS.sources, assignments(sources)),
    `getent group ${FILES_GROUP} >/dev/null || groupadd --system ${FILES_GROUP}`,
    file(PATHS.configure, script('functions') + script('common') + script(role)),
    `chmod 0755 ${PATHS.configure}`,
    unit('realtime-fleet-environment.service', environmentUnit()),
    unit('realtime-fleet-environment.timer', ENVIRONMENT_TIMER),
    unit('realtime-fleet.service', serviceUnit({ description: name, callsAws: role === 'balancer' })),
    ...(role === 'node' ? watchForNotices() : []),
    ...shipLogs(logGroup),
    'systemctl daemon-reload',
    'systemctl enable --now --no-block realtime-fleet.service realtime-fleet-environment.timer realtime-fleet-logs.service',
    ...(role === 'node' ? ['systemctl enable --now --no-block realtime-fleet-notice.service'] : []),
    ...(options.afterStart ?? []),
  );
  return data;
}

/** A command that writes a file as it stands. */
export function file(path: string, content: string): string {
  return `cat >${path} <<'END_OF_FILE'\n${content.trimEnd()}\nEND_OF_FILE`;
}

function unit(name: string, content: string): string {
  return file(`/etc/systemd/system/${name}`, content);
}

function shipLogs(logGroup: string): string[] {
  return [
    file(LOGS_CONFIG, agentConfig(logGroup)),
    file('/etc/logrotate.d/realtime-fleet', ROTATION),
    'install -d -m 0755 /etc/systemd/system/logrotate.timer.d',
    file('/etc/systemd/system/logrotate.timer.d/hourly.conf', ROTATION_HOURLY),
    unit('realtime-fleet-logs.service', LOGS_UNIT),
  ];
}

function watchForNotices(): string[] {
  return [
    file(PATHS.notice, script('functions') + script('notice')),
    `chmod 0755 ${PATHS.notice}`,
    unit('realtime-fleet-notice.service', NOTICE_UNIT),
  ];
}

/** One of `lib/instance/`. */
export function script(name: 'functions' | 'common' | 'node' | 'balancer' | 'notice'): string {
  return readFileSync(join(__dirname, 'instance', `${name}.sh`), 'utf8');
}

/** In a form that systemd and bash read alike. */
function assignments(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
