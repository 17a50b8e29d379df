import { LOG_FILE } from './log-shipping';

/** Where things are on an instance. */
export const PATHS = {
  program: '/opt/realtime-fleet/program.js',
  configure: '/opt/realtime-fleet/configure',
  notice: '/opt/realtime-fleet/notice',
  settings: '/etc/realtime-fleet/settings',
  sources: '/etc/realtime-fleet/sources',
  /** In memory only: it holds keys. */
  environment: '/run/realtime-fleet.env',
  /** In memory only: what the program may read besides its environment, and reads again when it changes. */
  keys: '/run/realtime-fleet/keys',
  leaving: '/run/realtime-fleet/leaving',
  slack: '/run/realtime-fleet/slack',
} as const;

/** Where images of our own have programs, each named by its hash. */
export const BAKED = '/opt/realtime-fleet/baked';

/** May read what is in `/run/realtime-fleet`; see `share` in `lib/instance/functions.sh`. */
export const FILES_GROUP = 'realtime-fleet-files';

/** A namespaced executable of the distribution: another version that is installed beside it changes nothing. */
export const NODE = { package: 'nodejs24', executable: '/usr/bin/node-24' } as const;

export interface UnitOptions {
  readonly description: string;
  /** Whether the program itself calls AWS: only then can it reach the instance's credentials. */
  readonly callsAws: boolean;
}

/**
 * Puts the environment together, as root, before each start of the program. A unit of its own, as the program's may not reach the
 * instance's credentials.
 */
export function environmentUnit(): string {
  const fresh = `${PATHS.environment}.new`;
  return `[Unit]
Description=Environment of the program
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
UMask=0077
ExecStart=/bin/bash -c '${PATHS.configure} >${fresh} && mv ${fresh} ${PATHS.environment}'
TimeoutStartSec=60
`;
}

/**
 * Puts the environment together again every five minutes, for what changes while the program runs: keys and certificates. A call
 * to Secrets Manager costs money, so not more often; `systemctl start realtime-fleet-environment` does it at once.
 */
export const ENVIRONMENT_TIMER = `[Unit]
Description=Environment of the program

[Timer]
OnUnitInactiveSec=300
RandomizedDelaySec=30

[Install]
WantedBy=timers.target
`;

/** Watches for the notice that EC2 takes the instance away. */
export const NOTICE_UNIT = `[Unit]
Description=Notices of EC2
After=network-online.target

[Service]
ExecStart=${PATHS.notice}
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
`;

/**
 * The systemd unit of a program. It runs as a user of its own that owns nothing. When its environment cannot be put together the
 * last one serves, so that trouble with AWS keeps no program from restarting. What it says goes into a file, for CloudWatch's agent. Memory that is writable and executable must stay
 * allowed: Node.js compiles into it.
 */
export function serviceUnit({ description, callsAws }: UnitOptions): string {
  return `[Unit]
Description=${description}
Wants=network-online.target realtime-fleet-environment.service
After=network-online.target realtime-fleet-environment.service
StartLimitIntervalSec=0

[Service]
EnvironmentFile=-${PATHS.environment}
Environment=NODE_ENV=production
ExecStartPre=/usr/bin/test -s ${PATHS.environment}
ExecStart=${NODE.executable} ${PATHS.program}
StandardOutput=append:${LOG_FILE}
WorkingDirectory=/opt/realtime-fleet
Restart=always
RestartSec=2
TimeoutStopSec=10
LimitNOFILE=1048576
DynamicUser=yes
SupplementaryGroups=${FILES_GROUP}
CapabilityBoundingSet=
LockPersonality=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
${callsAws ? '' : 'IPAddressDeny=169.254.169.254\n'}
[Install]
WantedBy=multi-user.target
`;
}

/** Kernel settings for many connections. */
export const SYSCTL = `net.core.somaxconn = 8192
net.ipv4.tcp_max_syn_backlog = 8192
net.ipv4.ip_local_port_range = 1024 65535
net.ipv4.tcp_tw_reuse = 1
net.ipv4.tcp_keepalive_time = 60
fs.file-max = 2097152
fs.nr_open = 2097152
`;
