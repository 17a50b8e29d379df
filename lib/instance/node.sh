# A node of a warm pool is only being prepared, and will be stopped: no player may find it before the group puts it into service.
if [ -n "${WARM_POOL:-}" ] && [ "$(meta autoscaling/target-lifecycle-state)" != InService ]; then
  echo 'not in service yet' >&2
  exit 1
fi
node_id=$(meta instance-id)
image=$(meta ami-id)
keys=$(aws ssm get-parameter --name "$AGENT_PUBLIC_KEYS_PARAMETER" --query Parameter.Value --output text)
if [ "$keys" = pending ]; then
  echo 'no balancer has published its public key yet' >&2
  exit 1
fi
echo "NODE_ID=$node_id"
echo "VERSION=$CONFIG_VERSION-$image"
echo "AGENT_PUBLIC_KEYS=$keys"

if [ -n "${CERTIFICATE_SECRET:-}" ]; then
  secret=$(secret "$CERTIFICATE_SECRET" AWSCURRENT)
  # In one file, so that nobody ever sees the one without the other.
  pem=$("${NODE:-/usr/bin/node-24}" -e 'const { certificate, privateKey } = JSON.parse(require("fs").readFileSync(0, "utf8"));
    if (!certificate || !privateKey) throw new Error("the secret must be JSON with certificate and privateKey, both PEM");
    process.stdout.write(`${certificate.trim()}\n${privateKey.trim()}`);' <<<"$secret")
  share tls.pem <<<"$pem"
  echo "TLS_CERT=$RUN_DIR/tls.pem"
fi
