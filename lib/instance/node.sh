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
