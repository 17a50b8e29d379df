# Prints the environment of this instance's program. Static settings are in `settings`; `sources` says where the rest is.

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
