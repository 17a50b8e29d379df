#!/bin/bash
# Prints the environment of this instance's program. Static settings are in `settings`; `sources` says where the rest is.
set -euo pipefail
# Else a failure inside $(…) would pass for an empty value.
shopt -s inherit_errexit

# meta PATH: what EC2 says of this instance.
meta() {
  local token
  token=$(curl -sf -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
  curl -sf -m 5 -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"
}

# secret ID STAGE
secret() {
  aws secretsmanager get-secret-value --secret-id "$1" --version-stage "$2" --query SecretString --output text
}

# versions ID: the present value and the one before, if there is one, each on its own line.
versions() {
  secret "$1" AWSCURRENT
  local previous
  if previous=$(secret "$1" AWSPREVIOUS 2>&1); then
    echo "$previous"
  elif [[ $previous != *ResourceNotFoundException* ]]; then
    echo "$previous" >&2
    return 1
  fi
}

# redis_url: empty on instances that are not given the registry's secret.
redis_url() {
  [ -n "${REDIS_SECRET:-}" ] || return 0
  local password
  password=$(secret "$REDIS_SECRET" AWSCURRENT)
  echo "REDIS_URL=rediss://:$password@$REDIS_ADDRESS"
}

# shellcheck source=/dev/null
. "${CONFIG_DIR:=/etc/realtime-fleet}/sources"
cat "$CONFIG_DIR/settings"
redis_url
