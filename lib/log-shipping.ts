/** From the distribution's repository; they are in images of our own already. */
export const LOG_PACKAGES = ['amazon-cloudwatch-agent', 'logrotate'] as const;

/** Where the program's standard output goes. */
export const LOG_FOLDER = '/var/log/realtime-fleet';
export const LOG_FILE = `${LOG_FOLDER}/program.log`;

/** What the agent is told; see `agentConfig`. */
export const LOGS_CONFIG = '/etc/realtime-fleet/logs.json';

const AGENT = '/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl';

/** CloudWatch's agent reads the file and nothing else: it makes no metrics. A stream for each instance, named by its id. */
export function agentConfig(logGroup: string): string {
  const collected = { file_path: LOG_FILE, log_group_name: logGroup, log_stream_name: '{instance_id}' };
  return JSON.stringify({ logs: { logs_collected: { files: { collect_list: [collected] } } } });
}

/** The disk has 8 GB: the file is cut at the full hour when it is larger than this. */
export const ROTATION = `${LOG_FILE} {
  size 100M
  rotate 1
  copytruncate
  missingok
}
`;

/** The distribution looks once a day, which is seldom for a program that complains. */
export const ROTATION_HOURLY = `[Timer]
OnCalendar=
OnCalendar=hourly
`;

/**
 * Starts the agent, at each boot. A unit of its own that tries again until it can: neither the program nor a deploy waits for it, and
 * without it the logs are on the instance all the same.
 */
export const LOGS_UNIT = `[Unit]
Description=Logs to CloudWatch
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=/bin/bash -c '[ -x ${AGENT} ] || dnf install -y ${LOG_PACKAGES.join(' ')}; systemctl enable --now logrotate.timer; ${AGENT} -a fetch-config -m ec2 -s -c file:${LOGS_CONFIG}'
Restart=on-failure
RestartSec=30

[Install]
WantedBy=multi-user.target
`;
